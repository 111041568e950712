"""Texts as arrays of code points: where characters, words and terms may begin and end."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labeling.letters.alphabet import (
    EXTEND,
    HANGUL,
    JOINER,
    LEADING,
    PICTURE,
    REGIONAL,
    SEPARATOR,
    SPACE,
    SYLLABLE,
    TRAILING,
    WORD,
    flags_of,
)

FIRST_MARK = 0x300
"""The first code point that may stand inside a character."""

Mask = NDArray[np.bool_]
Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Letters:
    """Some texts one after the other, a separator behind each.

    Parameters
    ----------
    codes : uint32 array of shape (n,)
        Code points.
    begins : int array of shape (n_texts + 1,)
        Where each text begins; the last entry is ``n``.

    Examples
    --------
    >>> some = letters(["Ab c", "e\N{COMBINING ACUTE ACCENT}+"])
    >>> [one.tolist() for one in some.words]
    [[0, 3, 5, 7], [2, 4, 7, 8]]
    """

    codes: NDArray[np.uint32]
    begins: Places

    @cached_property
    def flags(self) -> NDArray[np.uint16]:
        """Return the flags of each code point, see :mod:`labeling.letters.alphabet`."""
        return flags_of(self.codes)

    @cached_property
    def inside(self) -> Mask:
        """Tell which code points do not begin a character: no span begins or ends before them.

        Characters are the extended grapheme clusters of Unicode Standard Annex 29, except that
        prepended marks and conjuncts of Indic scripts may be parted, and that any symbols may be
        joined as emoji are.
        """
        flags = self.flags
        inside = (flags & EXTEND) > 0
        inside[self.begins[:-1]] = False
        before = np.append(np.uint16(0), flags[:-1])
        joined = np.flatnonzero(((flags & PICTURE) > 0) & ((before & JOINER) > 0))
        if len(joined):
            heads = np.flatnonzero(~inside)
            head = heads[np.searchsorted(heads, joined - 1, "right") - 1]
            inside[joined[(flags[head] & PICTURE) > 0]] = True
        inside |= ((flags & TRAILING) > 0) & ((before & HANGUL) > 0)
        inside |= ((flags & (LEADING | SYLLABLE)) > 0) & ((before & LEADING) > 0)
        halves = np.flatnonzero(flags & REGIONAL)
        if len(halves):
            first = np.append(True, np.diff(halves) > 1)
            run = np.maximum.accumulate(np.where(first, np.arange(len(halves)), 0))
            inside[halves[(np.arange(len(halves)) - run) % 2 == 1]] = True
        return inside

    @cached_property
    def plain(self) -> bool:
        """Tell whether every code point is a character by itself."""
        shown = self.codes[self.codes != SEPARATOR]
        return not len(shown) or bool(shown.max() < FIRST_MARK) or not self.inside.any()

    @cached_property
    def words(self) -> tuple[Places, Places]:
        """Return where words and single other characters begin and end."""
        flags = self.flags
        word, other = (flags & WORD) > 0, ((flags & SPACE) == 0) & (self.codes != SEPARATOR)
        if not self.plain:
            head = np.maximum.accumulate(np.where(self.inside, 0, np.arange(len(flags))))
            word, other = word[head], other[head]
        joined = np.zeros(len(flags) + 1, dtype=np.bool_)
        joined[1:-1] = word[1:] & word[:-1]
        if not self.plain:
            joined[:-1] |= self.inside
        starts = np.flatnonzero(other & ~joined[:-1])
        ends = np.flatnonzero(other & ~joined[1:]) + 1
        return starts, ends

    def text_of(self, places: Places) -> Places:
        """Return the number of the text in which each place lies."""
        return np.searchsorted(self.begins, places, "right") - 1


def letters(texts: Sequence[str]) -> Letters:
    """Join texts, none of them None."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1
    begins = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
    joined = "\0".join([*texts, ""]).encode("utf-32-le", "surrogatepass")
    codes = np.frombuffer(joined, dtype="<u4").astype(np.uint32)
    codes[begins[1:] - 1] = SEPARATOR
    return Letters(codes, begins)


def whole_characters(some: Letters, starts: Places, ends: Places) -> tuple[Places, Places]:
    """Widen spans that would cut a character, so that they hold it.

    Parameters
    ----------
    some : Letters
        The texts.
    starts, ends : int arrays of shape (n_spans,)
        Places in them.
    """
    if some.plain:
        return starts, ends
    first = np.flatnonzero(~np.append(some.inside, False))
    down = np.searchsorted(first, starts, "right") - 1
    up = np.searchsorted(first, ends, "left")
    return first[down], first[up]
