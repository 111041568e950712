"""How sure a cheap answer has to be to stand without asking the dear model.

A cascade labels an item with the dear answer where the cheap one is not sure enough, and with the cheap
answer elsewhere. Cascades are tried in one order: first the one that asks everywhere, and then each that
asks about one item less, the surest first. The last one before gold proves too little is taken.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from labeling.cascades.promise import Promise, needed

SILENT = -np.inf
"""Score of an item of which the cheap side says nothing: it is always asked about."""

NOWHERE_FIRST = 0.1
"""Share of the risk spent on asking nobody, which needs no dear answer on gold."""

Asks = Literal["everywhere", "below", "nowhere"]


def walked(promise: Promise) -> Promise:
    """Return the promise with the share of the risk that trying one cascade after the other has."""
    return Promise(promise.target, promise.risk * (1 - NOWHERE_FIRST))


def nothing_proven(n_gold: int, n_items: int, promise: Promise) -> "Threshold":
    """Return what to do where gold cannot prove the promise, whatever the dear side says: ask everywhere."""
    least = needed(n_gold, n_items, walked(promise))
    return Threshold("everywhere", -np.inf, 0.0, False, n_gold, 0, least, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Gold:
    """What is known of items that people labelled; arrays of shape (n_gold,).

    Parameters
    ----------
    score : float array
        How sure the cheap answer is; :data:`SILENT` where there is none. Any number that orders items and
        was not made from their gold.
    tie : float array
        Parts equal scores, by the item alone: a hash of it in [0, 1).
    cheap_right, dear_right : bool array
        Whether the answer is people's. Where the dear side gave none, it stands for the cheap one.
    """

    score: NDArray[np.float64]
    tie: NDArray[np.float64]
    cheap_right: NDArray[np.bool_]
    dear_right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where to ask, and what stands behind it.

    Attributes
    ----------
    asks : str
        Everywhere, nowhere, or below a score; what is silent is asked in any case.
    score, tie : float
        The surest item that is still asked about.
    proven : bool
        Whether gold proves the promise; if not, everything is asked.
    n_gold, right, needed : int
        Gold items, how many of them the cascade labels as people did, and how many it has to.
    dear_right, cheap_right : int
        How many either side alone labels as people did.
    """

    asks: Asks
    score: float
    tie: float
    proven: bool
    n_gold: int
    right: int
    needed: int
    dear_right: int
    cheap_right: int

    def asked(self, score: NDArray[np.float64], tie: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which items to ask about, by their scores and ties, each of shape (n_items,)."""
        silent = np.isneginf(score)
        if self.asks == "everywhere":
            return np.ones(len(score), dtype=np.bool_)
        if self.asks == "nowhere":
            return silent
        return silent | (score < self.score) | ((score == self.score) & (tie <= self.tie))


def cheap_is_enough(
    score: NDArray[np.float64], cheap_right: NDArray[np.bool_], n_items: int, promise: Promise
) -> Threshold | None:
    """Try to do without the dear side, on a small share of the risk; ``None`` if that is not proven.

    It needs nobody's dear answer; where some items are silent on the cheap side, those count as wrong.

    Examples
    --------
    >>> sure, right = np.full(200, 0.8), np.arange(200) >= 4
    >>> cheap_is_enough(sure, right, 2000, Promise(target=0.9, risk=0.1)).asks
    'nowhere'
    """
    n_gold, right = len(score), int((cheap_right & ~np.isneginf(score)).sum())
    least = needed(n_gold, n_items, Promise(promise.target, promise.risk * NOWHERE_FIRST))
    if right < least:
        return None
    return Threshold("nowhere", -np.inf, 0.0, True, n_gold, right, least, 0, right)


def find_threshold(gold: Gold, n_items: int, promise: Promise) -> Threshold:
    """Find where to ask, so that a batch misses the target in at most the promised share of batches.

    Parameters
    ----------
    gold : Gold
        Items that come as those of the batch do: drawn at random from earlier ones, with equal chances.
    n_items : int
        Items of the batch that is to be labelled, at least 1; it must not be among ``gold``.
    promise : Promise
        The target, and how often it may be missed.

    Notes
    -----
    The promise is exact for any scores, any models and any number of gold items, if gold and batch are
    exchangeable. Proof: fix the items of both together. From one cascade of the order to the next, one item
    changes sides, so the number right in gold changes by one at most, and the taken cascade has exactly
    ``needed`` right, unless it is the last. Say it misses the target. If it is not the last, too few are right
    in gold and batch together; so the first cascade of which that is true, which the parting of gold
    from the batch does not change, had ``needed`` right in gold: a chance of at most the risk, by :func:`needed`.
    If it is the last and no cascade has too few, its own chance is bounded in the same way. Only one of the two
    cases can occur, so no correction for many thresholds is due (fixed-sequence testing; Angelopoulos et al.
    2021, "Learn then test", arXiv 2110.01052, have it for the true accuracy, without the batch's luck).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> score, tie = rng.random(400), rng.random(400)
    >>> gold = Gold(score, tie, rng.random(400) < score, rng.random(400) < 0.97)
    >>> found = find_threshold(gold, 1000, Promise(target=0.9, risk=0.1))
    >>> found.asks, found.right == found.needed, round(found.score, 2)
    ('below', True, 0.68)
    """
    n_gold = len(gold.score)
    cheap = gold.cheap_right & ~np.isneginf(gold.score)
    free = cheap_is_enough(gold.score, cheap, n_items, promise)
    dear_right, cheap_right = int(gold.dear_right.sum()), int(cheap.sum())
    if free is not None:
        return Threshold(
            "nowhere", -np.inf, 0.0, True, n_gold, free.right, free.needed, dear_right, cheap_right
        )
    least = needed(n_gold, n_items, walked(promise))
    order = np.lexsort((gold.tie, gold.score))
    gained = gold.dear_right[order].astype(np.int64) - cheap[order]
    right = cheap_right + np.concatenate([[0], np.cumsum(gained)])
    silent = int(np.isneginf(gold.score).sum())
    asked = n_gold
    while asked > silent and right[asked] >= least and right[asked - 1] >= least:
        asked -= 1
    proven = bool(n_gold and right[asked] >= least)
    asks: Asks = "everywhere" if not proven else ("nowhere" if asked == silent else "below")
    surest = order[asked - 1] if asks == "below" else None
    return Threshold(
        asks,
        float(gold.score[surest]) if surest is not None else float("-inf"),
        float(gold.tie[surest]) if surest is not None else 0.0,
        proven,
        n_gold,
        int(right[asked]),
        least,
        dear_right,
        cheap_right,
    )
