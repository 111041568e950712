"""How the questions are read before gold has a say: each for itself, and by what voters do in all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import compress
from labeling.consensus.counts.vote_counts import VoteCounts, count_votes
from labeling.consensus.ensemble.seats import DENSE_SCALE
from labeling.consensus.label_model import LabelModel
from labeling.consensus.several.head import Reading, log_odds
from labeling.consensus.several.pooled import PooledSkills
from labeling.consensus.several.verdict import Reviewed, choose
from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.votes import Votes

OWN = 0.5
"""What the log odds of a question's own label model count beside those of pooled skills. Chosen on
simulated people."""

POOLABLE = ("people and models", "siblings")
"""Panels (:class:`labeling.consensus.ensemble.seats.Seats`) whose voters answer when asked, and do know something."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What is said of items, a column a question.

    Parameters
    ----------
    reading : Reading
    yes, n_votes : float arrays of shape (n_items, n_questions)
        Votes for yes, and all votes.
    """

    reading: Reading
    yes: NDArray[np.float64]
    n_votes: NDArray[np.float64]

    @property
    def spoken(self) -> NDArray[np.bool_]:
        """Where there are votes, shape (n_items, n_questions)."""
        return self.n_votes > 0

    @property
    def share(self) -> NDArray[np.float64]:
        """Shares of yes with half a vote for each answer added: a single vote is no certainty."""
        return (self.yes + 0.5) / (self.n_votes + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Readers:
    """The label model of each question, and what voters do in all of them.

    Parameters
    ----------
    models : list of LabelModel
    skills : PooledSkills
    pooled : bool array of shape (n_questions,)
        Questions in which pooled skills have a say.
    """

    models: list[LabelModel]
    skills: PooledSkills
    pooled: NDArray[np.bool_]

    @classmethod
    def fit(
        cls,
        models: Sequence[LabelModel],
        votes: Votes,
        units: Units,
        gold: Gold | None = None,
        shares: NDArray[np.float64] | None = None,
    ) -> "Readers":
        """Fit ``models``, one a question; gold teaches all, whatever way it was drawn."""
        counts: list[VoteCounts] = []
        for question, model in enumerate(models):
            kept = units.question == question
            part = votes.of(kept)
            known = None if gold is None else gold.of(kept)
            model.fit(part, known)
            counts.append(count_votes(part, Events.of(part), known)[0])
        skills = PooledSkills(shares).fit(
            [one.patterns for one in counts], Events.of(votes), [one.taught for one in counts]
        )
        able = np.array([model.panel in POOLABLE for model in models], dtype=np.bool_)
        return cls([*models], skills, able & ~skills.collapsed_)

    def balance(self) -> NDArray[np.float64]:
        """Return shares of yes, shape (n_questions,)."""
        own = np.array([model.class_balance_[1] for model in self.models])
        return np.where(self.pooled, self.skills.balance_, own)

    def read(self, votes: Votes, units: Units) -> Said:
        """Read votes of the panel that was fitted."""
        own, pooled = np.zeros((2, votes.n_items))
        events = Events.of(votes)
        for question, model in enumerate(self.models):
            kept = units.question == question
            part = votes.of(kept)
            own[kept] = log_odds(model.predict_proba(part)[:, 1])
            if self.pooled[question]:
                patterns, of_unit = compress(part, events)
                pooled[kept] = self.skills.logit(question, patterns.fired)[of_unit]
            else:
                pooled[kept] = own[kept]
        n_votes = np.bincount(votes.item, minlength=votes.n_items)
        yes = np.bincount(votes.item, votes.label, votes.n_items)
        k = len(self.models)
        said = [as_table(units, one, k) for one in (own, pooled, yes, n_votes)]
        base = np.where(self.pooled, OWN * said[0] + said[1], said[0])
        share = (said[2] + 0.5) / (said[3] + 1)
        opinions = np.stack([said[0], said[1], log_odds(share)], axis=2)
        return Said(Reading(base * self.scale, opinions), said[2], said[3])

    @property
    def scale(self) -> NDArray[np.float64]:
        """What log odds are multiplied by to be as sure as they should, shape (n_questions,)."""
        return np.where(self.pooled, DENSE_SCALE, 1.0)

    def best(self, said: Said) -> NDArray[np.float64]:
        """Return the posterior of yes from which on each class is given, without gold.

        Half of the F1 that is to be expected, before posteriors are made less sure; .5 where only
        rules tell, whose posteriors know the order of the items and not how common a class is.
        """
        sure = np.asarray(expit(said.reading.base / self.scale))
        found = expit(self.scale * logit(choose(sure, said.spoken)))
        return np.where(self.pooled, found, 0.5)


def as_table(
    units: Units, values: NDArray[np.float64] | NDArray[np.int64], n_questions: int
) -> NDArray[np.float64]:
    """Return values of units as a table of items by questions; 0 where an item has no such question.

    Examples
    --------
    >>> as_table(Units.each(2, questions=2), np.arange(4), 2).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    table = np.zeros((units.n_items, n_questions))
    table[units.item, units.question] = values
    return table


def reviewed(said: Said, units: Units, gold: Gold) -> Reviewed:
    """Return the reviewed items that have votes; gold was drawn with known probabilities."""
    chance = np.ones(gold.n_gold) if gold.probability is None else gold.probability
    full = np.zeros((2, *said.yes.shape))
    item, question = units.item[gold.item], units.question[gold.item]
    full[0, item, question] = gold.label
    full[1, item, question] = 1 / chance
    full[1] *= said.spoken
    row = np.flatnonzero(full[1].any(axis=1))
    yes, weight = full[0, row] > 0, full[1, row]
    return Reviewed(row, yes, weight > 0, weight, said.share[row])
