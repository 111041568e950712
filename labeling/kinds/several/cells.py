"""Sets of classes as people and programs write them into the cells of tables."""

import ast
import json
from collections.abc import Collection
from typing import Any, cast

from labeling.files.cells import as_text

SEPARATORS = (";", "|")
"""What may stand between names."""


def names_in(value: Any, classes: Collection[str]) -> tuple[str, ...] | None:
    """Return the names in a cell; None where nothing stands.

    A cell is a list, the text of one (in JSON or in Python), or names with ``;`` or ``|`` between
    them. A name that is a class is never taken apart.

    Raises
    ------
    ValueError
        If it begins like a list and is none, or the list holds something else than names.

    Examples
    --------
    >>> classes = ["late", "broken", "a;b"]
    >>> names_in('["late", "broken"]', classes), names_in("late; broken", classes)
    (('late', 'broken'), ('late', 'broken'))
    >>> names_in("a;b", classes), names_in("[]", classes), names_in("", classes)
    (('a;b',), (), None)
    """
    if isinstance(value, list):
        return _listed(cast("list[Any]", value))
    text = (as_text(value) or "").strip()
    if not text:
        return None
    if text in classes:
        return (text,)
    if text.startswith("["):
        return _listed(_parsed(text))
    ways = [
        tuple(part for one in text.split(sign) if (part := one.strip()))
        for sign in SEPARATORS
        if sign in text
    ]
    return next((way for way in ways if set(way) <= set(classes)), ways[0] if ways else (text,))


def _parsed(text: str) -> list[Any]:
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list):
            return cast("list[Any]", found)
    raise ValueError(f"{text[:80]!r} begins like a list of names and is none")


def _listed(value: list[Any]) -> tuple[str, ...]:
    try:
        names = [as_text(one) for one in value]
    except TypeError as error:
        raise ValueError(str(error)) from None
    if not all(names):
        raise ValueError("the list holds something without a name")
    return tuple(str(name) for name in names)
