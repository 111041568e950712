"""What the amortised aggregator looks at: patterns, classes and the panel, in numbers of one scale.

Nothing here depends on the order or the names of items, voters and classes, nor on how many of
them there are: the same network reads three rules and eight hundred people.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.counts.linear import own_class
from labeling.consensus.counts.posterior import TIE, by_column, leaders
from labeling.consensus.ensemble.members import MEMBERS, Members
from labeling.consensus.ensemble.siblings import shared_errors, worths
from labeling.consensus.models.panel import ALWAYS, ONE_CLASS
from labeling.consensus.models.redundancy import event_weights

N_CLASS, N_ITEM, N_PANEL = 24, 2, 37
"""Numbers that describe a class of a pattern, a pattern, and the panel."""

ANSWERED, AGREEMENT, WORTH = 5, 6, N_PANEL - 3
"""Places in the panel's description: votes from voters that nearly always speak, kappa, mean worth."""

LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class PanelReading:
    """A fitted panel, and the description of its patterns.

    Attributes
    ----------
    members : Members
        The ways of reading it.
    alike : float array of shape (n_voters, n_voters)
        How far each two voters repeat each other's errors, 0..1.
    worth : float array of shape (n_voters,)
        What each voter is worth beside its siblings, 0..1.
    panel : float array of shape (N_PANEL,)
        Size, kind and agreement of the panel, and what the members make of it.
    by_class : float array of shape (n_classes, 4)
        Majority's share of each class, and how each of three members moves it.
    spoken : float array of shape (n_events,)
        How often each event came.
    """

    members: Members
    alike: NDArray[np.float64]
    worth: NDArray[np.float64]
    panel: NDArray[np.float64]
    by_class: NDArray[np.float64]
    spoken: NDArray[np.float64]

    @classmethod
    def of(cls, members: Members) -> Self:
        """Describe the panel that the members were fitted on."""
        events, patterns = members.events, members.patterns
        believed = 0.5 * members.shares + 0.5 * members.posteriors["ibcc"]
        alike = shared_errors(patterns.fired, patterns.count, believed, events)
        worth = worths(alike)
        spoken = np.asarray(patterns.fired.T @ patterns.count)
        share = members.given["majority"]
        total = max(float(patterns.count.sum()), 1.0)
        moved = [
            np.clip(
                np.log(
                    np.maximum(patterns.count @ members.posteriors[name] / total, 1e-3)
                    / np.maximum(share, 1e-3)
                ),
                -3,
                3,
            )
            for name in ("ibcc", "ibcc_balance", "pattern_ds")
        ]
        common = np.log(np.maximum(share * events.n_classes, 0.02)) / 2
        panel = _panel(members, worth, spoken)
        return cls(members, alike, worth, panel, np.column_stack([common, *moved]), spoken)

    @property
    def share_of_rules(self) -> float:
        """Share of the votes from voters whose silence says something, 0..1."""
        asked = self.members.pattern_ds.asked_[self.members.events.voter]
        return float(self.spoken[~asked].sum() / max(self.spoken.sum(), 1.0))

    def describe(
        self, fired: sparse.csr_array, said: dict[str, NDArray[np.float64]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the description of patterns with a vote.

        Parameters
        ----------
        fired : sparse array of shape (n_patterns, n_events)
            The patterns.
        said : dict of float arrays of shape (n_patterns, n_classes)
            What each member says of them, see :meth:`Members.read`.

        Returns
        -------
        float arrays of shapes (N_CLASS, n_classes, n_patterns) and (N_ITEM, n_patterns)
        """
        events, own = self.members.events, own_class(self.members.events)
        agreement, pattern_ds = self.members.agreement, self.members.pattern_ds
        echoed = by_column(event_weights(fired, pattern_ds.redundancy_) @ own)
        rate, total = agreement.panel_rate_, max(float(self.members.patterns.count.sum()), 1.0)
        of_event = (
            np.ones(events.n_events),
            self.worth[events.voter],
            agreement.event_rate_ - rate,
            agreement.voter_rate_[events.voter] - rate,
            np.log(np.maximum(self.spoken, 1.0) / total),
        )
        summed = self.members.heard(fired) @ np.hstack([own * one[:, None] for one in of_event])
        count, alone, agreed, by_voter, rarity = np.split(by_column(summed), len(of_event), axis=1)
        n_votes = count.sum(axis=1, keepdims=True)
        share = count / np.maximum(n_votes, 1.0)
        per_vote = 1.0 / np.maximum(count, 1.0)
        log_odds = {name: margin(np.log(np.maximum(said[name], LEAST))) for name in MEMBERS}
        favourites = [(said[n] >= said[n].max(axis=1, keepdims=True) - TIE) for n in MEMBERS]
        columns = [
            *(np.sign(log_odds[n]) * np.log1p(np.abs(log_odds[n])) / 2 for n in MEMBERS),
            *(np.tanh(log_odds[n]) for n in ("ibcc", "pattern_ds")),
            np.log1p(alone) / 2,
            margin(_shares(alone)),
            share,
            leaders(share),
            margin(share),
            np.log1p(count) / 2,
            np.log1p(echoed) / 2,
            margin(_shares(echoed)),
            *(np.broadcast_to(column, share.shape) for column in self.by_class.T),
            3 * per_vote * agreed,
            3 * per_vote * by_voter,
            per_vote * rarity / 3,
            agreed,
            np.mean(favourites, axis=0),
        ]
        entropy = -(share * np.log(np.maximum(share, LEAST))).sum(axis=1)
        by_item = np.stack([np.log(np.maximum(n_votes[:, 0], 1)) / 2, entropy])
        return np.stack([column.T for column in columns]), by_item


def mean_worth(panel: NDArray[np.float64]) -> float:
    """Return the mean worth of a voter beside its siblings, 0..1, off a panel's description."""
    return float(panel[WORTH])


def margin(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much each class leads the best of the others, same shape.

    Examples
    --------
    >>> margin(np.array([[0.5, 0.3, 0.2]])).round(1).tolist()
    [[0.2, -0.2, -0.3]]
    """
    if not score.size:
        return np.zeros_like(score)
    top = score.max(axis=1, keepdims=True)
    leads = score >= top
    others = np.asarray(np.where(leads, -np.inf, score), dtype=np.float64)
    second = others.max(axis=1, keepdims=True)
    second[leads.sum(axis=1) > 1] = top[leads.sum(axis=1) > 1]
    return np.asarray(score - np.where(leads, second, top), dtype=np.float64)


def kappa(count: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return Fleiss' kappa of votes by class on each pattern; 0 where no item has two votes.

    Fleiss (1971), "Measuring nominal scale agreement among many raters", Psychological Bulletin
    76(5), for a varying number of votes.

    Examples
    --------
    >>> kappa(np.array([[2.0, 0.0], [0.0, 2.0]]), np.ones(2))
    1.0
    """
    n = count.sum(axis=1)
    pair = n >= 2
    if not pair.any():
        return 0.0
    count, n, weight = count[pair], n[pair], weight[pair]
    same = (count * (count - 1)).sum(axis=1) / (n * (n - 1))
    observed = float(weight @ same / weight.sum())
    share = weight @ (count / n[:, None]) / weight.sum()
    expected = float(np.sum(share**2))
    return (observed - expected) / (1 - expected) if expected < 1 - TIE else 0.0


def _shares(count: NDArray[np.float64]) -> NDArray[np.float64]:
    return count / np.maximum(count.sum(axis=1, keepdims=True), LEAST)


def _panel(
    members: Members, worth: NDArray[np.float64], spoken: NDArray[np.float64]
) -> NDArray[np.float64]:
    events, patterns = members.events, members.patterns
    weight = patterns.count
    total = float(weight.sum())
    if not total:
        return np.zeros(N_PANEL)
    agreement, pattern_ds = members.agreement, members.pattern_ds
    k = events.n_classes
    fired = members.heard(patterns.fired)
    count = np.asarray(fired @ own_class(events))
    said = spoken.reshape(events.n_voters, k, events.n_levels).sum(axis=2)
    cast = said.sum(axis=1)
    active = cast > 0
    heard = np.bincount(events.voter, np.asarray(fired.T @ weight), events.n_voters)
    n_voters = float(np.sum(heard[active] / cast[active]))  # copies count once
    one_class = active & (said.max(axis=1) >= ONE_CLASS * cast)
    share = members.given["majority"]
    entropy = -(share * np.log(np.maximum(share, LEAST))).sum() / np.log(k)
    lead = leaders(members.shares)
    tied = lead.max(axis=1) < 1 - TIE
    n_votes = float(weight @ count.sum(axis=1))
    echoed = event_weights(patterns.fired, pattern_ds.redundancy_)
    alone = leaders(np.asarray(fired @ (own_class(events) * worth[events.voter][:, None])))
    first = {name: leaders(said) for name, said in members.posteriors.items()}

    def differs(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
        return float(weight @ (1 - (one * other).sum(axis=1))) / total

    def deviates(label: NDArray[np.float64]) -> float:
        return float(weight @ (~tied * (1 - (label * lead).sum(axis=1)))) / total

    apart = [("ibcc", "pattern_ds"), ("ibcc", "ibcc_balance"), ("ibcc", "agreement")]
    numbers = [
        np.log(k) / 2,
        np.log(total) / 8,
        np.log(n_voters) / 5,
        np.log(n_votes / total),
        cast[one_class].sum() / n_votes,
        cast[cast >= ALWAYS * total].sum() / n_votes,
        kappa(count, weight),
        agreement.panel_rate_,
        agreement.panel_rate_ - float(np.sum(share**2)),
        4 * float(agreement.voter_rate_[active].std()),
        float(weight @ tied) / total,
        float(weight @ np.asarray(echoed.sum(axis=1))) / n_votes,
        entropy,
        share.max(),
        np.log(max(float(np.median(cast[active])), 1.0)) / 8,
    ]
    for name in MEMBERS:
        numbers += [
            deviates(first[name]),
            min(members.kept_share(name), 1.5),
            float(weight @ members.posteriors[name].max(axis=1)) / total,
        ]
    numbers += [differs(first[a], first[b]) for a, b in [*apart, ("ibcc_balance", "one_coin")]]
    numbers += [
        float(worth[active].mean()),
        np.log(worth[active].sum()) / 3,
        deviates(alone),
    ]
    return np.array(numbers, dtype=np.float64)
