"""The audit sample: items drawn at random, with known probabilities, to measure the labels.

It is drawn with its own recorded seed, apart from the learning queue. Reviews of it are the only
ones that accuracy and alarms are computed from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.errors import SamplingError
from labeling.sampling.strata import neyman_counts, stratify

CERTAIN_SHARE = 0.8
"""Share of a stratum's planned reviews that it gets for certain. 0 leaves strata thin by bad luck
and widens intervals by up to 10 %; 1 makes the last draws predictable and alarms 60 % slower."""


@dataclass(frozen=True, slots=True, eq=False)
class AuditDesign:
    """Which stratum an item is in and how eagerly it is drawn; fixed before the draw.

    Parameters
    ----------
    stratum : int array of shape (n_items,)
        Stratum of each item, ``0 .. n_strata - 1``.
    planned : int array of shape (n_strata,)
        Reviews planned for each stratum, at least 1. An item's draw weight is its stratum's
        ``planned / size``.
    """

    stratum: NDArray[np.int64]
    planned: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Items in each stratum, shape (n_strata,)."""
        return np.bincount(self.stratum, minlength=len(self.planned))

    @property
    def stratum_weight(self) -> NDArray[np.float64]:
        """Draw weight of the items of each stratum, shape (n_strata,)."""
        return self.planned / np.maximum(self.sizes, 1)

    @property
    def least(self) -> NDArray[np.int64]:
        """Reviews each stratum gets for certain, shape (n_strata,)."""
        return np.floor(CERTAIN_SHARE * self.planned).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class AuditSample:
    """Items to review, in the order they were drawn.

    Parameters
    ----------
    item : int array of shape (n_drawn,)
        Index of the item in the list drawn from, in DRAW order.
    draw_probability : float array of shape (n_drawn,)
        Probability that this item came next, given those before it; the alarm weighs with it.
    probability : float array of shape (n_drawn,)
        Inclusion probability of the item: within its stratum every item had the same chance.
    stratum : int array of shape (n_drawn,)
        Stratum of the item.
    seed : int
        What reproduces the draw.
    design : AuditDesign
        Strata and weights of all items.
    """

    item: NDArray[np.int64]
    draw_probability: NDArray[np.float64]
    probability: NDArray[np.float64]
    stratum: NDArray[np.int64]
    seed: int
    design: AuditDesign

    @property
    def n_drawn(self) -> int:
        """Number of items to review."""
        return len(self.item)


def design_audit(uncertainty: ArrayLike, n: int) -> AuditDesign:
    """Plan an audit: strata by predicted error, weights by Neyman's rule with a uniform floor.

    Parameters
    ----------
    uncertainty : float array of shape (n_items,)
        Predicted probability (0..1) that the label of an item is wrong, ``1 - max posterior`` of
        the frozen label model.
    n : int
        Reviews that are planned; drawing more or fewer with this design stays valid.

    Raises
    ------
    SamplingError
        If an uncertainty is no number in 0..1.

    Examples
    --------
    >>> design = design_audit([0.01] * 80 + [0.5] * 20, 20)
    >>> design.sizes.tolist()
    [80, 20]
    """
    g = np.asarray(uncertainty, dtype=np.float64)
    wrong = ~((g >= 0) & (g <= 1))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise SamplingError(
            f"item {at} has uncertainty {g[at]}, but the probability of a wrong label lies in "
            f"0..1; {int(wrong.sum())} such items in all"
        )
    if not len(g):
        return AuditDesign(np.empty(0, np.int64), np.empty(0, np.int64))
    stratum = stratify(g, n)
    counts = neyman_counts(g, stratum, min(max(n, 1), len(g)))
    return AuditDesign(stratum, np.maximum(counts, 1))


def draw_audit(
    item_ids: Sequence[str] | NDArray[np.str_],
    n: int,
    seed: int,
    uncertainty: ArrayLike | None = None,
    design: AuditDesign | None = None,
) -> AuditSample:
    """Draw ``n`` items one after another, without replacement.

    The draw depends on the ids and the seed, not on the order of the list. Asking for more with
    the same seed and design continues the same sample.

    Parameters
    ----------
    item_ids : strings of shape (n_items,)
        Each once.
    n : int
        Reviews wanted, at least 0; all items if there are fewer.
    seed : int
        Recorded seed of this batch's audit.
    uncertainty : float array of shape (n_items,), optional
        Predicted error of each item's label (0..1). Without it the sample is uniform.
    design : AuditDesign, optional
        A design made before; takes the place of ``uncertainty``.

    Raises
    ------
    SamplingError
        If ``n`` is negative, an id stands twice, or lengths differ.

    Notes
    -----
    Each draw picks a stratum with probability proportional to weight times items left, then one
    of those items evenly: a sequential weighted draw without replacement (the same law as the
    largest ``log weight + Gumbel noise``, Kool et al. 2019, arXiv 1903.06059). Once only enough
    draws are left to give every stratum :attr:`AuditDesign.least`, only the strata that lack
    reviews are drawn from, with the probabilities that then hold.

    Examples
    --------
    >>> sample = draw_audit(["a", "b", "c", "d"], 2, seed=1)
    >>> sample.draw_probability.round(3).tolist(), sample.probability.tolist()
    ([0.25, 0.333], [0.5, 0.5])
    """
    ids = np.asarray(item_ids, dtype=np.str_)
    if n < 0:
        raise SamplingError(f"an audit of {n} reviews was asked for; at least 0 is needed")
    order = np.argsort(ids, kind="stable")
    twice = ids[order][1:] == ids[order][:-1]
    if twice.any():
        raise SamplingError(
            f"item {str(ids[order][1:][twice][0])!r} stands more than once among the items to "
            f"draw from; {int(twice.sum())} such rows in all"
        )
    if design is None:
        design = (
            AuditDesign(np.zeros(len(ids), np.int64), np.full(min(len(ids), 1), max(n, 1)))
            if uncertainty is None
            else design_audit(uncertainty, n)
        )
    if len(design.stratum) != len(ids):
        raise SamplingError(f"{len(ids)} items, but {len(design.stratum)} uncertainties or strata")
    rng = np.random.default_rng(seed)
    shuffled = order[rng.permutation(len(ids))]
    drawn = _draw_strata(design, min(n, len(ids)), rng)
    item = np.empty(len(drawn), dtype=np.int64)
    for h in range(len(design.planned)):
        at = np.flatnonzero(drawn == h)
        item[at] = shuffled[design.stratum[shuffled] == h][: len(at)]
    taken = np.bincount(drawn, minlength=len(design.planned))
    return AuditSample(
        item,
        next_draw_probability(design, item),
        (taken / np.maximum(design.sizes, 1))[drawn],
        drawn,
        seed,
        design,
    )


def continue_audit(sample: AuditSample, also: Sequence[int] | NDArray[np.int64]) -> AuditSample:
    """Add items that somebody else drew evenly at random from the same items.

    Given how many they are, two samples that know nothing of each other are together an even
    sample, and its later draws are as random as its first. A sample with strata stays as it is:
    an even draw is none of its own.

    Parameters
    ----------
    sample : AuditSample
        Drawn evenly.
    also : int array
        Indices of the other sample's items; those in both count once.

    Examples
    --------
    >>> both = continue_audit(draw_audit(["a", "b", "c", "d"], 1, seed=1), range(4))
    >>> both.n_drawn, both.probability.tolist(), both.draw_probability.round(2).tolist()
    (4, [1.0, 1.0, 1.0, 1.0], [0.25, 0.33, 0.5, 1.0])
    """
    new = np.setdiff1d(np.asarray(also, dtype=np.int64), sample.item)
    if len(sample.design.planned) != 1 or not len(new):
        return sample
    item = np.concatenate([sample.item, np.random.default_rng(sample.seed).permutation(new)])
    return AuditSample(
        item,
        next_draw_probability(sample.design, item),
        np.full(len(item), len(item) / len(sample.design.stratum)),
        np.zeros(len(item), dtype=np.int64),
        sample.seed,
        sample.design,
    )


def _draw_strata(design: AuditDesign, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the stratum of each of ``n`` draws, shape (n,)."""
    left, weight = design.sizes.astype(np.float64), design.stratum_weight
    missing, until = design.least.copy(), int(design.planned.sum())
    drawn = np.empty(n, dtype=np.int64)
    chance = rng.random(n)
    for i in range(n):
        mass = weight * left
        if missing.sum() >= until - i > 0:
            mass = mass * (missing > 0)
        share = np.cumsum(mass)
        h = int((share <= chance[i] * share[-1]).sum())
        drawn[i] = h
        left[h] -= 1
        missing[h] = max(missing[h] - 1, 0)
    return drawn


def next_draw_probability(
    design: AuditDesign, drawn: NDArray[np.int64], member: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Probability of each draw given the draws before it, among all items or some of them.

    Restricted to ``member`` items (those of one class, those one voter voted on) the draws that
    fall on members are a weighted draw of that subset, with these probabilities.

    Parameters
    ----------
    design : AuditDesign
        Strata and planned reviews.
    drawn : int array of shape (n_drawn,)
        All items in draw order.
    member : bool array of shape (n_items,), optional
        The subset; draws outside it are left out of the answer.

    Returns
    -------
    float array of shape (n_drawn,) or (n_members_drawn,)
        In draw order.

    Examples
    --------
    >>> design = AuditDesign(np.zeros(4, np.int64), np.array([2]))
    >>> next_draw_probability(design, np.array([3, 1])).round(3).tolist()
    [0.25, 0.333]
    """
    strata = len(design.planned)
    inside = np.ones(len(design.stratum), bool) if member is None else member
    stratum = design.stratum[drawn]
    hit = np.eye(strata)[stratum]
    before = np.cumsum(hit, axis=0) - hit
    missing = np.maximum(design.least - before, 0)
    open_ = _open_strata(design, missing)
    ours = hit * inside[drawn][:, None]
    left = np.bincount(design.stratum[inside], minlength=strata) - (np.cumsum(ours, axis=0) - ours)
    weight = design.stratum_weight
    total = (weight * left * open_).sum(1)
    keep = inside[drawn]
    return np.clip(weight[stratum][keep] / total[keep], 0.0, 1.0)


def open_draws(design: AuditDesign, drawn: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which draws every item that was left could have been, bool array of shape (n_drawn,).

    Towards the end only strata that lack reviews are drawn from (:func:`draw_audit`).

    Examples
    --------
    >>> design = AuditDesign(np.array([0, 0, 0, 1, 1]), np.array([2, 2]))
    >>> open_draws(design, np.array([0, 1, 2, 4])).tolist()
    [True, True, True, False]
    """
    hit = np.eye(len(design.planned))[design.stratum[drawn]]
    missing = np.maximum(design.least - (np.cumsum(hit, axis=0) - hit), 0)
    return np.all(_open_strata(design, missing), axis=1)


def _open_strata(design: AuditDesign, missing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which strata each draw may fall on; ``missing`` are reviews still due, a row a draw."""
    until = int(design.planned.sum()) - np.arange(len(missing))
    forced: NDArray[np.bool_] = (missing.sum(axis=1) >= until) & (until > 0)
    return np.asarray(~forced[:, None] | (missing > 0), dtype=np.bool_)
