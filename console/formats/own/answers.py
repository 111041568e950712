"""Answers as JSON holds them: lists where a kind has lists."""

import json
from typing import Any

from labeling.kinds.kind import Kind
from labeling.kinds.spans.answer import marked, written
from labeling.kinds.spans.cells import spans_in


def as_list(answer: str, kind: Kind) -> Any:
    """Return what JSON holds for an answer, which is the text itself where it is no list.

    Examples
    --------
    >>> from labeling.kinds.registry import KINDS
    >>> as_list("late", KINDS["single"]), as_list('["late"]', KINDS["several"])
    ('late', ['late'])
    >>> as_list('[[0, 5, "Drug"]]', KINDS["spans"])
    [[0, 5, 'Drug']]
    """
    if kind.marks_text:
        said = marked(answer)
        return json.loads(answer) if said and said.whole else answer
    if kind.many and kind.chosen(kind.named(answer)) == answer:
        return list(kind.named(answer))
    return answer


def from_list(value: list[Any], kind: Kind) -> str | None:
    """Return the answer that a list is.

    Raises
    ------
    ValueError
        If the list holds what a kind has no answer for.

    Examples
    --------
    >>> from labeling.kinds.registry import KINDS
    >>> from_list(["late", "broken"], KINDS["several"]), from_list([[0, 5, "Drug"]], KINDS["spans"])
    ('["broken", "late"]', '[[0, 5, "Drug"]]')
    """
    if kind.marks_text:
        return written(spans_in(value) or ())
    return kind.chosen([str(one) for one in value])
