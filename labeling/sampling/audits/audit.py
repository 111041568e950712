"""The audit sample: items drawn at random, with known probabilities, to measure the labels.

It is drawn with its own recorded seed, apart from the learning queue. Reviews of it are the only
ones that accuracy and alarms are computed from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.errors import SamplingError
from labeling.sampling.audits.design import AuditDesign, design_audit
from labeling.sampling.audits.draws import next_draw_probability


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
