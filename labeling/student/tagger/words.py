"""The words of texts with their places, and the features by which a tagger knows them.

Features are hashed into a table of fixed size, so that a tagger needs no vocabulary and can go on
learning from texts with new words: K. Weinberger et al., "Feature hashing for large scale multitask
learning", 2009. What is asked of a word (itself, its shape, how it begins and ends) is worked out
once for each different word.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.letters.letters import letters

BITS = 18
"""Features are numbered 0 .. 2**BITS - 1."""

AROUND = (-1, 1)
"""Which other words a word is known by."""

_SALTS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1], dtype=np.uint64)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_RUNS = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Words of some texts, one text after the other.

    Parameters
    ----------
    start, end : int64 arrays of shape (n_words,)
        Code points within their texts.
    first : int64 array of shape (n_texts + 1,)
        Number of the first word of each text; the last entry is ``n_words``.
    word : int64 array of shape (n_words,)
        Which of the different words.
    different : tuple of str
        The different words.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    first: NDArray[np.int64]
    word: NDArray[np.int64]
    different: tuple[str, ...]


def words_of(texts: Sequence[str]) -> Words:
    """Cut texts into words and single other characters.

    Examples
    --------
    >>> words = words_of(["5 mg/day", "", "Day 5"])
    >>> words.different, words.first.tolist(), words.start.tolist()
    (('5', 'mg', '/', 'day', 'Day'), [0, 4, 4, 6], [0, 2, 4, 5, 0, 4])
    """
    some = letters(texts)
    starts, ends = some.words
    text = some.text_of(starts)
    first = np.searchsorted(starts, some.begins)
    begins = some.begins[text]
    numbers: dict[str, int] = {}
    start, end = starts - begins, ends - begins
    places: list[tuple[int, int, int]] = np.stack([text, start, end], axis=1).tolist()
    word = [numbers.setdefault(texts[t][a:b], len(numbers)) for t, a, b in places]
    return Words(start, end, first, np.array(word, dtype=np.int64), tuple(numbers))


def features_of(words: Words) -> sparse.csr_matrix:
    """Return a row of hashed features a word: its own, and those of the words around it."""
    n = len(words.word)
    own = np.array([_of_word(one) for one in words.different], dtype=np.uint64)
    own = own.reshape(len(words.different), len(_of_word("")))
    padded = np.vstack([own, np.array([_of_word("\0")], dtype=np.uint64)])
    text = np.repeat(np.arange(len(words.first) - 1), np.diff(words.first))
    at = np.arange(n)

    def beside(step: int) -> NDArray[np.int64]:
        there = at + step
        inside = (there >= words.first[text]) & (there < words.first[text + 1])
        return np.where(inside, words.word[np.where(inside, there, 0)], len(own))

    columns = [padded[words.word]]
    for salt, step in zip(_SALTS, AROUND, strict=False):
        columns.append((padded[beside(step)][:, :NEAR] + salt) * _MIX)
    before, after = padded[beside(-1)], padded[beside(1)]
    now = columns[0]
    for salt, (one, other) in enumerate(
        [(before[:, 0], now[:, 0]), (now[:, 0], after[:, 0]), (before[:, 0], after[:, 0]),
         (before[:, 1], now[:, 1]), (now[:, 1], after[:, 1])]
    ):  # fmt: skip
        columns.append(((one * _MIX + other + _SALTS[salt]) * _MIX)[:, None])
    hashed = (np.hstack(columns) * _MIX) >> np.uint64(64 - BITS)
    indices = hashed.astype(np.int32)
    width = indices.shape[1]
    pointers = np.arange(n + 1, dtype=np.int64) * width
    ones = np.ones(n * width, dtype=np.float32)
    return sparse.csr_matrix((ones, indices.ravel(), pointers), shape=(n, 1 << BITS))


NEAR = 4
"""Of the features of a word, how many its neighbours are known by too."""


def _of_word(word: str) -> list[int]:
    """Return hashes: the word, its shape, ends and beginnings, the shape in full."""
    low = word.lower()
    shape = "".join(
        "X" if c.isupper() else "x" if c.isalpha() else "0" if c.isdigit() else c for c in word
    )
    told = [
        "w" + low,
        "s" + _RUNS.sub(r"\1", shape),
        "e3" + low[-3:],
        "b3" + low[:3],
        "W" + word,
        "S" + shape,
        *("e" + low[-n:] for n in (1, 2, 4, 5)),
        *("b" + low[:n] for n in (1, 2, 4, 5)),
        "n" + str(min(len(word), 12)),
        "",
    ]
    return [zlib.crc32(one.encode()) << 20 | len(one) for one in told]
