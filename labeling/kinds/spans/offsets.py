r"""Offsets that others counted: in other units, or in a text with other line ends and blanks.

JavaScript counts UTF-16 code units, of which an emoji has two; some programs count the line end
``\r\n`` as one character. We count Unicode code points, as Python and current versions of Label Studio do.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from labeling.kinds.spans.answer import Span
from labeling.letters.letters import letters

LAST_OF_ONE_UNIT = "\uffff"
"""The last character that is one UTF-16 code unit."""

LONGEST = 2**31 - 1
"""Characters that any text may have: offsets are kept as 32-bit numbers."""


@dataclass(frozen=True, slots=True)
class Counting:
    r"""How a program counts characters.

    Parameters
    ----------
    utf16 : bool
        Whether it counts UTF-16 code units.
    one_line_end : bool
        Whether a carriage return and a line feed are one.

    Examples
    --------
    >>> Counting(utf16=True).ruler("a\N{GRINNING FACE}b")
    [0, 1, None, 2, 3]
    """

    utf16: bool = False
    one_line_end: bool = False

    def ruler(self, text: str) -> list[int | None]:
        """Return which character each offset stands before; None within one."""
        marks: list[int | None] = []
        at = 0
        while at < len(text):
            marks.append(at)
            if self.utf16 and text[at] > LAST_OF_ONE_UNIT:
                marks.append(None)
            at += 2 if self.one_line_end and text.startswith("\r\n", at) else 1
        return [*marks, len(text)]

    def read(self, spans: Sequence[Span], text: str) -> list[Span]:
        r"""Return the spans in characters.

        Raises
        ------
        ValueError
            If one lies outside the text, or begins or ends within a character.

        Examples
        --------
        >>> Counting(utf16=True).read([Span(3, 4, "x")], "a\N{GRINNING FACE}b")
        [Span(start=2, end=3, name='x')]
        """
        if not spans:
            return []
        ruler = self.ruler(text)
        found: list[Span] = []
        for span in spans:
            check(span, len(ruler) - 1)
            start, end = ruler[span.start], ruler[span.end]
            if start is None or end is None:
                raise ValueError(f"the span {span.start}..{span.end} cuts a character in two")
            found.append(Span(start, end, span.name))
        return found

    def write(self, spans: Sequence[Span], text: str) -> list[Span]:
        """Return the spans as such a program counts them."""
        places = {at: k for k, at in enumerate(self.ruler(text)) if at is not None}
        return [Span(places[one.start], places[one.end], one.name) for one in spans]


CHARACTERS, UNITS = Counting(), Counting(utf16=True)


def check(span: Span, length: int = LONGEST) -> None:
    """Refuse a span that is none of a text of some length, or of any.

    Raises
    ------
    ValueError
        Says what was found and what the text has.

    Examples
    --------
    >>> check(Span(2, 9, "x"), 4)
    Traceback (most recent call last):
    ...
    ValueError: the span 2..9 ends behind the text, which has 4 characters
    """
    where = f"the span {span.start}..{span.end}"
    if span.start < 0:
        raise ValueError(f"{where} begins before the text")
    if span.end <= span.start:
        raise ValueError(f"{where} does not end after it begins")
    if span.end > length:
        if length == LONGEST:
            raise ValueError(
                f"{where} ends behind {LONGEST:,} characters, more than a text may have"
            )
        many = "1 character" if length == 1 else f"{length} characters"
        raise ValueError(f"{where} ends behind the text, which has {many}")


def cut(spans: Sequence[Span], text: str) -> str | None:
    r"""Say which span begins or ends within what readers see as one character; None if none does.

    Examples
    --------
    >>> wave = "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} hello"
    >>> cut([Span(0, 2, "x")], wave), cut([Span(0, 1, "x")], wave)
    (None, "the span 0..1 cuts the character '👋🏽', which is 0..2")
    """
    some = letters([text])
    if some.plain:
        return None
    heads = [at for at, one in enumerate(some.inside.tolist()) if not one]
    for span in spans:
        for at in span[:2]:
            after = bisect_left(heads, at)
            if heads[after] != at:
                first, behind = heads[after - 1], heads[after]
                return (
                    f"the span {span.start}..{span.end} cuts the character {text[first:behind]!r}, "
                    f"which is {first}..{behind}"
                )
    return None


def read_checked(
    spans: Sequence[Span],
    covered: Sequence[str | None],
    text: str,
    ways: Sequence[Counting] = (CHARACTERS, UNITS),
) -> list[Span]:
    r"""Return the spans as that way of counting has them by which each covers what a file says.

    Parameters
    ----------
    spans : sequence of Span
        As the file has them.
    covered : sequence of str or None
        What the file says that each covers; blanks in it do not count.
    text : str
    ways : sequence of Counting
        The likeliest first; each is also tried with ``\r\n`` as one.

    Raises
    ------
    ValueError
        If spans lie outside the text, or no way of counting fits; quotes what stands there.

    Examples
    --------
    >>> smile = "\N{GRINNING FACE} gout"
    >>> read_checked([Span(3, 7, "x")], ["gout"], smile), read_checked([Span(2, 6, "x")], ["gout"], smile)
    ([Span(start=2, end=6, name='x')], [Span(start=2, end=6, name='x')])
    """
    problems: list[ValueError] = []
    every = [*ways, *(Counting(one.utf16, one_line_end=True) for one in ways)]
    for way in dict.fromkeys(every if "\r\n" in text else ways):
        try:
            found = way.read(spans, text)
        except ValueError as error:
            problems.append(error)
            continue
        for before, span, said in zip(spans, found, covered, strict=True):
            there = text[span.start : span.end]
            if said is not None and _letters(said) != _letters(there):
                where = f"the span {before.start}..{before.end}"
                told = f"{where} is said to cover {said[:60]!r}, but {there[:60]!r} stands there"
                problems.append(ValueError(told))
                break
        else:
            return found
    raise problems[0]


def _letters(text: str) -> str:
    # Label Studio writes line ends as two signs, and shows several blanks as one
    return "".join(text.replace("\\n", " ").split())


def moved(spans: Sequence[Span], text: str, to: str) -> list[Span] | None:
    r"""Return spans of a text where they stand in another, which differs in line ends and blanks.

    None if the texts differ in more, or a span holds nothing but blanks that are gone. Of a span's
    ends only blanks may be lost.

    Examples
    --------
    >>> moved([Span(4, 8, "x")], "ab\r\ngout ", "ab\ngout")
    [Span(start=3, end=7, name='x')]
    >>> moved([Span(3, 7, "x")], "ab gout ( L )", "ab gout (L)")
    [Span(start=3, end=7, name='x')]
    >>> moved([Span(0, 2, "x")], "ab", "ac") is None
    True
    """
    if text == to:
        return list(spans)
    for kept in (_without_line_ends, _without_blanks):
        here, there = kept(text), kept(to)
        if [text[at] for at in here] == [to[at] for at in there]:
            return _moved(spans, here, there)
    return None


def _moved(spans: Sequence[Span], here: list[int], there: list[int]) -> list[Span] | None:
    found: list[Span] = []
    for span in spans:
        first, behind = bisect_left(here, span.start), bisect_left(here, span.end)
        if first >= behind:
            return None
        found.append(Span(there[first], there[behind - 1] + 1, span.name))
    return found


def _kept(text: str, keep: Callable[[int], bool]) -> list[int]:
    return [at for at in range(len(text)) if keep(at)]


def _without_line_ends(text: str) -> list[int]:
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    return [
        at for at in _kept(text, lambda at: not text.startswith("\r\n", at)) if first <= at < last
    ]


def _without_blanks(text: str) -> list[int]:
    return _kept(text, lambda at: not text[at].isspace())
