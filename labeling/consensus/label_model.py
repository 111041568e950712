"""The label model that everything else uses: our model, and what to believe of it."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.consensus.pattern_ds import PatternDS
from labeling.gold import Gold
from labeling.votes import Votes


@dataclass(frozen=True, slots=True, eq=False)
class Voter:
    """What the model believes of one voter.

    Parameters
    ----------
    confusion : float array of shape (n_classes, n_classes)
        ``confusion[k, v]``: share of its votes on items of class ``k`` that say ``v``.
    accuracy : float
        Share of its votes that are right, 0..1; NaN without a vote.
    interval : tuple of float
        95 % interval of the accuracy.
    coverage : float
        Share of the items that it voted on, 0..1.
    """

    confusion: NDArray[np.float64]
    accuracy: float
    interval: tuple[float, float]
    coverage: float


class LabelModel:
    """One posterior for each item out of many votes.

    Parameters
    ----------
    n_classes : int
        Number of classes, at least 2.
    class_balance : float array of shape (n_classes,), optional
        Shares of the classes, if known.
    random_state : int
        Seed of whatever is drawn; the same votes and seed give the same bytes.

    Attributes
    ----------
    method_ : str
        Which algorithm is used.
    why_ : str
        Why, in plain words.
    warnings_ : list of str
        Reasons not to trust it, in plain words.
    class_balance_ : float array of shape (n_classes,)
        The prior.
    voters_ : list of Voter
        What it believes of each voter.
    """

    def __init__(
        self, n_classes: int, *, class_balance: ArrayLike | None = None, random_state: int = 0
    ) -> None:
        self.n_classes = n_classes
        self.class_balance = class_balance
        self.random_state = random_state

    def fit(self, votes: Votes, gold: Gold | None = None) -> Self:
        """Learn from votes, and from gold where there is any."""
        self._model = PatternDS(self.n_classes, class_balance=self.class_balance).fit(votes, gold)
        self.method_ = "pattern_ds"
        self.why_ = "the default: nothing was measured that speaks against it"
        self.warnings_: list[str] = []
        self.class_balance_ = self._model.class_balance_
        self.voters_ = self._voters(votes)
        return self

    def predict_proba(self, votes: Votes) -> NDArray[np.float64]:
        """Return posteriors, shape (n_items, n_classes); the prior where nobody voted."""
        return self._model.predict_proba(votes)

    def predict(self, votes: Votes) -> NDArray[np.int64]:
        """Return the most probable class, -1 (undecided) for a tie and where nobody voted."""
        return self._model.predict(votes)

    def _voters(self, votes: Votes) -> list[Voter]:
        posterior = self.predict_proba(votes)[votes.item]
        joint = np.zeros((votes.n_voters, self.n_classes, self.n_classes))
        for k in range(self.n_classes):
            np.add.at(joint[:, k], (votes.voter, votes.label), posterior[:, k])
        voters: list[Voter] = []
        for table in joint:
            n = float(table.sum())
            accuracy = float(np.trace(table)) / n if n else float("nan")
            half = 1.96 * float(np.sqrt(accuracy * (1 - accuracy) / n)) if n else float("nan")
            share = table / np.maximum(table.sum(axis=1, keepdims=True), 1e-12)
            interval = (max(accuracy - half, 0.0), min(accuracy + half, 1.0))
            voters.append(Voter(share, accuracy, interval, n / max(votes.n_items, 1)))
        return voters
