"""How spans are written: whole answers as JSON lists of [start, end, class], finds as JSON objects.

Offsets count characters (Unicode code points) of the stored text and are half-open.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, cast

from labeling.kinds.kind import AnswerError

NOTHING = "[]"
"""The whole answer that nothing is marked."""

FOUND, DENIED = "found", "denied"
"""Fields of a find: what is of a class, and where nothing of it is."""


class Span(NamedTuple):
    """A stretch of a text, half-open, in characters, and what it is."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Marked:
    """What one answer marks.

    Parameters
    ----------
    found, denied : tuple of Span
        What is of a class, and stretches that hold nothing of a class; both in their order.
    whole : bool
        Whether nothing else is of any class.
    """

    found: tuple[Span, ...] = ()
    denied: tuple[Span, ...] = ()
    whole: bool = False


def written(spans: Iterable[Span]) -> str:
    """Write a whole answer; equal sets of spans are equal texts.

    Examples
    --------
    >>> written([Span(9, 12, "Drug"), Span(0, 5, "Disease")]), written([])
    ('[[0, 5, "Disease"], [9, 12, "Drug"]]', '[]')
    """
    return json.dumps(sorted(set(spans)), ensure_ascii=False)


def finds(found: Iterable[Span], denied: Iterable[Span] = ()) -> str:
    """Write what somebody found who says nothing of the rest.

    Examples
    --------
    >>> finds([Span(0, 5, "Disease")])
    '{"found": [[0, 5, "Disease"]]}'
    """
    fields = {FOUND: sorted(set(found)), DENIED: sorted(set(denied))}
    return json.dumps({name: of for name, of in fields.items() if of}, ensure_ascii=False)


@lru_cache(maxsize=200_000)
def marked(text: str) -> Marked | None:
    """Read an answer; None if it is none.

    Examples
    --------
    >>> marked('[[0, 5, "Disease"]]').found
    (Span(start=0, end=5, name='Disease'),)
    >>> marked('{"denied": [[0, 5, "Drug"]]}').whole, marked("Disease")
    (False, None)
    """
    try:
        said: Any = json.loads(text) if text.startswith(("[", "{")) else None
    except (ValueError, RecursionError):
        return None
    if isinstance(said, list):
        spans = _spans(cast("list[object]", said))
        return None if spans is None else Marked(spans, whole=True)
    if not isinstance(said, dict):
        return None
    fields = cast("dict[str, object]", said)
    if not fields or set(fields) - {FOUND, DENIED}:
        return None
    found, denied = (_spans(fields.get(name, [])) for name in (FOUND, DENIED))
    return None if found is None or denied is None else Marked(found, denied)


def _spans(rows: object) -> tuple[Span, ...] | None:
    if not isinstance(rows, list):
        return None
    spans: list[Span] = []
    for row in cast("list[object]", rows):
        parts = cast("list[object]", row) if isinstance(row, list) else []
        match parts:
            case [int(start), int(end), str(name)] if not isinstance(
                start, bool
            ) and not isinstance(end, bool):
                spans.append(Span(start, end, name))
            case _:
                return None
    return tuple(sorted(set(spans)))


def overlapping(spans: Sequence[Span]) -> tuple[Span, Span] | None:
    """Return two of some sorted spans that share a character; None if none do."""
    return next(((a, b) for a, b in pairwise(spans) if b.start < a.end), None)


def refuse(problem: str, classes: Collection[str]) -> AnswerError:
    """Return the error about an answer that is none."""
    return AnswerError(
        f"{problem}; allowed: a list of [start, end, class], [] for nothing, with one of "
        f"{', '.join(classes)} for the class and offsets in characters, the end being the first "
        f"character behind the span"
    )
