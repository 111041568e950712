"""Read ``task.yaml``; say line, field and what is allowed where it is wrong."""

import difflib
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from labeling.files.yaml_lines import compose, line_of, value
from resources.task.errors import TaskError
from resources.task.settings.demo import FORMER, at_former
from resources.task.settings.schema import TaskSpec
from resources.task.settings.section import section_in

FILE = "task.yaml"
PASSWORD = re.compile(r"(://[^:/@\s]*):[^@\s]*@")
"""What no message repeats."""


def read_spec(folder: Path) -> TaskSpec:
    """Read and check ``folder/task.yaml``.

    Raises
    ------
    TaskError
        Naming file, line, field and what is allowed, for every fault at once.
    """
    path = folder / FILE
    if not path.is_file():
        raise TaskError(
            f"{folder} has no {FILE}; `touchstone new NAME` writes a commented example to start from"
        )
    node = compose(path, TaskError)
    data = None if node is None else value(path, node, TaskError)
    if not isinstance(data, dict):
        raise TaskError(f"{path}: expected a mapping of fields, found {type(data).__name__}")
    try:
        return TaskSpec.model_validate(data)
    except ValidationError as error:
        faults = [_explain(path, node, fault) for fault in error.errors()]
        raise TaskError("\n".join(faults)) from None


def former_places(folder: Path) -> list[str]:
    """Say of what ``folder/task.yaml`` says at a former place where it stands today; it is read there too."""
    node = compose(folder / FILE, TaskError)
    said = None if node is None else value(folder / FILE, node, TaskError)
    return [f"{'.'.join(before)} is {'.'.join(now)} today" for before, now in at_former(said)]


def _explain(path: Path, node: yaml.Node | None, fault: Any) -> str:
    loc = _as_written(node, fault["loc"])
    field = ".".join(str(part) for part in loc) or "the file"
    where = f"{path}:{_line(node, loc)}: {field}"
    if fault["type"] == "extra_forbidden":
        allowed = sorted(_fields_at(fault["loc"][:-1]))
        near = difflib.get_close_matches(str(fault["loc"][-1]), allowed, n=1)
        guess = f"; did you mean {near[0]!r}?" if near else "."
        return f"{where}: unknown field{guess} Allowed here: {', '.join(allowed)}"
    if fault["type"] == "missing":
        return f"{where}: this field is required"
    if fault["type"] == "string_type" and isinstance(fault["input"], bool | int | float | None):
        return f"{where}: YAML takes this for {fault['input']!r}; put it in quotes to have the text"
    if fault["type"] in ("model_type", "dict_type"):
        return f"{where}: {_shape(fault)}"
    message = fault["msg"].removeprefix("Value error, ")
    found = "" if isinstance(fault["input"], dict | list) else f" (found {fault['input']!r})"
    found = PASSWORD.sub(r"\1:***@", found)
    return f"{where}: {message}{found}"


def _shape(fault: Any) -> str:
    """Say what a section looks like where something else than a section stands."""
    loc, found = fault["loc"], fault["input"]
    if len(loc) == 2 and loc[0] == "classes":
        name = found if isinstance(found, str) else "praise"
        return f"a class is a section with its name: write `- name: {name}`; found {found!r}"
    fields = (
        ", ".join(sorted(_fields_at(loc))) if fault["type"] == "model_type" else "your own names"
    )
    return f"here stands a section of fields (`field: value`; {fields}); found {found!r}"


def _as_written(node: yaml.Node | None, loc: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the former place of a field where the file says it there."""
    said = {key.value for key, _ in node.value} if isinstance(node, yaml.MappingNode) else set()
    for now, before in FORMER.items():
        if loc[: len(now)] == now and "demo" not in said:
            return (*before, *loc[len(now) :])
    return loc


def _line(node: yaml.Node | None, loc: tuple[Any, ...]) -> int:
    """Line, from 1, of the deepest part of ``loc`` that stands in the file."""
    line = 1
    for part in loc:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if str(part) not in pairs:
                break
            key, node = pairs[str(part)]
            line = line_of(key)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = line_of(node)
        else:
            break
    return line


def _fields_at(loc: tuple[Any, ...]) -> set[str]:
    """Names of the fields that the schema allows at ``loc``; places and keys of one's own are passed by."""
    model: type[BaseModel] = TaskSpec
    for part in loc:
        field = model.model_fields.get(str(part))
        model = model if field is None else section_in(field.annotation, BaseModel) or model
    return set(model.model_fields)
