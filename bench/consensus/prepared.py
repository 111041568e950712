"""Recorded sets read once: what the members and the aggregator say, to be seated again and again."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bench.consensus.scores import accuracy, calibration_error, log_loss
from bench.consensus.sets import VoteSet
from bench.consensus.settings import Setting, laid_over
from labeling.consensus.counts.confidences import Confidences
from labeling.consensus.counts.linear import own_class, vote_shares
from labeling.consensus.counts.patterns import compress
from labeling.consensus.counts.posterior import lifted, normalised
from labeling.consensus.ensemble import gold_head
from labeling.consensus.ensemble.aggregator import aggregate
from labeling.consensus.ensemble.ensemble import Ensemble
from labeling.consensus.ensemble.gold_head import Statement
from labeling.consensus.ensemble.members import majority_shares
from labeling.consensus.ensemble.seats import Seats
from labeling.consensus.label_model import MIN_CONFIDENT
from labeling.consensus.models.majority import Majority
from labeling.consensus.selection import WORSE, Reviewed, compare, cross_fitted


@dataclass(frozen=True)
class Outcome:
    """What a labelling is worth: gain over the majority and calibration error in points, log loss in nats."""

    gain: float
    calibration: float
    log_loss: float

    @classmethod
    def mean(cls, several: list["Outcome"]) -> "Outcome":
        """Average draws."""
        return cls(
            *np.mean([(o.gain, o.calibration, o.log_loss) for o in several], axis=0).tolist()
        )


class Prepared:
    """One set, its members fitted. Items without gold or without votes are left out of what is read."""

    def __init__(self, one: VoteSet) -> None:
        self.one = one
        votes = one.votes
        sure = votes.confidence is not None and int(one.covered.sum()) >= MIN_CONFIDENT
        self.events = Confidences.of(votes).events(used=sure)
        patterns, of_item = compress(votes, self.events)
        nothing = np.zeros((patterns.n_patterns, votes.n_classes))
        self.ensemble = Ensemble.fit(patterns, self.events, nothing)
        total = float(patterns.count.sum())
        self.uncovered = float(patterns.count[~patterns.covered].sum()) / total
        known = np.flatnonzero((one.gold >= 0) & one.covered)
        rows, at = np.unique(of_item[known], return_inverse=True)
        self.row = np.full(votes.n_items, -1)
        self.row[known] = at
        self.cast = patterns.fired[rows]
        statement = self.ensemble.statement(self.cast)
        self.opinions, self.fired = statement.opinions, statement.fired
        members = self.ensemble.reading.members
        self.said = members.read(self.fired)
        self.aggregated = aggregate(self.ensemble.reading, self.fired, self.said)
        self.share = majority_shares(members.counted(self.fired), self.events)
        self.majority = Majority(votes.n_classes).fit(votes).predict_proba(votes)
        self.posterior = lru_cache(maxsize=None)(self._posterior)
        self.without_gold = lru_cache(maxsize=None)(self._without_gold)
        self.with_gold = lru_cache(maxsize=None)(self._with_gold)

    def seats(self, setting: Setting, scales: tuple[float, float]) -> Seats:
        """Seat the members as a setting wants it."""
        return setting.seats(self.ensemble.reading, self.uncovered, scales)

    def _posterior(self, seated: Seats) -> np.ndarray:
        return seated.settle(self.share, self.said, self.aggregated)

    def _outcome(self, posterior: np.ndarray, at: np.ndarray) -> Outcome:
        """Score posteriors by pattern on the items ``at``."""
        truth, said = self.one.gold[at], posterior[self.row[at]]
        gain = accuracy(said, truth) - accuracy(self.majority[at], truth)
        return Outcome(gain, calibration_error(said, truth), log_loss(said, truth))

    def _without_gold(self, seated: Seats) -> Outcome:
        return self._outcome(self.posterior(seated), self.one.scored())

    def _with_gold(
        self,
        seated: Seats,
        spread: tuple[tuple[str, float], ...],
        most: int,
        draws: int,
    ) -> Outcome:
        posterior = self.posterior(seated)
        n = min(most, len(self.one.pool()) // 2)
        found = []
        for seed in range(draws):
            given = self.one.draw_gold(n, seed)
            with laid_over(gold_head, dict(spread)):
                corrected = self.corrected(posterior, given)
            found.append(self._outcome(corrected, np.flatnonzero(self.one.scored(given))))
        return Outcome.mean(found)

    def statement(self, posterior: np.ndarray) -> Statement:
        """Return posteriors by pattern, and what else gold corrects, as the gold head takes them."""
        return Statement(np.log(np.maximum(posterior, 1e-9)), self.opinions, self.fired)

    def corrected(self, posterior: np.ndarray, given: np.ndarray) -> np.ndarray:
        """Let gold correct posteriors by pattern, or drop them, as the label model does."""
        said = self.statement(posterior)
        given = given[self.row[given] >= 0]
        label, weight = self.one.gold[given].astype(np.int32), np.ones(len(given))
        reviewed = Reviewed(said.rows(self.row[given]), label, weight, self.row[given])
        unseen = cross_fitted(reviewed, self.ensemble, 0)
        head, without = reviewed.head(self.ensemble), reviewed.without_gold()
        if compare(unseen, without, label, weight).deviations < WORSE:
            head, unseen = None, without
        k = self.events.n_classes
        shares = vote_shares(self.cast, own_class(self.events), np.full(k, 1 / k))
        if compare(unseen, shares[reviewed.row], label, weight).deviations < WORSE:
            n_votes = np.diff(self.cast.indptr)[:, None]
            return (n_votes * shares + 1 / k) / (n_votes + 1)
        if head is None:
            return posterior
        found = normalised(head.logit(said))
        share = majority_shares(self.cast, self.events)
        wanted = found >= found.max(axis=1, keepdims=True, initial=0.0)
        alike = (share.max(axis=1, initial=0.0) == 1) & (np.diff(self.cast.indptr) > 1)
        wanted[alike] = share[alike] == 1
        return lifted(found, wanted)
