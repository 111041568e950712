"""Sets of classes as tables keep them: a list, names with a separator, a column of 0 and 1 a class."""

import ast
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from labeling.files.cells import as_text
from resources.reviews.rows import ReviewError

SEPARATORS = (";", "|")
"""What may stand between names."""

COLUMNS = "a column a class"
"""What the answer is called where each class has a column."""

FLAGS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False, "": None}
"""What may stand in the column of a class, in any case."""


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


def flag_columns(
    columns: Sequence[str], source: str, classes: Sequence[str], former: Mapping[str, str]
) -> dict[str, str]:
    """Return the columns that stand for a class each, and the class; empty where none does.

    Raises
    ------
    ReviewError
        If some classes have a column and others have none.
    """
    found = {name: former.get(name, name) for name in columns}
    found = {name: today for name, today in found.items() if today in classes}
    missing = [name for name in classes if name not in found.values()]
    if found and missing:
        raise ReviewError(
            f"{source}: there is a column for {', '.join(found)}, but none for {', '.join(missing)}; "
            f"an answer says of every class whether it applies: add a column of 0 and 1 for each, or "
            f"a column label with lists"
        )
    return found


def flags_in(record: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the classes whose columns say so; None where all are empty.

    Raises
    ------
    ValueError
        If some are empty, or hold something else than 0 and 1.

    Examples
    --------
    >>> flags_in({"late": "1", "broken": 0}, {"late": "late", "broken": "broken"})
    ('late',)
    """
    said: dict[str, bool | None] = {}
    for name in columns:
        text = (as_text(record.get(name)) or "").strip()
        if text.casefold() not in FLAGS:
            raise ValueError(f"{name} is {text!r}, but the column of a class holds 0 or 1")
        said[name] = FLAGS[text.casefold()]
    silent = [name for name, flag in said.items() if flag is None]
    if silent and len(silent) < len(said):
        raise ValueError(
            f"{silent[0]} is empty, and others are not; 0 says that a class does not apply"
        )
    return None if silent else tuple(columns[name] for name, flag in said.items() if flag)


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
    names = [as_text(one) for one in value]
    if not all(names):
        raise ValueError("the list holds something without a name")
    return tuple(str(name) for name in names)
