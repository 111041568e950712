"""Voters that err together: siblings, each worth a share of one vote."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events

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


def worths(alike: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each voter is worth beside its siblings, 0..1: ``1 / (1 + sum_l rho_jl)``.

    Kish's (1965, *Survey Sampling*, section 5.4) effective number for a cluster,
    ``m / (1 + (m - 1) rho)``, voter by voter: 1 for one that nobody repeats.

    Parameters
    ----------
    alike : float array of shape (n_voters, n_voters)
        See :func:`shared_errors`.

    Examples
    --------
    >>> worths(np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])).tolist()
    [0.5, 0.5, 1.0]
    """
    return 1.0 / (1.0 + alike.sum(axis=1))


def shared_errors(
    fired: sparse.csr_array,
    count: NDArray[np.float64],
    posterior: NDArray[np.float64],
    events: Events,
) -> NDArray[np.float64]:
    r"""Return how far each two voters repeat each other's errors.

    .. math::
        r_{jl} = \frac{\sum_i (1 - q_{i v_{ij}}) [v_{ij} = v_{il}]}
                      {\sum_i (1 - q_{i v_{ij}}) [l \text{ spoke}]}

    is how often ``l`` repeats the errors of ``j``, made symmetric by the geometric mean; what of it
    lies above the usual is scaled to 0..1. Two good voters agree because they are right; siblings
    agree where they are wrong.

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
    float array of shape (n_voters, n_voters)
        0 (as much as any two) to 1 (every error); 0 throughout where there is too little to tell.

    Examples
    --------
    >>> from labeling.consensus.counts.patterns import compress
    >>> from labeling.votes import Votes
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 3, 900)
    >>> said = np.where(rng.random((900, 5)) < 0.7, truth[:, None], rng.integers(0, 3, (900, 5)))
    >>> votes = Votes.from_matrix(np.column_stack([said, said[:, 0]]), 3)
    >>> events = Events.of(votes)
    >>> patterns, _ = compress(votes, events)
    >>> belief = np.asarray(patterns.fired @ (events.label[:, None] == np.arange(3))) / 6
    >>> shared_errors(patterns.fired, patterns.count, belief, events)[0].round(1).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.8]
    """
    n_voters, width = events.n_voters, events.n_classes * events.n_levels
    none = np.zeros((n_voters, n_voters))
    if n_voters < 3 or n_voters * width > MOST_CELLS:
        return none
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
        return none
    overall = repeated[compared].sum() / met[compared].sum()
    share = (repeated + 2 * overall) / (met + 2)
    share = np.sqrt(share * share.T)
    usual = float(np.quantile(share[compared], USUAL))
    return np.clip((share - usual - SLACK) / max(1 - usual, 0.1), 0.0, 1.0) * compared


def _selected(events: Events, weight: NDArray[np.generic]) -> sparse.csr_array:
    """Return which events are whose, shape (n_events, n_voters), some of them left out."""
    place = (np.arange(events.n_events), events.voter)
    return sparse.csr_array(
        (weight.astype(np.float64), place), shape=(events.n_events, events.n_voters)
    )
