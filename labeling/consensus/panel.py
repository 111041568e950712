"""What kind of voters sit on a panel, and how lopsided the classes are that they see."""

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.events import Events
from labeling.consensus.patterns import Patterns

ONE_CLASS = 0.95
"""A voter with at least this share of its votes on one class speaks *because* of the class."""

SELECTIVE_PANEL = 0.2
"""Share of the part-time voters' votes from one-class voters above which all of them are rules."""

ALWAYS = 0.9
"""A voter that speaks on at least this share of the items is silent by accident only."""

LOPSIDED = 0.7
"""Share of the trusted votes that a class needs before a rule panel's prior leans towards it."""


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


def trusted_balance(patterns: Patterns, events: Events) -> NDArray[np.float64]:
    """Return the shares of the classes among votes, each worth the rate at which others agree.

    A vote's worth is the share of the other votes on the same items that say the same, so that a
    rule which fires everywhere and is contradicted everywhere does not count as prevalence.

    Returns
    -------
    float array of shape (n_classes,)
        Sums to 1; uniform where no two voters ever agreed.
    """
    n_classes = events.n_classes
    own = (events.label[:, None] == np.arange(n_classes)).astype(np.float64)
    said = np.asarray(patterns.fired @ own)
    row = np.repeat(np.arange(patterns.n_patterns), patterns.n_votes)
    event = patterns.fired.indices
    count = patterns.count[row]
    same = (said[row, events.label[event]] - 1) * count
    other = (patterns.n_votes[row] - 1) * count
    agreed = np.bincount(event, same, events.n_events)
    shared = np.bincount(event, other, events.n_events)
    overall = agreed.sum() / max(shared.sum(), 1.0)
    worth = (agreed + 2 * overall) / (shared + 2)
    votes = np.asarray(patterns.fired.T @ patterns.count) * worth
    balance = votes @ own
    total = float(balance.sum())
    return balance / total if total > 0 else np.full(n_classes, 1.0 / n_classes)
