"""``task.yaml`` and a prompt's front matter as JSON Schema, which editors complete and check by."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from labeling.llm.prompts.settings import Settings
from resources.task.settings.schema import TaskSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def task_schema() -> dict[str, Any]:
    """Return what task.yaml may say.

    Examples
    --------
    >>> task_schema()["properties"]["rules"]["description"]
    'Which files hold the rules, and how rarely they are to fail.'
    """
    return _schema(TaskSpec)


def prompt_schema() -> dict[str, Any]:
    """Return what the front matter of a prompt may say."""
    return _schema(Settings)


def sections_of(field: Any) -> list[str]:
    """Name the sections that a field holds: itself, one that may be left out, or parts of a list.

    Examples
    --------
    >>> sections_of(task_schema()["properties"]["models"])
    ['Models']
    """
    if isinstance(field, Mapping):
        named = field.get("$ref", "").removeprefix("#/$defs/")
        return [named] if named else [one for part in field.values() for one in sections_of(part)]
    return [one for part in field for one in sections_of(part)] if isinstance(field, list) else []


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = {"$schema": DIALECT, **model.model_json_schema()}
    sections = schema["$defs"]
    for section in (schema, *sections.values()):
        for field in section.get("properties", {}).values():
            field.pop("title", None)
            for name in sections_of(field):
                field.setdefault("description", sections[name]["description"])
    return schema
