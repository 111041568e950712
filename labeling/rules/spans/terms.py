"""Any number of terms, found in texts all at once.

A trie of the terms is walked from every word of many texts together: one step looks at the stretch
from each word to the end of its k-th next one, and keeps the words from which some term goes on.
A hundred thousand terms cost little more than ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from labeling.letters.alphabet import SPACE, Folding
from labeling.letters.letters import Letters, Places, letters
from labeling.rules.spans.folded import Folded, Hashes, fold

STEPS = (1, 2, 4, 8, 16, 32)
"""Lengths, in letters, at which parts of words are sieved where terms need not be whole words."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Where terms stand.

    Parameters
    ----------
    terms : int array of shape (n_found,)
        Numbers of the terms.
    starts, ends : int arrays of shape (n_found,)
        Places in the texts.
    """

    terms: NDArray[np.int64]
    starts: Places
    ends: Places


class Keys:
    """Hashes with what they stand for: a term, the beginning of one, or both.

    Parameters
    ----------
    whole : uint64 array of shape (n_terms,)
        Hash of each term.
    parts : uint64 array
        Hashes of beginnings of terms.
    """

    def __init__(self, whole: Hashes, parts: Hashes) -> None:
        keys, first = np.unique(np.concatenate([whole, parts]), return_index=True)
        bits = max(1, int(2 * len(keys)).bit_length())
        self._shift = np.uint64(64 - bits)
        self._keys = np.append(keys, np.uint64(0))
        buckets = keys >> self._shift
        self._first = np.searchsorted(buckets, np.arange((1 << bits) + 1)).astype(np.int32)
        self._crowded = np.diff(self._first) > 1
        self._term = np.where(first < len(whole), first, -1)
        self._goes_on = np.isin(keys, parts)

    def look_up(self, hashes: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which of the hashes are keys, and of which number."""
        bucket = (hashes >> self._shift).astype(np.int64)
        at = self._first[bucket]
        number = np.where(self._keys[at] == hashes, at, -1)
        rest = np.flatnonzero((number < 0) & self._crowded[bucket])
        at, last = at[rest] + 1, self._first[bucket[rest] + 1]
        while len(rest):
            same = self._keys[at] == hashes[rest]
            number[rest[same]] = at[same]
            on = ~same & (at + 1 < last)
            rest, at, last = rest[on], at[on] + 1, last[on]
        found = np.flatnonzero(number >= 0)
        return found, number[found].astype(np.int64)

    def term(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the term of each key, or -1 where it is only the beginning of some."""
        return self._term[numbers]

    def goes_on(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of each key whether a longer term begins like it."""
        return self._goes_on[numbers]


class TermTable:
    """Terms of one way of comparing.

    Parameters
    ----------
    terms : sequence of str
        None of them empty or blank; equal ones are found as the first of them.
    folding : Folding
        How letters are compared.
    whole : bool
        Terms begin and end where words do; else anywhere, characters whole.

    Examples
    --------
    >>> from labeling.letters.alphabet import IGNORED
    >>> found = TermTable(["New York", "york"], IGNORED, whole=True).find(letters(["in new  YORK"]))
    >>> found.terms.tolist(), found.starts.tolist(), found.ends.tolist()
    ([1, 0], [8, 3], [12, 12])
    """

    def __init__(self, terms: Sequence[str], folding: Folding, *, whole: bool) -> None:
        self._folding, self._whole = folding, whole
        # marks of a letter in the order in which texts are encoded
        some = letters([normalize("NFC", term.strip()) for term in terms])
        self._folded = fold(some, folding)
        self._begins = self._folded.place(some.begins[:-1])
        self._lengths = self._folded.place(some.begins[1:] - 1) - self._begins
        self._sizes: list[int] = np.unique(self._lengths).tolist()
        hashes = self._folded.hashes(self._begins, self._begins + self._lengths)
        self._keys = Keys(hashes, self._beginnings(some))

    def _beginnings(self, some: Letters) -> Hashes:
        if self._whole:
            _, ends = some.words
            owner = some.text_of(ends - 1)
            inner = ends + 1 < some.begins[owner + 1]
            owner, until = owner[inner], self._folded.place(ends[inner])
        else:
            steps = np.array(STEPS)
            owner, step = np.nonzero(self._lengths[:, None] > steps)
            until = self._begins[owner] + steps[step]
        return self._folded.hashes(self._begins[owner], until)

    def find(self, some: Letters, folded: Folded | None = None) -> Found:
        """Find every term in texts, overlapping ones too.

        Parameters
        ----------
        some : Letters
            The texts.
        folded : Folded, optional
            What they fold to, where that is known.
        """
        folded = fold(some, self._folding) if folded is None else folded
        terms, starts, ends = (
            self._in_words(some, folded) if self._whole else self._anywhere(some, folded)
        )
        same = self._equal(folded, terms, folded.place(starts))
        return Found(terms[same], starts[same], ends[same])

    def _in_words(self, some: Letters, folded: Folded) -> tuple[Places, Places, Places]:
        starts, ends = some.words
        begin, until = folded.place(starts), folded.place(ends)
        alive = np.arange(len(starts))
        found: list[tuple[Places, Places, Places]] = []
        step = 0
        while len(alive):
            hit, numbers = self._keys.look_up(folded.hashes(begin[alive], until[alive + step]))
            alive = alive[hit]
            terms = self._keys.term(numbers)
            ended = np.flatnonzero(terms >= 0)
            found.append((terms[ended], starts[alive[ended]], ends[alive[ended] + step]))
            step += 1
            alive = alive[self._keys.goes_on(numbers)]
            alive = alive[alive + step < len(starts)]
        return _joined(found)

    def _anywhere(self, some: Letters, folded: Folded) -> tuple[Places, Places, Places]:
        edges = np.flatnonzero(~np.append(some.inside, False))
        edge_at = np.full(len(folded.values) + 1, -1, dtype=np.int64)
        edge_at[folded.place(edges[::-1])] = edges[::-1]
        starts = edges[:-1]
        starts = starts[(some.flags[starts] & SPACE) == 0]
        begin = folded.place(starts)
        found: list[tuple[Places, Places, Places]] = []
        sieves = [one for one in STEPS if one < max(self._sizes, default=0)]
        for size in sorted({*self._sizes, *sieves}):
            inner = begin + size < len(edge_at)
            starts, begin = starts[inner], begin[inner]
            hit, numbers = self._keys.look_up(folded.hashes(begin, begin + size))
            terms = self._keys.term(numbers)
            ended = np.flatnonzero((terms >= 0) & (edge_at[begin[hit] + size] >= 0))
            at = hit[ended]
            found.append((terms[ended], starts[at], edge_at[begin[at] + size]))
            if size in sieves:
                on = hit[self._keys.goes_on(numbers)]
                starts, begin = starts[on], begin[on]
        return _joined(found)

    def _equal(self, folded: Folded, terms: Places, begin: Places) -> NDArray[np.bool_]:
        """Compare what was found with the terms, letter by letter."""
        order = np.argsort(-self._lengths[terms], kind="stable")
        ours, theirs = self._begins[terms[order]], begin[order]
        longer = len(terms) - np.cumsum(np.bincount(self._lengths[terms]))
        same = np.ones(len(terms), dtype=np.bool_)
        for step, n in enumerate(longer[:-1].tolist()):
            same[:n] &= self._folded.values[ours[:n] + step] == folded.values[theirs[:n] + step]
        answer = np.empty_like(same)
        answer[order] = same
        return answer


def _joined(found: list[tuple[Places, Places, Places]]) -> tuple[Places, Places, Places]:
    empty = np.zeros(0, dtype=np.int64)
    columns = [np.concatenate([empty, *(one[i] for one in found)]) for i in range(3)]
    return columns[0], columns[1], columns[2]
