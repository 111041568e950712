"""Edits of YAML text at the places that the parser gives: all else stays as it was, to the byte.

A round trip through a YAML library keeps comments, and still folds, quotes and indents anew; people
keep these files under version control and want to see their own change alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import yaml

PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
"""An anchor and a tag: they stand before a value, and are no part of it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Put ``new`` in the place of the characters ``start`` to ``end``."""

    start: int
    end: int
    new: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with every edit made, once each: an anchor and its aliases are one place.

    Examples
    --------
    >>> apply("name: late  # so", [Edit(6, 10, "delayed")])
    'name: delayed  # so'
    """
    for edit in reversed(_joined(edits)):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


def _joined(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits in their order; neighbours that are taken out share a comma, and become one."""
    found: list[Edit] = []
    for edit in sorted(set(edits), key=lambda e: (e.start, e.end)):
        last = found[-1] if found else None
        if last and not last.new and not edit.new and edit.start < last.end:
            found[-1] = Edit(last.start, max(last.end, edit.end), "")
        else:
            found.append(edit)
    return found


def at(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """Return the value that stands under some keys, one in another; None where there is none."""
    for key in path:
        node = next((value for k, value in pairs(node) if k.value == key), None)
    return node


def pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Yield key and value nodes of a mapping; nothing if it is none."""
    if isinstance(node, yaml.MappingNode):
        yield from ((k, v) for k, v in node.value if isinstance(k, yaml.ScalarNode))


def items(node: yaml.Node | None) -> list[yaml.Node]:
    """Return the nodes of a list; nothing if it is none."""
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def says(node: yaml.Node | None, value: str) -> bool:
    """Whether a node is this text."""
    return isinstance(node, yaml.ScalarNode) and node.value == value


def rewrite(text: str, node: yaml.Node, value: str) -> Edit:
    """Put another text in the place of a scalar, quoted as it was, or as it has to be in brackets."""
    style = node.style if isinstance(node, yaml.ScalarNode) and node.style in ("'", '"') else None
    if "\n" in value:
        style = '"'
    written = yaml.safe_dump(
        [value], default_style=style, default_flow_style=True, allow_unicode=True, width=10**6
    )
    start, end = _span(node)
    properties = PROPERTIES.match(text, start, end)
    return Edit(properties.end() if properties else start, end, written.strip()[1:-1])


def substitute(text: str, node: yaml.Node, old: str, new: str) -> Edit:
    """Put ``new`` in the place of ``old`` wherever it stands in a scalar; a block keeps its lines."""
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        start, end = _span(node)
        return Edit(start, end, text[start:end].replace(old, new))
    return rewrite(text, node, str(node.value).replace(old, new))


def remove(text: str, parent: yaml.Node, place: int) -> Edit:
    """Take an element out of a list, or a key and its value out of a mapping."""
    start, end = _element(parent, place)
    if not _flows(parent):
        first, last = _line_start(text, _dash(text, parent, start)), _line_end(text, end)
        alone = len(parent.value) == 1 and isinstance(parent, yaml.MappingNode)
        return Edit(first, last, f"{text[first:start]}{{}}\n" if alone else "")
    last = place == len(parent.value) - 1
    if not last:
        return Edit(start, _element(parent, place + 1)[0], "")
    return Edit(_element(parent, place - 1)[1] if place else start, end, "")


def remove_all(text: str, parent: yaml.Node, places: list[int]) -> Iterator[Edit]:
    """Take several elements out; a mapping that loses all of them is an empty one."""
    whole = len(places) == len(parent.value) > 1 and isinstance(parent, yaml.MappingNode)
    if not whole or _flows(parent):
        yield from (remove(text, parent, place) for place in places)
        return
    start = _element(parent, 0)[0]
    end = _line_end(text, _element(parent, places[-1])[1])
    yield Edit(start, end, "{}\n")


def rename_all(
    text: str, listed: yaml.Node | None, names: Mapping[str, str | None]
) -> Iterator[Edit]:
    """Rename what a list names, each once; what has no new name goes."""
    standing = [str(one.value) for one in items(listed)]
    for place, one in enumerate(items(listed)):
        new = names.get(standing[place], standing[place])
        if listed is not None and (new is None or new in standing[:place]):
            yield remove(text, listed, place)
        elif new != standing[place]:
            standing[place] = str(new)
            yield rewrite(text, one, str(new))


def comment_out(text: str, parent: yaml.Node, place: int, why: str) -> Edit | None:
    """Turn an element of a list into a comment, to be worked on; None where it shares its line."""
    if _flows(parent):
        return None
    start, end = _element(parent, place)
    first, last = _line_start(text, _dash(text, parent, start)), _line_end(text, end)
    lines = text[first:last].splitlines(keepends=True)
    indent = " " * (len(lines[0]) - len(lines[0].lstrip()))
    return Edit(first, last, f"{indent}# {why}\n" + "".join(f"# {line}" for line in lines))


def add_after(text: str, parent: yaml.Node, place: int, lines: list[str]) -> Edit:
    """Put elements, ``key: value`` each, behind an element of a list of mappings."""
    start, end = _element(parent, place)
    if _flows(parent):
        return Edit(end, end, "".join(f", {{{line}}}" for line in lines))
    dash = _dash(text, parent, start)
    indent = text[_line_start(text, dash) : start]
    after = _line_end(text, end)
    new = "".join(f"{indent}{line}\n" for line in lines)
    return Edit(after, after, new if text[:after].endswith("\n") else f"\n{new}")


def _flows(parent: yaml.Node) -> bool:
    """Whether it is written in brackets, its elements side by side."""
    return isinstance(parent, yaml.CollectionNode) and bool(parent.flow_style)


def _element(parent: yaml.Node, place: int) -> tuple[int, int]:
    element = parent.value[place]
    if isinstance(parent, yaml.MappingNode):
        return _span(element[0])[0], _span(element[1])[1]
    return _span(element)


def _span(node: yaml.Node) -> tuple[int, int]:
    """Where a node begins, and where the last of its own characters ends."""
    start = node.start_mark.index
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return start, _span(last[1] if isinstance(node, yaml.MappingNode) else last)[1]
    return start, node.end_mark.index


def _dash(text: str, parent: yaml.Node, start: int) -> int:
    return text.rfind("-", 0, start) if isinstance(parent, yaml.SequenceNode) else start


def _line_start(text: str, place: int) -> int:
    return text.rfind("\n", 0, place) + 1


def _line_end(text: str, place: int) -> int:
    if text[:place].endswith("\n"):  # a block scalar ends with its line
        return place
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1
