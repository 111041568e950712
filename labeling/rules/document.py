"""YAML that remembers its lines, so that an error can say where."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from labeling.errors import RuleError


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
    reader: Any = yaml
    try:
        root: Any = reader.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise RuleError(f"{path} does not exist; it should hold a list under '{key}:'") from None
    except UnicodeDecodeError as error:
        raise RuleError(f"{path} is not UTF-8: {error}") from error
    except yaml.YAMLError as error:
        raise RuleError(f"{path} is not YAML: {error}") from error
    if root is None:
        return [], {}
    if not isinstance(root, yaml.MappingNode):
        raise RuleError(f"{path} line {_line(root)}: a mapping with '{key}:' is expected")
    top = _fields(path, root, "the file")
    if key not in top:
        raise RuleError(f"{path}: '{key}:' is missing; found {', '.join(top) or 'nothing'}")
    for name, node in root.value:
        if name.value == key:
            if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
                return [], top
            if not isinstance(node, yaml.SequenceNode):
                raise RuleError(f"{path} line {_line(node)}: '{key}:' must be a list ('- name: …')")
            return [_entry(path, one) for one in node.value], top
    raise AssertionError(key)  # pragma: no cover


def _entry(path: Path, node: yaml.Node) -> Entry:
    if not isinstance(node, yaml.MappingNode):
        raise RuleError(
            f"{path} line {_line(node)}: a rule is a mapping with 'name:', 'label:' and one kind, "
            "not a single value"
        )
    return Entry(_line(node), _fields(path, node, "a rule"))


def _fields(path: Path, node: yaml.MappingNode, owner: str) -> dict[str, Field]:
    found: dict[str, Field] = {}
    for key, value in node.value:
        name = str(key.value)
        if name in found:
            raise RuleError(
                f"{path} line {_line(key)}: '{name}:' stands twice in {owner} "
                f"(first on line {found[name].line}); keep one"
            )
        text = value.value if isinstance(value, yaml.ScalarNode) else None
        ones: list[Any] = value.value if isinstance(value, yaml.SequenceNode) else []
        texts = tuple(str(one.value) for one in ones if isinstance(one, yaml.ScalarNode))
        found[name] = Field(_construct(path, value), text, _line(value), texts)
    return found


def _construct(path: Path, node: yaml.Node) -> Any:
    loader: Any = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        raise RuleError(f"{path} line {_line(node)}: {error}") from error
    finally:
        loader.dispose()


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
