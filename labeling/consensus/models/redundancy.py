"""Events that come together more than their class explains: copies of one idea, paid for once."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import Patterns
from labeling.consensus.models.panel import ALWAYS

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
    # both - expected > 4 sqrt(max(expected, 1)) needs both > 4: most pairs go here
    enough = (voter[together.row] != voter[together.col]) & (together.data > MIN_DEVIATIONS)
    e, f = together.row[enough].astype(np.int64), together.col[enough].astype(np.int64)
    both = together.data[enough]
    spoke = sparse.csr_array(x @ _seats(voter, len(asked)))
    met = sparse.csr_array(x.T @ sparse.csr_array(spoke.multiply(count[:, None])))
    n_event = np.asarray(x.T @ count)
    on_shared = np.minimum(
        np.where(asked[voter[f]], _at(met, e, voter[f]), n_event[e]),
        np.where(asked[voter[e]], _at(met, f, voter[e]), n_event[f]),
    )
    near = both > MIN_EXCESS * on_shared
    e, f, both = e[near], f[near], both[near]
    expected, smaller = _expectation(x, spoke, voter, mass, asked, e, f)
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
    spoke: sparse.csr_array,
    voter: NDArray[np.int64],
    mass: NDArray[np.float64],
    asked: NDArray[np.bool_],
    e: NDArray[np.int64],
    f: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the expected number of joint firings of each pair, and the rarer event's number."""
    fired_k = np.asarray(x.T @ mass)
    asked_k = np.where(asked[:, None], np.asarray(spoke.T @ mass), mass.sum(axis=0))
    rate = fired_k / np.maximum(asked_k[voter], 1e-12)
    je, jf = voter[e], voter[f]
    shared = np.minimum(asked_k[je], asked_k[jf])
    meet = np.flatnonzero(asked[je] & asked[jf])
    shared[meet] = _shared_mass(spoke, mass, je[meet], jf[meet])
    expected = (shared * rate[e] * rate[f]).sum(axis=1)
    return expected, np.minimum((shared * rate[e]).sum(axis=1), (shared * rate[f]).sum(axis=1))


def _shared_mass(
    spoke: sparse.csr_array,
    mass: NDArray[np.float64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the mass of each class on items where both voters spoke, (n_pairs, n_classes)."""
    by_voter = sparse.csr_array(spoke.T)
    shared = np.empty((len(first), mass.shape[1]))
    step = max(1, 10_000_000 // max(mass.shape[0], 1))
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        both = sparse.csr_array(by_voter[first[part]].multiply(by_voter[second[part]]))
        shared[part] = np.asarray(both @ mass)
    return shared


def _seats(voter: NDArray[np.int64], n_voters: int) -> sparse.csr_array:
    """Return which event is whose, shape (n_events, n_voters)."""
    place = (np.arange(len(voter)), voter)
    return sparse.csr_array((np.ones(len(voter)), place), shape=(len(voter), n_voters))


def _at(
    table: sparse.csr_array, row: NDArray[np.int64], column: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return single cells of a sparse table."""
    return np.asarray(table[row, column], dtype=np.float64).ravel() if len(row) else np.empty(0)


def event_weights(fired: sparse.csr_array, redundant: sparse.csr_array) -> sparse.csr_array:
    """Share one vote among events that are one: ``1 / (1 + sum of R over the pattern)``.

    Returns
    -------
    sparse array of shape (n_patterns, n_events)
        ``fired`` with a weight in (0, 1] in place of each 1.
    """
    if not redundant.nnz:
        return fired
    echo = sparse.csr_array((fired @ redundant).multiply(fired) + fired)
    echo.sort_indices()
    return same_places(fired, 1.0 / echo.data)


def same_places(fired: sparse.csr_array, data: NDArray[np.float64]) -> sparse.csr_array:
    """Return a table with other values in the places of ``fired``, whose indices it shares."""
    return sparse.csr_array((data, fired.indices, fired.indptr), shape=fired.shape)
