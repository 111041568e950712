"""What kind of voters sit on a panel, and how lopsided the classes are that they see."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.linear import own_class
from labeling.consensus.counts.patterns import Patterns

ONE_CLASS = 0.95
"""A voter with at least this share of its votes on one class speaks *because* of the class."""

SELECTIVE_PANEL = 0.5
"""Share of the part-time voters' votes from one-class voters above which all of them are rules."""

ALWAYS = 0.9
"""A voter that speaks on at least this share of the items is silent by accident only."""

LOPSIDED = 0.5
"""Where between equal shares (0) and one class only (1) the trusted votes for the commonest class
must lie before a rule panel's prior leans towards it; 0.75 of the votes if there are 2 classes."""


def answers_when_asked(patterns: Patterns, events: Events) -> NDArray[np.bool_]:
    """Tell voters whose silence says nothing (people, models) from rules, whose silence does.

    A voter that nearly always speaks answers whenever it is asked. The others are rules, all of
    them, if those among them that speak for a single class, as most rules and few people do, cast
    more than :data:`SELECTIVE_PANEL` of their votes.

    Returns
    -------
    bool array of shape (n_voters,)
    """
    cast = np.asarray(patterns.fired.T @ patterns.count)
    by_class = cast.reshape(events.n_voters, events.n_classes, events.n_levels).sum(axis=2)
    by_voter = by_class.sum(axis=1)
    covered = float(patterns.count[patterns.covered].sum())
    always = by_voter >= ALWAYS * max(covered, 1.0)
    one_class = (by_class.max(axis=1) >= ONE_CLASS * by_voter) & ~always
    share = by_voter[one_class].sum() / max(by_voter[~always].sum(), 1.0)
    return always | bool(share <= SELECTIVE_PANEL)


def trusted_balance(
    patterns: Patterns, shared: sparse.csr_array, events: Events
) -> NDArray[np.float64]:
    """Return the shares of the classes among votes, each worth the rate at which others agree.

    A vote's worth is the share of the other votes on the same items that say the same, so that a
    rule which fires everywhere and is contradicted everywhere does not count as prevalence.

    Parameters
    ----------
    patterns, events : Patterns, Events
        What was said.
    shared : sparse array of shape (n_patterns, n_events)
        Weights of the events, see :func:`~labeling.consensus.models.redundancy.event_weights`.

    Returns
    -------
    float array of shape (n_classes,)
        Sums to 1; uniform where no two voters ever agreed.
    """
    n_classes = events.n_classes
    own = own_class(events)
    said = np.asarray(shared @ own)
    row = np.repeat(np.arange(patterns.n_patterns), patterns.n_votes)
    event, weight = shared.indices, shared.data
    count = patterns.count[row] * weight
    same = (said[row, events.label[event]] - weight) * count
    other = (said.sum(axis=1)[row] - weight) * count
    agreed = np.bincount(event, same, events.n_events)
    met = np.bincount(event, other, events.n_events)
    overall = agreed.sum() / max(met.sum(), 1.0)
    worth = (agreed + 2 * overall) / (met + 2)
    votes = np.asarray(shared.T @ patterns.count) * worth
    balance = votes @ own
    total = float(balance.sum())
    return balance / total if total > 0 else np.full(n_classes, 1.0 / n_classes)
