"""Near-duplicates: the same thing twice, up to case, spacing, digits and a few letters.

A reviewer who is shown a near-duplicate teaches nothing, so a queue shows one of each.
"""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
import unicodedata
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

THRESHOLD = 0.55
"""Share of common four-letter pieces (Jaccard, 0..1) from which two texts are near-duplicates."""

PIECE = 4
"""Letters of a piece. With three, long texts of one language already share a third of theirs."""

N_HASHES = 128
BAND = 4
"""MinHash signature and band: pairs at similarity .6 are compared with probability .99."""

SLACK = 0.13
"""Three standard deviations of a similarity read off a signature; below that nobody looks."""

MAX_BUCKET = 50
"""Texts of one hash bucket that are compared with each other; in larger ones, with the next few."""

MAX_CHARS = 2_000
"""Letters of a text that are compared, from its start."""

_PRIME = np.uint64((1 << 31) - 1)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_NOT_WORD = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")
_ZEROS = re.compile("00+")
_ASCII = {
    at: "0" if chr(at).isdigit() else chr(at).lower() if chr(at).isalpha() else " "
    for at in range(128)
}
"""What :func:`plain` makes of each sign of ASCII, in a tenth of the time."""


def plain(text: str) -> str:
    """Fold case, width, digits, punctuation and space, so that equal texts read the same.

    Examples
    --------
    >>> plain("WIN  £100 now!!") == plain("win £250 now")
    True
    """
    if text.isascii():
        words = " ".join(text[:MAX_CHARS].translate(_ASCII).split())
        return _ZEROS.sub("0", words) or " ".join(text[:MAX_CHARS].split())
    folded = unicodedata.normalize("NFKC", text[:MAX_CHARS]).casefold()
    words = _NOT_WORD.sub(" ", _DIGITS.sub("0", folded)).strip()
    return words or " ".join(folded.split())


def near_duplicates(texts: Sequence[str], threshold: float = THRESHOLD) -> sparse.csr_matrix:
    """Find the pairs of texts that are near-duplicates.

    Parameters
    ----------
    texts : sequence of str
        n of them. Empty ones are duplicates of each other.
    threshold : float
        Jaccard similarity of their four-letter pieces, in (0, 1].

    Returns
    -------
    csr_matrix of bool, shape (n, n)
        Symmetric, nothing on the diagonal.

    Notes
    -----
    Candidates come from MinHash with banding (Broder 1997; Leskovec, Rajaraman & Ullman,
    "Mining of Massive Datasets", ch. 3) and are then compared exactly: never a false pair, and
    at the threshold one pair in twenty is missed. Linear in the number of texts.

    Examples
    --------
    >>> near_duplicates(["Check out my channel", "check out my chanel!", "great song"]).nnz
    2
    """
    if not len(texts):
        return sparse.csr_matrix(np.empty((0, 0), dtype=bool))
    read = [plain(text) for text in texts]
    unique, twin = np.unique(np.asarray(read, dtype=object), return_inverse=True)
    pieces = [_pieces(text) for text in unique]
    left, right = _candidates(pieces, threshold - SLACK)
    alike = np.fromiter(
        (
            _jaccard(pieces[a], pieces[b]) >= threshold
            for a, b in zip(left.tolist(), right.tolist(), strict=True)
        ),
        dtype=bool,
        count=len(left),
    )
    n = len(unique)
    near = sparse.coo_matrix((alike[alike], (left[alike], right[alike])), shape=(n, n)).tocsr()
    near = near + near.T + sparse.identity(n, dtype=bool, format="csr")
    member = sparse.csr_matrix(
        (np.ones(len(twin), dtype=bool), (np.arange(len(twin)), twin)), shape=(len(twin), n)
    )
    pairs = sparse.coo_matrix(member @ near @ member.T)
    off = pairs.row != pairs.col
    return sparse.csr_matrix(
        (np.ones(int(off.sum()), dtype=bool), (pairs.row[off], pairs.col[off])), shape=pairs.shape
    )


def same_words(texts: Sequence[str]) -> NDArray[np.int64]:
    """Assign a number to the groups of texts of the same words, in any order; shape (n,).

    Coarser than :func:`groups` of :func:`near_duplicates`, and a hundred times as fast: what folds
    of very many texts keep together.

    Examples
    --------
    >>> same_words(["Call 07123 NOW", "now call 555!", "see you"]).tolist()
    [0, 0, 1]
    """
    keys = [" ".join(sorted(set(plain(text).split()))) for text in texts]
    number: dict[str, int] = {}
    return np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.int64)


def groups(pairs: sparse.csr_matrix) -> NDArray[np.int64]:
    """Assign a number to the groups of items that near-duplicate pairs connect; shape (n,).

    Folds that keep a group together leak nothing from one twin to the other.
    """
    return np.asarray(connected_components(pairs, directed=False)[1], dtype=np.int64)


def collapse(
    ranked: NDArray[np.int64], pairs: sparse.csr_matrix, seen: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Keep, in order, the items that are near-duplicates of nothing kept or seen before.

    Examples
    --------
    >>> twins = sparse.csr_matrix(([True, True], ([0, 1], [1, 0])), shape=(3, 3))
    >>> collapse(np.array([1, 0, 2]), twins).tolist()
    [1, 2]
    """
    blocked = np.zeros(pairs.shape[0], dtype=bool)
    if seen is not None and len(seen):
        blocked[seen] = True
        blocked[pairs[seen].indices] = True
    kept: list[int] = []
    for item in ranked.tolist():
        if not blocked[item]:
            kept.append(item)
            blocked[item] = True
            blocked[pairs.indices[pairs.indptr[item] : pairs.indptr[item + 1]]] = True
    return np.asarray(kept, dtype=np.int64)


def _pieces(text: str) -> frozenset[int]:
    padded = f" {text} ".encode()
    last = max(len(padded) - PIECE + 1, 1)
    return frozenset(zlib.crc32(padded[i : i + PIECE]) for i in range(last))


def _jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    common = len(a & b)
    return common / (len(a) + len(b) - common)


def _candidates(
    pieces: list[frozenset[int]], least: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    sizes = np.fromiter((len(p) for p in pieces), dtype=np.int64, count=len(pieces))
    flat = np.fromiter((x for p in pieces for x in p), dtype=np.uint64, count=int(sizes.sum()))
    flat %= _PRIME
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    rng = np.random.default_rng(0)
    factor = rng.integers(1, int(_PRIME), size=N_HASHES, dtype=np.uint64)
    shift = rng.integers(0, int(_PRIME), size=N_HASHES, dtype=np.uint64)
    signature = np.empty((len(pieces), N_HASHES), dtype=np.uint32)
    for h in range(N_HASHES):
        signature[:, h] = np.minimum.reduceat((flat * factor[h] + shift[h]) % _PRIME, starts)
    found = [np.empty(0, dtype=np.int64)]
    for first in range(0, N_HASHES, BAND):
        key = np.zeros(len(pieces), dtype=np.uint64)
        for h in range(first, first + BAND):
            key = key * _MIX + signature[:, h]
        order = np.argsort(key, kind="stable")
        ranked = key[order]
        for step in range(1, MAX_BUCKET):
            same = ranked[step:] == ranked[:-step]
            if not same.any():
                break
            a, b = order[:-step][same], order[step:][same]
            likely = (signature[a] == signature[b]).mean(axis=1) >= least
            a, b = a[likely], b[likely]
            found.append(np.minimum(a, b) * len(pieces) + np.maximum(a, b))
    pair = np.unique(np.concatenate(found))
    return pair // len(pieces), pair % len(pieces)
