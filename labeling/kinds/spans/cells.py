"""Spans as people and programs write them into the cells of tables and the fields of JSON."""

import json
from collections.abc import Mapping
from typing import Any, cast

from labeling.files.cells import as_text
from labeling.kinds.kind import AnswerError
from labeling.kinds.spans.answer import Span

NAMES = ("label", "labels", "class", "type")
"""How other programs call what a span is."""

STARTS, ENDS = ("start", "start_offset"), ("end", "end_offset")


def spans_in(value: Any) -> tuple[Span, ...] | None:
    """Return the spans in a cell, in their order; None where nothing stands.

    A cell is a list, or the JSON of one. Each span in it is a list of start, end and class, or an
    object with ``start``, ``end`` and ``label``. Offsets are taken as they are.

    Raises
    ------
    AnswerError
        If it is no such list; says what was found.

    Examples
    --------
    >>> spans_in('[[9, 12, "Drug"], [0, 5, "Disease"]]')
    (Span(start=0, end=5, name='Disease'), Span(start=9, end=12, name='Drug'))
    >>> spans_in([{"start": 0, "end": 5, "label": "Disease"}]), spans_in("[]"), spans_in("")
    ((Span(start=0, end=5, name='Disease'),), (), None)
    """
    if not isinstance(value, list):
        text = _text(value).strip()
        if not text:
            return None
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, list):
            raise AnswerError(f"{text[:80]!r} is no list of spans")
    return tuple(sorted({span_in(one) for one in cast("list[Any]", value)}))


def span_in(value: Any) -> Span:
    """Read one span.

    Raises
    ------
    AnswerError
        If it is none.

    Examples
    --------
    >>> span_in([0, "5", "Disease"])
    Span(start=0, end=5, name='Disease')
    """
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        parts = [
            next((fields[one] for one in names if one in fields), None)
            for names in (STARTS, ENDS, NAMES)
        ]
    else:
        parts = list(cast("list[Any]", value)) if isinstance(value, list | tuple) else []
    if len(parts) == 3 and isinstance(parts[2], list) and len(cast("list[Any]", parts[2])) == 1:
        parts[2] = parts[2][0]
    if len(parts) != 3 or isinstance(parts[2], list | dict) or not (name := _text(parts[2])):
        raise AnswerError(f"{json.dumps(value, default=str)[:80]} is no start, end and class")
    start, end = (offset_in(one) for one in parts[:2])
    return Span(start, end, name)


def offset_in(value: Any) -> int:
    """Read an offset: a whole number, or the text of one.

    Raises
    ------
    AnswerError
        If it is none.

    Examples
    --------
    >>> offset_in(7.0), offset_in(" 7 ")
    (7, 7)
    """
    text = "" if isinstance(value, bool | list | dict) else _text(value).strip()
    if len(text) > 18 or not text.removeprefix("-").isdecimal():
        raise AnswerError(f"{text or value!r} is no offset: a whole number of characters")
    return int(text)


def _text(value: Any) -> str:
    try:
        return as_text(value) or ""
    except TypeError as error:
        raise AnswerError(str(error)) from None
