"""What the settings of a task remake, read off the fields that declare them."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, cast

from labeling.kinds.registry import SINGLE
from resources.task.settings.demo import at_formers
from resources.task.settings.section import Remakes, Section, section_in


def settings(section: type[Section], above: str = "") -> Iterator[tuple[str, Remakes]]:
    """List each value that may stand in a section, by its path, with what it remakes.

    Examples
    --------
    >>> from resources.task.settings.schema import TaskSpec
    >>> found = dict(settings(TaskSpec))
    >>> found["source.redact"], found["source.bad_rows_at_most"]
    (<Remakes.LANDING: ...>, <Remakes.NOTHING: ...>)
    """
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        if inner is not None:
            yield from settings(inner, f"{above}{name}.")
        else:
            yield above + name, _said(field.metadata)


def hash_of(spec: Section, *levels: Remakes) -> str:
    """Hash all settings that remake one of ``levels``; the order of the classes is none of them.

    What is empty or not given is left out: a new setting whose default is None or empty leaves the
    hash as it is, any other default labels existing projects anew.
    """
    chosen = _filled(at_formers(_chosen(type(spec), spec.model_dump(mode="json"), levels))) or {}
    if chosen.get("kind") == SINGLE.name:  # the first kind, which no older project names
        del chosen["kind"]
    if "classes" in chosen:
        chosen["classes"] = sorted(chosen["classes"], key=lambda one: str(one["name"]))
    return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:16]


def _said(metadata: list[Any]) -> Remakes:
    return next(one for one in metadata if isinstance(one, Remakes))


def _chosen(section: type[Section], values: Any, levels: tuple[Remakes, ...]) -> Any:
    """Return the values that remake one of ``levels``, nested as they are; None for the others."""
    if values is None:
        return None
    if isinstance(values, list):
        return [_chosen(section, one, levels) for one in cast("list[Any]", values)]
    chosen: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        if inner is not None:
            chosen[name] = _chosen(inner, values[name], levels)
        elif _said(field.metadata) in levels:
            chosen[name] = values[name]
    return chosen


def _filled(value: Any) -> Any:
    """Leave out what is not given and what is empty, at any depth."""
    if isinstance(value, dict):
        inside = {key: _filled(one) for key, one in cast("dict[str, Any]", value).items()}
        return {key: one for key, one in inside.items() if one is not None} or None
    if isinstance(value, list):
        return [one for one in map(_filled, cast("list[Any]", value)) if one is not None] or None
    return value
