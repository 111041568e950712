"""What to believe of a class on which nobody voted, while somebody voted on others of the item."""

import numpy as np
from numpy.typing import NDArray

from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.votes import Votes

CAUGHT = 0.75
"""Share of the items of a class that voters are taken to find, where neither gold nor a known share of
the class says it."""

STRENGTH = 20.0
"""Reviews that this guess is worth beside gold."""

MOST = 0.45
"""What is believed of silence at most without gold: nobody said that the class applies."""


def with_silence(
    posterior: NDArray[np.float64],
    votes: Votes,
    units: Units,
    gold: Gold | None = None,
    class_balance: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return posteriors in which silence about a class counts as a hint that it does not apply.

    Rules speak for a class or against it and never of all classes; an item that they spoke of is
    believed not to have the classes that nobody named, as far as is known.

    Parameters
    ----------
    posterior : float array of shape (n_units, 2)
        Of no and yes.
    votes : Votes
    units : Units
        Each item has each class once.
    gold : Gold, optional
        Of units; its silent units tell how often silence is wrong, each weighed by one over its
        probability.
    class_balance : float array of shape (n_classes,), optional
        Known shares of the classes.

    Returns
    -------
    float array of shape (n_units, 2)
        Units with a vote, and items without any, are as they were.

    Notes
    -----
    Of a class that voters find on ``n`` items with a share ``r`` of all, ``n (1 - r) / r`` are left among
    the silent ones; gold is added as to a Beta prior.

    Examples
    --------
    >>> votes = Votes.from_matrix([[1], [-1], [1], [-1], [-1], [-1]], n_classes=2)
    >>> sure = np.array([[0.1, 0.9], [0.5, 0.5], [0.1, 0.9], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]])
    >>> with_silence(sure, votes, Units.each(3, questions=2))[:, 1].round(2).tolist()
    [0.9, 0.17, 0.9, 0.17, 0.5, 0.5]
    """
    n_classes = len(units.question) // max(units.n_items, 1)
    voted = np.bincount(votes.item, minlength=votes.n_items) > 0
    spoken = (np.bincount(units.item[voted], minlength=units.n_items) > 0)[units.item]
    silent = spoken & ~voted
    found = np.bincount(units.question[voted], posterior[voted, 1], n_classes)
    n_silent = np.bincount(units.question[silent], minlength=n_classes).astype(float)
    if class_balance is None:
        missed = found * (1 - CAUGHT) / CAUGHT
    else:
        n_spoken = np.bincount(units.question[spoken], minlength=n_classes)
        missed = np.maximum(class_balance * n_spoken - found, 0)
    share = np.minimum((missed + 0.5) / (n_silent + 1), MOST)
    if gold is not None:
        share = _with_gold(share, gold, units, silent)
    filled = posterior.copy()
    filled[silent, 1] = share[units.question[silent]]
    filled[silent, 0] = 1 - filled[silent, 1]
    return filled


def _with_gold(
    share: NDArray[np.float64], gold: Gold, units: Units, silent: NDArray[np.bool_]
) -> NDArray[np.float64]:
    here = silent[gold.item]
    question, yes = units.question[gold.item[here]], gold.label[here].astype(float)
    weight = np.ones(len(yes)) if gold.probability is None else 1 / gold.probability[here]
    n_classes = len(share)
    total = np.bincount(question, weight, n_classes)
    square = np.bincount(question, weight**2, n_classes)
    reviews = np.divide(total**2, square, out=np.zeros(n_classes), where=square > 0)
    found = np.bincount(question, weight * yes, n_classes)
    rate = np.divide(found, total, out=np.zeros(n_classes), where=total > 0)
    return (STRENGTH * share + reviews * rate) / (STRENGTH + reviews)
