"""From words that somebody quoted to the stretches of the text that are meant, or why nobody can tell.

Words that are quoted once, or whose places the order of the quotes leaves open, mean every place where they
stand by themselves. Nothing else is placed by likelihood.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from labeling.counted import counted
from labeling.kinds.spans.answer import Span, overlapping
from labeling.kinds.spans.mentions import Mentions, Place

SHOWN = 40
"""Characters of a quote that a reason repeats."""


class UnreadError(ValueError):
    """An answer that cannot be read; the message says why."""


class AmbiguousError(UnreadError):
    """A quote that might stand in several places."""


class Quote(NamedTuple):
    """Words of a text, what they are, and some words around them if they stand there more than once."""

    text: str
    name: str
    around: str = ""


def located(
    quotes: Sequence[Quote], mentions: Mentions, *, overlap: bool = False, in_order: bool = True
) -> tuple[Span, ...]:
    """Return the spans that are quoted.

    Who quotes nothing twice tells of names, and means each wherever it stands. Who quotes anything
    twice tells of mentions, which stand in the order of the text; where that leaves several places,
    the words mean them all, as long as they are of one class. Where names of drugs and diseases stand
    more than once in an abstract, people marked all but 11 of 7,927 places (test set of BC5CDR).

    Parameters
    ----------
    quotes : sequence of Quote
        With words around those that are not meant everywhere.
    mentions : Mentions
        Of the text.
    overlap : bool
        Whether spans may share characters.
    in_order : bool
        Whether the quotes claim to stand in the order of the text. If they do not keep it, only those
        are placed that have a single place.

    Raises
    ------
    UnreadError
        If a quote is not in the text, might stand in several places, or overlaps where it must not.

    Examples
    --------
    >>> text = Mentions("gout and asthma, later gout")
    >>> located([Quote("asthma", "Disease"), Quote("gout", "Disease")], text)
    (Span(start=0, end=4, name='Disease'), Span(start=9, end=15, name='Disease'), \
Span(start=23, end=27, name='Disease'))
    >>> located([Quote("gout", "Disease", "later gout")], text)
    (Span(start=23, end=27, name='Disease'),)
    >>> located([Quote("gout", "Disease"), Quote("gout", "Sign")], Mentions("gout, gout, gout"))
    Traceback (most recent call last):
    ...
    labeling.kinds.spans.quotes.AmbiguousError: 'gout' stands in the text 3 times, and which is \
meant cannot be told; quote each that is meant, with a few words around it
    """
    often = Counter(_same(quote, overlap) for quote in quotes)
    found = _places(often, mentions)
    places = [found[_same(quote, overlap)] for quote in quotes]
    if max(often.values(), default=1) == 1:
        everywhere = _everywhere(quotes, places, mentions, overlap)
        if everywhere is not None:
            return everywhere
    try:
        chosen = _ordered(quotes, places, overlap) if in_order else None
        if chosen is None:
            chosen = _by_elimination(quotes, places, overlap, len(mentions.text))
    except AmbiguousError:
        everywhere = _everywhere(quotes, places, mentions, overlap)
        if everywhere is None:
            raise
        return everywhere
    spans = sorted(Span(*at, quote.name) for quote, at in zip(quotes, chosen, strict=True))
    if len(set(spans)) < len(spans):
        raise UnreadError("the same words are quoted twice as the same")
    both = None if overlap else overlapping(spans)
    if both:
        raise _overlap(*(mentions.text[one.start : one.end] for one in both))
    return tuple(spans)


def shortened(words: str) -> str:
    """Return a quote as a reason repeats it."""
    return repr(words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}\u2026")


def _same(quote: Quote, overlap: bool) -> Quote:
    """Return what quotes have in common that need a place each."""
    return quote if overlap else quote._replace(name="")


def _places(often: Mapping[Quote, int], mentions: Mentions) -> dict[Quote, list[Place]]:
    """Return where each quote may stand.

    Letters tell places apart only where every quote keeps to them: who writes one in another case may
    well have written another so.
    """
    within: dict[Quote, list[Place] | None] = {}
    for quote in often:
        if not quote.text.strip():
            raise UnreadError("a quote is empty")
        within[quote] = mentions.alike(quote.around) if quote.around else None
        if within[quote] == []:
            raise UnreadError(f"{shortened(quote.around)} does not stand in the text")
    exact: dict[Quote, list[Place]] = {}
    for quote, many in often.items():
        found = mentions.exact(quote.text, many, within[quote])
        if found is None:
            break
        exact[quote] = found
    else:
        return exact
    return {quote: _alike(quote, many, mentions, within[quote]) for quote, many in often.items()}


def _alike(quote: Quote, often: int, mentions: Mentions, within: list[Place] | None) -> list[Place]:
    found = mentions.alike(quote.text, often, within)
    if not found:
        where = f"in {shortened(quote.around)}" if quote.around else "in the text"
        raise UnreadError(f"{shortened(quote.text)} does not stand {where}")
    if len(found) < often:
        raise UnreadError(
            f"{shortened(quote.text)} is quoted {often} times and stands in the text "
            f"{counted(len(found), 'time')}"
        )
    return found


def _everywhere(
    quotes: Sequence[Quote], places: Sequence[list[Place]], mentions: Mentions, overlap: bool
) -> tuple[Span, ...] | None:
    """Place quotes wherever they, and no longer ones, stand; None where that is not what they mean."""
    spans: list[Span] = []
    taken: dict[str, bytearray] = {}
    distinct = dict(zip(quotes, places, strict=True))
    for quote, of in sorted(distinct.items(), key=lambda one: -len(one[0].text)):
        alike = len({mentions.text[start:end] for start, end in of}) == 1
        if quote.around or not alike or mentions.apart(of) != of:
            return None
        mine = taken.setdefault(quote.name if overlap else "", bytearray(len(mentions.text)))
        stands = len(spans)
        for start, end in of:
            if 1 not in mine[start:end]:
                spans.append(Span(start, end, quote.name))
                mine[start:end] = b"\1" * (end - start)
        if len(spans) == stands:
            return None
    return tuple(sorted(spans))


def _ordered(
    quotes: Sequence[Quote], places: Sequence[list[Place]], overlap: bool
) -> list[Place] | None:
    """Place quotes one behind the other; None if they cannot be.

    The first way puts each as far ahead as it goes, the last as far back: any other lies between, so
    that there is one way if the two are the same.
    """
    keys = [(quote.text, quote.name) for quote in quotes]
    # spans that may overlap are in the order of their beginnings
    distinct = {id(of): of for of in places}
    ahead = {at: [(a, a if overlap else b) for a, b in of] for at, of in distinct.items()}
    back = {at: [(-b, -a) for a, b in reversed(of)] for at, of in ahead.items()}
    first = _as_early_as_possible(keys, [ahead[id(of)] for of in places])
    last = _as_early_as_possible(keys[::-1], [back[id(of)] for of in reversed(places)])
    if first is None or last is None:
        return None
    for quote, of, one, other in zip(quotes, places, first, reversed(last), strict=True):
        if one != len(of) - 1 - other:
            raise _ambiguous(quote, len(of))
    return [of[at] for of, at in zip(places, first, strict=True)]


def _as_early_as_possible(
    keys: Sequence[tuple[str, str]], places: Sequence[Sequence[Place]]
) -> list[int] | None:
    chosen: list[int] = []
    behind: dict[tuple[str, str], int] = {}
    least: int | None = None
    for key, of in zip(keys, places, strict=True):
        bounds = [bound for bound in (least, behind.get(key)) if bound is not None]
        at = bisect_left(of, max(bounds), key=lambda one: one[0]) if bounds else 0
        if at == len(of):
            return None
        chosen.append(at)
        least, behind[key] = of[at][1], of[at][0] + 1
    return chosen


def _by_elimination(
    quotes: Sequence[Quote], places: Sequence[list[Place]], overlap: bool, length: int
) -> list[Place]:
    """Place quotes that stand as often as they are quoted, and others in what is left to them."""
    open_: dict[Quote, list[int]] = {}
    for at, quote in enumerate(quotes):
        open_.setdefault(_same(quote, overlap), []).append(at)
    taken = bytearray(length)
    chosen: dict[int, Place] = {}
    settled = True
    while open_ and settled:
        settled = False
        for key, members in list(open_.items()):
            left = [one for one in places[members[0]] if overlap or 1 not in taken[slice(*one)]]
            if len(left) < len(members):
                raise _overlap(quotes[members[0]].text)
            if len(left) == len(members) and len({quotes[at].name for at in members}) == 1:
                chosen |= dict(zip(members, left, strict=True))
                for start, end in left:
                    taken[start:end] = b"\1" * (end - start)
                del open_[key]
                settled = True
    for members in open_.values():
        raise _ambiguous(quotes[members[0]], len(places[members[0]]))
    return [chosen[at] for at in range(len(quotes))]


def _ambiguous(quote: Quote, often: int) -> AmbiguousError:
    return AmbiguousError(
        f"{shortened(quote.text)} stands in the text {often} times, and which is meant cannot be told; "
        "quote each that is meant, with a few words around it"
    )


def _overlap(words: str, other: str | None = None) -> UnreadError:
    both = (
        f"{shortened(words)} and {shortened(other)} overlap"
        if other
        else f"{shortened(words)} overlaps others"
    )
    return UnreadError(f"{both}, and this task allows no overlap")
