"""Events that fire together more than their class explains: copies of one idea, paid for once."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.events import Events
from labeling.consensus.patterns import Patterns

MIN_EXCESS = 0.6
"""Share of the possible excess (0..1) above which two events count as saying the same."""

MIN_DEVIATIONS = 4.0
"""Standard deviations above the expectation that the excess must also reach."""

ALWAYS = 0.9
"""A voter that speaks on more than this share of the items is no rule; it is left alone."""

MAX_PAIRS = 100_000_000
"""Pairs of votes on one item that are looked at before the patterns are thinned."""


def redundancy(
    patterns: Patterns, events: Events, posterior: NDArray[np.float64]
) -> sparse.csr_array:
    r"""Measure how far each pair of events is one event.

    .. math::
        R_{ef} = \frac{c_{ef} - \sum_k n_{ek} n_{fk} / N_k}{\min(n_e, n_f) - \sum_k n_{ek} n_{fk} / N_k}

    with :math:`c_{ef}` the items on which both fired and :math:`n_{ek}` the expected firings of
    ``e`` within class ``k``. Kept above :data:`MIN_EXCESS` and :data:`MIN_DEVIATIONS`, 0 elsewhere.

    Parameters
    ----------
    patterns : Patterns
        Distinct patterns with counts.
    events : Events
        Their numbering.
    posterior : float array of shape (n_patterns, n_classes)
        Current belief about the class of each pattern.

    Returns
    -------
    sparse array of shape (n_events, n_events)
        Symmetric, values in (MIN_EXCESS, 1], empty diagonal.
    """
    empty = sparse.csr_array((events.n_events, events.n_events))
    pairs = float(np.sum(patterns.n_votes.astype(np.float64) ** 2))
    rows = np.arange(patterns.n_patterns)
    if pairs > MAX_PAIRS:
        step = int(np.ceil(pairs / MAX_PAIRS))
        rows = rows[::step]  # keys are hashes in rising order, so this is a fair draw
    fired, count, belief = patterns.fired[rows], patterns.count[rows], posterior[rows]
    total = float(count.sum())
    n_event = np.asarray(fired.T @ count)
    by_voter = np.bincount(events.voter, weights=n_event, minlength=events.n_voters)
    usable = (n_event > 0) & (by_voter[events.voter] < ALWAYS * total)
    if usable.sum() < 2:
        return empty
    where = np.flatnonzero(usable)
    x = sparse.csr_array(fired[:, where])
    weighted = sparse.csr_array(x.multiply(count[:, None]))
    together = sparse.coo_array(sparse.triu(x.T @ weighted, k=1))
    e, f, both = together.row, together.col, together.data
    mass = np.maximum((count[:, None] * belief).sum(axis=0), 1e-12)
    by_class = np.asarray(x.T @ (count[:, None] * belief))
    expected = np.zeros(len(both))
    for k in range(belief.shape[1]):
        expected += by_class[e, k] * by_class[f, k] / mass[k]
    smaller = np.minimum(n_event[where][e], n_event[where][f])
    excess = (both - expected) / np.maximum(smaller - expected, 1e-12)
    strong = (
        (excess > MIN_EXCESS)
        & (both - expected > MIN_DEVIATIONS * np.sqrt(np.maximum(expected, 1.0)))
        & (events.voter[where[e]] != events.voter[where[f]])
    )
    value = np.minimum(excess[strong], 1.0)
    row, column = where[e[strong]], where[f[strong]]
    upper = sparse.coo_array((value, (row, column)), shape=empty.shape)
    return sparse.csr_array(upper + upper.T)


def event_weights(fired: sparse.csr_array, redundant: sparse.csr_array) -> sparse.csr_array:
    """Share one vote among events that are one: ``1 / (1 + sum of R over the pattern)``.

    Returns
    -------
    sparse array of shape (n_patterns, n_events)
        ``fired`` with a weight in (0, 1] in place of each 1.
    """
    weighted = fired.copy()
    if redundant.nnz:
        echo = sparse.csr_array((fired @ redundant).multiply(fired) + fired)
        echo.sort_indices()
        weighted.data = 1.0 / echo.data
    return weighted
