"""Texts as they are compared: folded, white space as one space, and any stretch hashed at once.

The hash of a stretch is its polynomial in an odd number modulo 2**64, taken from running sums and
shifted to a common place by the inverse (R. M. Karp and M. O. Rabin, "Efficient randomized
pattern-matching algorithms", 1987). Equal hashes are compared letter by letter afterwards.
"""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from labeling.letters.alphabet import DOT_ABOVE, SPACE, Folding
from labeling.letters.letters import Letters, Places

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Folded:
    """Folded texts.

    Parameters
    ----------
    values : uint32 array of shape (m,)
        Code points to compare.
    at : int array of shape (n + 1,), or None
        For each place of the texts the place here; None where they are the same.
    """

    values: NDArray[np.uint32]
    at: Places | None

    def place(self, places: Places) -> Places:
        """Return where places of the texts are here."""
        return places if self.at is None else self.at[places]

    @cached_property
    def _sums(self) -> Hashes:
        power, _ = _powers(_room(len(self.values)))
        sums = np.zeros(len(self.values) + 1, dtype=np.uint64)
        np.cumsum(self.values * power[: len(self.values)], out=sums[1:])
        return sums

    def hashes(self, starts: Places, ends: Places) -> Hashes:
        """Return the hashes of stretches, given by places here."""
        _, inverse = _powers(_room(len(self.values)))
        return (self._sums[ends] - self._sums[starts]) * inverse[starts]


def fold(some: Letters, folding: Folding) -> Folded:
    """Fold texts.

    Examples
    --------
    >>> from labeling.letters.alphabet import IGNORED
    >>> from labeling.letters.letters import letters
    >>> folded = fold(letters(["GRO\N{LATIN SMALL LETTER SHARP S}  ER"]), IGNORED)
    >>> "".join(map(chr, folded.values[:-1])), folded.at.tolist()
    ('gross er', [0, 1, 2, 3, 5, 6, 6, 7, 8, 9])
    """
    flags, codes = some.flags, some.codes
    values = folding.first[codes]
    counts = folding.length[codes]
    space = (flags & SPACE) > 0
    counts[1:][space[1:] & space[:-1]] = 0
    if folding.ignore_case and not some.plain:
        counts[1:][(codes[1:] == DOT_ABOVE) & (values[:-1] == ord("i"))] = 0
    if (counts == 1).all():
        return Folded(values, None)
    at = np.zeros(len(codes) + 1, dtype=np.int64)
    np.cumsum(counts, out=at[1:])
    long = np.flatnonzero(counts > 1)
    values = np.repeat(values, counts)
    for code in np.unique(codes[long]).tolist():
        whole = folding.longer[code]
        first = at[long[codes[long] == code]]
        values[first[:, None] + np.arange(len(whole))] = whole
    return Folded(values, at)


def _room(n: int) -> int:
    return 1 << n.bit_length()


@cache
def _powers(n: int) -> tuple[Hashes, Hashes]:
    """Return powers of the base and of its inverse."""
    made: list[Hashes] = []
    for one in (_BASE, _INVERSE):
        powers = np.full(n + 1, one, dtype=np.uint64)
        powers[0] = 1
        made.append(np.cumprod(powers, dtype=np.uint64))
    return made[0], made[1]
