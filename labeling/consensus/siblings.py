"""Voters that err together: siblings, each worth a share of one vote."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.events import Events

MOST_CELLS = 4_000
"""Voters times classes above which siblings are not looked for: the table of pairs grows squared."""

MOST_PATTERNS = 6_000
"""Patterns that are looked at."""

FEWEST = 4.0
"""Errors of a voter, in items, on which another spoke too, before the two are compared."""

USUAL = 0.4
"""Quantile of the pairs taken for what voters share because some items are hard for all."""

SLACK = 0.1
"""Shared errors above the usual that are not counted, 0..1."""


def worths(
    fired: sparse.csr_array,
    count: NDArray[np.float64],
    posterior: NDArray[np.float64],
    events: Events,
) -> NDArray[np.float64]:
    r"""Return what each voter is worth beside its siblings, from 0 to 1.

    .. math::
        r_{jl} = \frac{\sum_i (1 - q_{i v_{ij}}) [v_{ij} = v_{il}]}
                      {\sum_i (1 - q_{i v_{ij}}) [l \text{ spoke}]}, \qquad
        w_j = \frac{1}{1 + \sum_l \rho_{jl}}

    :math:`r_{jl}` is how often ``l`` repeats the errors of ``j``, made symmetric by the geometric
    mean; :math:`\rho_{jl}` is what of it lies above the usual, scaled to 0..1. Two good voters agree
    because they are right; siblings agree where they are wrong. The weight is Kish's (1965, *Survey
    Sampling*, section 5.4) effective number for a cluster, ``m / (1 + (m - 1) rho)``, voter by voter.

    Parameters
    ----------
    fired : sparse array of shape (n_patterns, n_events)
        Patterns with a vote.
    count : float array of shape (n_patterns,)
        How many items have each.
    posterior : float array of shape (n_patterns, n_classes)
        Current belief about the class of each.
    events : Events
        Numbering of the events.

    Returns
    -------
    float array of shape (n_voters,)
        1 for a voter that nobody repeats; 1 for all where there is too little to tell.

    Examples
    --------
    >>> from labeling.consensus.patterns import compress
    >>> from labeling.votes import Votes
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 3, 900)
    >>> said = np.where(rng.random((900, 5)) < 0.7, truth[:, None], rng.integers(0, 3, (900, 5)))
    >>> votes = Votes.from_matrix(np.column_stack([said, said[:, 0]]), 3)
    >>> events = Events.of(votes)
    >>> patterns = compress(votes, events)
    >>> belief = np.asarray(patterns.fired @ (events.label[:, None] == np.arange(3))) / 6
    >>> worths(patterns.fired, patterns.count, belief, events).round(1).tolist()
    [0.5, 1.0, 1.0, 1.0, 1.0, 0.5]
    """
    n_voters, width = events.n_voters, events.n_classes * events.n_levels
    alone = np.ones(n_voters)
    if n_voters < 3 or n_voters * width > MOST_CELLS:
        return alone
    step = max(
        1, -(-fired.shape[0] // MOST_PATTERNS)
    )  # patterns stand in the order of their hashes
    x = sparse.csr_array(fired[::step])
    row = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
    doubt = 1 - posterior[::step][row, events.label[x.indices]]
    wrong = sparse.csr_array((count[::step][row] * doubt, x.indices, x.indptr), shape=x.shape)
    errors = sparse.csr_array(wrong.T @ x)
    by_voter = _selected(events, np.ones(events.n_events))
    met = (by_voter.T @ errors @ by_voter).toarray()
    repeated = np.zeros_like(met)
    for k in range(events.n_classes):
        of_class = _selected(events, events.label == k)
        repeated += (of_class.T @ errors @ of_class).toarray()
    compared = (met >= FEWEST) & ~np.eye(n_voters, dtype=np.bool_)
    compared &= compared.T
    if compared.sum() < 6:
        return alone
    overall = repeated[compared].sum() / met[compared].sum()
    share = (repeated + 2 * overall) / (met + 2)
    share = np.sqrt(share * share.T)
    usual = float(np.quantile(share[compared], USUAL))
    alike = np.clip((share - usual - SLACK) / max(1 - usual, 0.1), 0.0, 1.0) * compared
    return 1.0 / (1.0 + alike.sum(axis=1))


def _selected(events: Events, weight: NDArray[np.generic]) -> sparse.csr_array:
    """Return which events are whose, shape (n_events, n_voters), some of them left out."""
    place = (np.arange(events.n_events), events.voter)
    return sparse.csr_array(
        (weight.astype(np.float64), place), shape=(events.n_events, events.n_voters)
    )
