"""YAML that remembers its lines, so that a fault can be told with its place."""

from pathlib import Path
from typing import Any

import yaml

from labeling.errors import LabelingError


class _Loader(yaml.SafeLoader):
    """Takes dates for the text they are: nothing of ours is a date, and 2026-13-45 is none."""


_Loader.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def compose(path: Path, error: type[LabelingError]) -> yaml.Node | None:
    """Read a file; ``None`` where it is empty.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    error
        If it is not UTF-8, is not YAML, is nested too deeply, or says a key twice; naming the line.
    """
    reader: Any = yaml
    try:
        node: yaml.Node | None = reader.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
        _refuse_twice(path, node, error, "the file", set())
    except RecursionError:
        raise error(f"{path}: one thing stands in another hundreds deep; it needs a few") from None
    except UnicodeDecodeError as fault:
        raise error(f"{path} is not UTF-8 (byte {fault.start}); save it as UTF-8") from None
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(fault, "problem", None) or "it cannot be parsed"
        raise error(f"{path}{line}: not valid YAML: {problem}") from None
    return node


def value(path: Path, node: yaml.Node, error: type[LabelingError]) -> Any:
    """Return what a node says, as YAML types it.

    Raises
    ------
    error
        If it cannot be said, naming the line.
    """
    loader: Any = _Loader("")
    try:
        return loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as fault:
        raise error(f"{path}:{line_of(node)}: not valid YAML: {fault}") from None
    finally:
        loader.dispose()


def line_of(node: yaml.Node | None) -> int:
    """Return the line of a node, from 1."""
    return node.start_mark.line + 1 if node is not None and node.start_mark else 1


def _refuse_twice(
    path: Path, node: yaml.Node | None, error: type[LabelingError], owner: str, seen: set[int]
) -> None:
    if id(node) in seen:  # an alias, which may stand in what it names
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for one in node.value:
            _refuse_twice(path, one, error, owner, seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, inside in node.value:
            name = str(key.value)
            if name in lines and name != "<<":
                raise error(
                    f"{path} line {line_of(key)}: '{name}:' stands twice in {owner} "
                    f"(first on line {lines[name]}); keep one"
                )
            lines[name] = line_of(key)
            _refuse_twice(path, inside, error, f"'{name}:'", seen)
