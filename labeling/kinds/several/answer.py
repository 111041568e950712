"""How sets of classes are written: whole answers as sorted JSON lists, votes on one class as a name."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, cast

from labeling.kinds.each_class import Said
from labeling.kinds.kind import AnswerError

NOT = "not "
"""What stands before a class that a rule votes against."""

NOTHING = "[]"
"""The whole answer that no class applies."""


def written(names: Iterable[str]) -> str:
    """Write a whole answer.

    Examples
    --------
    >>> written(["praise", "delivery", "praise"]), written([])
    ('["delivery", "praise"]', '[]')
    """
    return json.dumps(sorted(set(names)), ensure_ascii=False)


def denied(name: str) -> str:
    """Write a vote against a class."""
    return f"{NOT}{name}"


def said(text: str, classes: Collection[str]) -> Said:
    """Read an answer: a whole one, a class, or ``not`` and a class; whatever else says nothing.

    Examples
    --------
    >>> classes = ["delivery", "praise"]
    >>> said('["praise"]', classes).of("delivery"), said("praise", classes).of("delivery")
    (False, None)
    >>> said("not praise", classes).of("praise")
    False
    """
    if text in classes:
        return Said(frozenset({text}))
    if text.startswith(NOT) and text.removeprefix(NOT) in classes:
        return Said(frozenset(), frozenset({text.removeprefix(NOT)}))
    names = listed(text)
    if names is None or not classes_only(names, classes):
        return Said(frozenset())
    return Said(frozenset(names), whole=True)


def listed(text: str) -> list[str] | None:
    """Return the names of a whole answer; None if the text is none."""
    try:
        found: Any = json.loads(text) if text.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list):
        return None
    names = cast("list[object]", found)
    return [str(one) for one in names] if all(isinstance(one, str) for one in names) else None


def classes_only(names: Iterable[str], classes: Collection[str]) -> bool:
    """Tell whether each name is a class."""
    return all(name in classes for name in names)


def refuse(problem: str, classes: Sequence[str]) -> AnswerError:
    """Return the error about an answer that is none."""
    return AnswerError(f"{problem}; allowed: {', '.join(classes)}, as a list of names, [] for none")
