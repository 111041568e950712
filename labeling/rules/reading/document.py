"""The list of rules that a YAML file holds, each field with its line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from labeling.errors import RuleError
from labeling.files.yaml_lines import compose, line_of, value


@dataclass(frozen=True, slots=True)
class Field:
    """One ``key: value`` of a mapping.

    Parameters
    ----------
    value : Any
        The value as YAML types it.
    text : str or None
        A scalar as it is written, so that a class called ``NO`` or ``1`` stays a text.
    line : int
        Line of the value in the file, counted from 1.
    texts : tuple of str
        The scalars of a list as they are written.
    """

    value: Any
    text: str | None
    line: int
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One mapping of a list: its fields by key, and the line on which it starts."""

    line: int
    fields: dict[str, Field] = field(default_factory=dict[str, Field])


def read_entries(path: Path, key: str) -> tuple[list[Entry], dict[str, Field]]:
    """Read the list of mappings that stands under ``key``.

    Returns
    -------
    list of Entry
        One for each element of the list.
    dict of str to Field
        The other keys of the file.

    Raises
    ------
    RuleError
        If the file is missing, is not YAML, repeats a key or has another shape.
    """
    try:
        root = compose(path, RuleError)
    except FileNotFoundError:
        raise RuleError(f"{path} does not exist; it should hold a list under '{key}:'") from None
    if root is None:
        return [], {}
    if not isinstance(root, yaml.MappingNode):
        raise RuleError(f"{path} line {line_of(root)}: a mapping with '{key}:' is expected")
    top = _fields(path, root)
    if key not in top:
        raise RuleError(f"{path}: '{key}:' is missing; found {', '.join(top) or 'nothing'}")
    for name, node in root.value:
        if name.value == key:
            if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
                return [], top
            if not isinstance(node, yaml.SequenceNode):
                raise RuleError(
                    f"{path} line {line_of(node)}: '{key}:' must be a list ('- name: …')"
                )
            return [_entry(path, one) for one in node.value], top
    raise AssertionError(key)  # pragma: no cover


def files_named(path: Path) -> list[str]:
    """Return what the rules of a file name beside it: dictionaries and pipelines, as they are written.

    Raises
    ------
    RuleError
        As :func:`read_entries`.
    """
    fields = [
        entry.fields[key]
        for entry in read_entries(path, "rules")[0]
        for key in ("dictionary", "spacy")
        if key in entry.fields
    ]
    return [name for one in fields for name in ((one.text,) if one.text else one.texts)]


def _entry(path: Path, node: yaml.Node) -> Entry:
    if not isinstance(node, yaml.MappingNode):
        raise RuleError(
            f"{path} line {line_of(node)}: a rule is a mapping with 'name:', 'label:' and one kind, "
            "not a single value"
        )
    return Entry(line_of(node), _fields(path, node))


def _fields(path: Path, node: yaml.MappingNode) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for key, inside in node.value:
        text = inside.value if isinstance(inside, yaml.ScalarNode) else None
        ones: list[Any] = inside.value if isinstance(inside, yaml.SequenceNode) else []
        texts = tuple(str(one.value) for one in ones if isinstance(one, yaml.ScalarNode))
        said = value(path, inside, RuleError)
        found[str(key.value)] = Field(said, text, line_of(inside), texts)
    return found
