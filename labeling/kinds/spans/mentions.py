"""Where some words stand in a text: letter for letter, or else apart from case, blanks and encoding."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from labeling.letters.letters import letters

Place = tuple[int, int]
"""Where a mention begins and ends, in characters, half-open."""

ALIKE = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff", None)
)
"""Signs that models write as one another, and signs that nobody sees."""


@dataclass(frozen=True, slots=True)
class _Folded:
    """A text as it is compared, and which character of the text each of its characters is from."""

    text: str
    owner: Sequence[int]


class Mentions:
    """Finds words in one text; no mention cuts a character that people see as one.

    Parameters
    ----------
    text : str
        The item's.

    Examples
    --------
    >>> mentions = Mentions("Gout, no gouty foot. GOUT again")
    >>> mentions.alike("gout"), mentions.alike("gouty  foot"), mentions.alike("the foot")
    ([(0, 4), (21, 25)], [(9, 19)], [])
    >>> mentions.exact("gout"), mentions.exact("Gout")
    (None, [(0, 4)])
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._begins = [not one for one in letters([text]).inside.tolist()]

    def exact(
        self, words: str, at_least: int = 1, within: Sequence[Place] | None = None
    ) -> list[Place] | None:
        """Return where words stand letter for letter; None if too seldom.

        Parts of longer words count where the words, in whatever case, stand too seldom by themselves.

        Parameters
        ----------
        words : str
        at_least : int
            How often they are to be found.
        within : sequence of Place, optional
            Only in these stretches.
        """
        every = _inside(self._exact(words), within)
        apart = self.apart(every)
        if len(apart) >= at_least:
            return apart
        folded = self.apart(_inside(self._alike(words), within))
        return every if len(every) >= at_least > len(folded) else None

    def alike(
        self, words: str, at_least: int = 1, within: Sequence[Place] | None = None
    ) -> list[Place]:
        """Return where words stand, whatever their case, blanks, quotes, dashes and encoding.

        Parts of longer words count where there are too few by themselves; there may be too few even so.
        """
        every = _inside(self._alike(words), within)
        apart = self.apart(every)
        return apart if len(apart) >= at_least else every

    def apart(self, places: Sequence[Place]) -> list[Place]:
        """Return those of some places that are no parts of longer words."""
        return [one for one in places if not self._part_of_word(one)]

    def _exact(self, words: str) -> list[Place]:
        found: list[Place] = []
        at = self.text.find(words) if words else -1
        while at >= 0:
            end = at + len(words)
            if self._begins[at] and self._begins[end]:
                found.append((at, end))
            at = self.text.find(words, at + 1)
        return found

    def _alike(self, words: str) -> list[Place]:
        wanted = _fold(_characters(words)).text.strip()
        whole, owner = self._folded.text, self._folded.owner
        found: list[Place] = []
        at = whole.find(wanted) if wanted else -1
        while at >= 0:
            end = at + len(wanted)
            first, last = owner[at], owner[end - 1]
            if (at == 0 or owner[at - 1] != first) and (end == len(owner) or owner[end] != last):
                found.append((self._heads[first], self._heads[last + 1]))
            at = whole.find(wanted, at + 1)
        return found

    @cached_property
    def _heads(self) -> list[int]:
        return [at for at, begins in enumerate(self._begins) if begins]

    @cached_property
    def _folded(self) -> _Folded:
        return _fold([self.text[a:b] for a, b in pairwise(self._heads)])

    def _part_of_word(self, place: Place) -> bool:
        return any(0 < at < len(self.text) and self._inside_word(at) for at in place)

    def _inside_word(self, at: int) -> bool:
        before = at - 1
        while before > 0 and not self._begins[before]:
            before -= 1
        left, right = self.text[before], self.text[at]
        return (_spaced(left) and _spaced(right)) or (left.isdigit() and right.isdigit())


def _inside(places: list[Place], within: Sequence[Place] | None) -> list[Place]:
    if within is None:
        return places
    return [one for one in places if any(a <= one[0] and one[1] <= b for a, b in within)]


def _characters(text: str) -> list[str]:
    begins = [at for at, inside in enumerate(letters([text]).inside.tolist()) if not inside]
    return [text[a:b] for a, b in pairwise(begins)]


def _fold(characters: Sequence[str]) -> _Folded:
    parts: list[str] = []
    owner: list[int] = []
    blank = False
    for at, one in enumerate(characters):
        told = " " if one.isspace() else _same_sign(one)
        if told == " " and blank:
            continue
        blank = told == " " or (blank and not told)
        parts.append(told)
        owner += [at] * len(told)
    return _Folded("".join(parts), owner)


def _same_sign(character: str) -> str:
    bare = unicodedata.normalize("NFD", character.translate(ALIKE)).casefold()
    return unicodedata.normalize("NFD", bare)


def _spaced(sign: str) -> bool:
    """Tell whether a sign is a letter of an alphabet whose words stand apart: Latin, Greek, Cyrillic."""
    return sign.isalpha() and (sign < "\u0590" or "\u1e00" <= sign < "\u2000")
