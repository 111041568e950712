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


@dataclass(frozen=True, slots=True, eq=False)
class AuditDesign:
    """Which stratum an item is in and how eagerly it is drawn; fixed before the draw.

    Parameters
    ----------
    stratum : int array of shape (n_items,)
        Stratum of each item, ``0 .. n_strata - 1``.
    weight : float array of shape (n_items,)
        Positive draw weight, the same all over a stratum.
    """

    stratum: NDArray[np.int64]
    weight: NDArray[np.float64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Items in each stratum, shape (n_strata,)."""
        return np.bincount(self.stratum)


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
        return AuditDesign(np.empty(0, np.int64), np.empty(0))
    stratum = stratify(g, n)
    planned = np.maximum(neyman_counts(g, stratum, min(max(n, 1), len(g))), 1)
    return AuditDesign(stratum, (planned / np.bincount(stratum))[stratum])


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
    The ``n`` largest of ``log weight + Gumbel noise``, in that order, are a sequential weighted
    draw without replacement (Kool et al. 2019, arXiv 1903.06059; Efraimidis & Spirakis 2006).

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
            AuditDesign(np.zeros(len(ids), np.int64), np.ones(len(ids)))
            if uncertainty is None
            else design_audit(uncertainty, n)
        )
    if len(design.weight) != len(ids):
        raise SamplingError(f"{len(ids)} items, but {len(design.weight)} uncertainties or weights")
    noise = np.empty(len(ids))
    noise[order] = np.random.default_rng(seed).gumbel(size=len(ids))
    with np.errstate(divide="ignore"):
        key = np.log(design.weight) + noise
    item = np.argsort(-key, kind="stable")[:n].astype(np.int64)
    stratum = design.stratum[item]
    taken = np.bincount(stratum, minlength=len(design.sizes))
    return AuditSample(
        item,
        next_draw_probability(design.weight, item),
        (taken / np.maximum(design.sizes, 1))[stratum],
        stratum,
        seed,
        design,
    )


def next_draw_probability(
    weight: NDArray[np.float64], drawn: NDArray[np.int64], member: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Probability of each draw given the draws before it, among all items or some of them.

    Restricted to ``member`` items (those of one class, those one voter voted on) the draws are a
    weighted draw of that subset, so the same formula holds with the subset's weights.

    Parameters
    ----------
    weight : float array of shape (n_items,)
        Draw weights of all items.
    drawn : int array of shape (n_drawn,)
        Items in draw order; all of them members if ``member`` is given.
    member : bool array of shape (n_items,), optional
        The subset.

    Examples
    --------
    >>> next_draw_probability(np.ones(4), np.array([3, 1])).round(3).tolist()
    [0.25, 0.333]
    """
    total = float(weight.sum() if member is None else weight[member].sum())
    w = weight[drawn]
    remaining = total - np.concatenate([[0.0], np.cumsum(w)[:-1]])
    return np.clip(w / np.maximum(remaining, w), 0.0, 1.0)
