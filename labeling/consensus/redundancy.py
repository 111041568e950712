"""Events that come together more than their class explains: copies of one idea, paid for once."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.events import Events
from labeling.consensus.panel import ALWAYS
from labeling.consensus.patterns import Patterns

MIN_EXCESS = 0.6
"""Share of the possible excess (0..1) above which two events count as saying the same."""

MIN_EXCESS_ALWAYS = 0.95
"""The same for two voters that speak on nearly every item: there only a copy is a copy. Models that
lean to the same class look alike long before they are."""

MIN_DEVIATIONS = 4.0
"""Standard deviations above the expectation that the excess must also reach."""

MAX_PAIRS = 30_000_000
"""Pairs of votes on one item that are looked at; of more patterns a fair part is drawn."""


def redundancy(
    patterns: Patterns,
    events: Events,
    posterior: NDArray[np.float64],
    asked: NDArray[np.bool_],
) -> sparse.csr_array:
    r"""Measure how far each pair of events is one event.

    .. math::
        R_{ef} = \frac{c_{ef} - x_{ef}}{\min(n_e, n_f) - x_{ef}}, \qquad
        x_{ef} = \sum_k M_{ef}(k) \, P(e \mid k) \, P(f \mid k)

    with :math:`c_{ef}` the items that hold both, and :math:`M_{ef}(k)` the expected number of items
    of class ``k`` on which both *could* have come: all of them for two rules, those on which both
    voters spoke for voters that answer when asked (people who were handed the same items speak
    together without thinking alike); :math:`n_e` is counted over the same items. Kept above
    :data:`MIN_EXCESS` and :data:`MIN_DEVIATIONS`, 0 elsewhere.

    Parameters
    ----------
    patterns : Patterns
        Distinct patterns with counts.
    events : Events
        Their numbering.
    posterior : float array of shape (n_patterns, n_classes)
        Current belief about the class of each pattern.
    asked : bool array of shape (n_voters,)
        Voters that answer when asked.

    Returns
    -------
    sparse array of shape (n_events, n_events)
        Symmetric, values in (MIN_EXCESS, 1], empty diagonal.
    """
    empty = sparse.csr_array((events.n_events, events.n_events))
    rows = np.flatnonzero(patterns.covered)
    pairs = float(np.sum(patterns.n_votes.astype(np.float64) ** 2))
    if pairs > MAX_PAIRS:  # keys are hashes in rising order, so every n-th pattern is a fair draw
        rows = rows[:: int(np.ceil(pairs / MAX_PAIRS))]
    fired, mass = patterns.fired[rows], patterns.count[rows, None] * posterior[rows]
    count = patterns.count[rows]
    where = np.flatnonzero(np.asarray(fired.T @ count) > 0)
    if len(where) < 2:
        return empty
    x = sparse.csr_array(fired[:, where])
    voter = events.voter[where]
    together = sparse.coo_array(sparse.triu(x.T @ sparse.csr_array(x.multiply(count[:, None])), 1))
    other = voter[together.row] != voter[together.col]
    e, f, both = together.row[other], together.col[other], together.data[other]
    n_event = np.asarray(x.T @ count)
    worth_a_look = both > MIN_EXCESS * np.minimum(n_event[e], n_event[f])
    worth_a_look |= asked[voter[e]] & asked[voter[f]]
    e, f, both = e[worth_a_look], f[worth_a_look], both[worth_a_look]
    expected, smaller = _expectation(x, voter, mass, asked, e, f)
    excess = (both - expected) / np.maximum(smaller - expected, 1e-12)
    deviation = np.sqrt(np.maximum(expected, 1.0))
    spoken = np.bincount(voter, n_event, len(asked)) >= ALWAYS * count.sum()
    least = np.where(spoken[voter[e]] & spoken[voter[f]], MIN_EXCESS_ALWAYS, MIN_EXCESS)
    strong = (excess > least) & (both - expected > MIN_DEVIATIONS * deviation)
    value = np.minimum(excess[strong], 1.0)
    upper = sparse.coo_array((value, (where[e[strong]], where[f[strong]])), shape=empty.shape)
    return sparse.csr_array(upper + upper.T)


def _expectation(
    x: sparse.csr_array,
    voter: NDArray[np.int64],
    mass: NDArray[np.float64],
    asked: NDArray[np.bool_],
    e: NDArray[np.int32],
    f: NDArray[np.int32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the expected number of joint firings of each pair, and the rarer event's number."""
    n_voters = len(asked)
    seat = sparse.csr_array(
        (np.ones(len(voter)), (np.arange(len(voter)), voter)), shape=(len(voter), n_voters)
    )
    spoke = sparse.csr_array(x @ seat)
    je, jf = voter[e], voter[f]
    ask_e, ask_f = asked[je], asked[jf]
    expected, n_e, n_f = np.zeros(len(e)), np.zeros(len(e)), np.zeros(len(e))
    for k in range(mass.shape[1]):
        weight = mass[:, k]
        fired_k = np.asarray(x.T @ weight)
        asked_k = np.where(asked, np.asarray(spoke.T @ weight), weight.sum())
        rate = fired_k / np.maximum(asked_k[voter], 1e-12)
        shared = np.minimum(asked_k[je], asked_k[jf])
        meet = ask_e & ask_f
        if meet.any():
            joint = sparse.csr_array(spoke.T @ sparse.csr_array(spoke.multiply(weight[:, None])))
            shared[meet] = np.asarray(joint[je[meet], jf[meet]]).ravel()
        expected += shared * rate[e] * rate[f]
        n_e += shared * rate[e]
        n_f += shared * rate[f]
    return expected, np.minimum(n_e, n_f)


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
