"""Texts cut into tokens: words and single other characters, with what stands between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from labeling.kinds.spans.answer import Span
from labeling.letters.letters import letters


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of a text, half-open, and whether one space belongs behind it."""

    start: int
    end: int
    space: bool


def words(text: str) -> list[tuple[int, int]]:
    """Return where words and single other characters begin and end; none holds a blank.

    Examples
    --------
    >>> words("5 mg/day")
    [(0, 1), (2, 4), (4, 5), (5, 8)]
    """
    start, end = letters([text]).words
    return list(zip(start.tolist(), end.tolist(), strict=True))


def tokens(text: str, spans: Sequence[Span]) -> list[Token]:
    r"""Return tokens that make up the whole text, and of which each span is some.

    Blanks are tokens too, but for a space behind another token.

    Examples
    --------
    >>> [text[one.start : one.end] for text in ["no gout\n"] for one in tokens(text, [Span(4, 7, "x")])]
    ['no', 'g', 'out', '\n']
    """
    edges = sorted(
        {
            0,
            len(text),
            *(at for one in words(text) for at in one),
            *(at for s in spans for at in s[:2]),
        }
    )
    starts, ends = {one.start for one in spans}, {one.end for one in spans}
    found: list[Token] = []
    for start, end in pairwise(edges):
        behind = text[start] == " " and bool(found) and start not in starts
        if behind and start + 1 not in ends:
            found[-1] = replace(found[-1], space=True)
            start += 1
        if start < end:
            found.append(Token(start, end, space=False))
    return found
