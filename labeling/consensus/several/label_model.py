"""The label model of items with several labels: one for each class, whose answer is no or yes."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.consensus.label_model import LabelModel
from labeling.consensus.posterior import decided
from labeling.consensus.selection import Comparison
from labeling.consensus.several.parts import QUESTION_ANSWERS, gold_of, which
from labeling.consensus.several.together import compared, repeated, told, voters_over_questions
from labeling.consensus.trust import Correlated
from labeling.consensus.voters import Voter
from labeling.errors import LabelingError, VotesError
from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.quality.calibration import Calibration
from labeling.votes import Votes


class SeveralLabelModel:
    """One posterior for each question of each item; a vote is 0 for no and 1 for yes.

    Parameters
    ----------
    n_questions : int
        Number of classes that an item may have, at least 1.
    class_balance : float array of shape (n_questions,), optional
        Share of the items that have each class, above 0 and below 1, if known.
    random_state : int
        Seed of whatever is drawn; the same votes and seed give the same bytes.
    use_confidence : bool, optional
        See :class:`labeling.consensus.label_model.LabelModel`.
    voter_names, question_names : sequence of str, optional
        Names for the warnings; ``voter 0``, ``class 0``, ... by default.

    Attributes
    ----------
    models_ : list of LabelModel
        One a question.
    method_, why_ : str
        Which algorithm is used, and why, in plain words; by question where they differ.
    warnings_ : list of str
        Reasons not to trust it, in plain words.
    class_balance_ : float array of shape (n_questions,)
        What is believed of an item without votes: the share of items that have each class.
    voters_ : list of Voter
        What is believed of each voter over all questions; its confusion is of no and yes.
    correlated_ : list of Correlated
        Pairs of voters that repeat each other, by the question where they do so most.
    comparison_ : Comparison or None
        Of all questions together, against the majority; without random gold ``None``.
    calibration_ : Calibration or None
        ``None``.

    Examples
    --------
    >>> units = Units.each(2, questions=2)
    >>> votes = Votes.from_matrix([[1, 1, -1], [0, 0, 1], [0, -1, 0], [1, 1, 1]], n_classes=2)
    >>> model = SeveralLabelModel(2).fit(votes, units)
    >>> model.predict(votes, units).tolist()
    [1, 0, 0, 1]
    """

    models_: list[LabelModel]
    method_: str
    why_: str
    warnings_: list[str]
    class_balance_: NDArray[np.float64]
    voters_: list[Voter]
    correlated_: list[Correlated]
    comparison_: Comparison | None
    calibration_: Calibration | None

    def __init__(
        self,
        n_questions: int,
        *,
        class_balance: ArrayLike | None = None,
        random_state: int = 0,
        use_confidence: bool | None = None,
        voter_names: Sequence[str] | None = None,
        question_names: Sequence[str] | None = None,
    ) -> None:
        self.n_questions = n_questions
        self.class_balance = class_balance
        self.random_state = random_state
        self.use_confidence = use_confidence
        self.voter_names = voter_names
        self.question_names = question_names

    def fit(self, votes: Votes, units: Units, gold: Gold | None = None) -> Self:
        """Learn from votes on units, and from gold of units where there is any.

        Gold is used as :meth:`labeling.consensus.label_model.LabelModel.fit` says, question by question.

        Raises
        ------
        VotesError
            If votes are not of no and yes, or units are not those that they are about.
        GoldError
            If gold names a unit or an answer that does not exist.
        LabelingError
            If the class balance does not fit.
        """
        self._check(votes, units)
        balance = _shares(self.class_balance, self.n_questions)
        self.models_ = []
        posterior = np.full((votes.n_items, QUESTION_ANSWERS), 1 / QUESTION_ANSWERS)
        for question in range(self.n_questions):
            kept = which(units, question)
            share = None if balance is None else (1 - balance[question], balance[question])
            model = LabelModel(
                QUESTION_ANSWERS,
                class_balance=share,
                random_state=self.random_state,
                use_confidence=self.use_confidence,
                voter_names=self.voter_names,
            )
            part = votes.of(kept)
            model.fit(part, gold_of(gold, kept))
            posterior[kept] = model.predict_proba(part)
            self.models_.append(model)
        names = self.question_names or [f"class {k}" for k in range(self.n_questions)]
        self.method_ = told([model.method_ for model in self.models_], names)
        self.why_ = told([model.why_ for model in self.models_], names)
        self.warnings_ = [
            f"{name}: {warning}"
            for name, model in zip(names, self.models_, strict=True)
            for warning in model.warnings_
        ]
        self.class_balance_ = np.array([model.class_balance_[1] for model in self.models_])
        self.voters_ = voters_over_questions(votes, posterior, gold)
        self.correlated_ = repeated([model.correlated_ for model in self.models_])
        self.comparison_ = compared([model.comparison_ for model in self.models_])
        self.calibration_ = None
        return self

    def predict_proba(self, votes: Votes, units: Units) -> NDArray[np.float64]:
        """Return posteriors of no and yes, shape (n_units, 2); the prior where nobody voted.

        ``votes`` need not be those of :meth:`fit`, but come from the same panel of voters.
        """
        if not hasattr(self, "models_"):
            raise LabelingError("the label model predicts after fit, not before")
        self._check(votes, units)
        posterior = np.empty((votes.n_items, QUESTION_ANSWERS))
        for question, model in enumerate(self.models_):
            kept = which(units, question)
            posterior[kept] = model.predict_proba(votes.of(kept))
        return posterior

    def predict(self, votes: Votes, units: Units) -> NDArray[np.int64]:
        """Return 1 for yes and 0 for no, -1 (undecided) for a tie and where nobody voted."""
        return decided(self.predict_proba(votes, units), votes)

    def _check(self, votes: Votes, units: Units) -> None:
        if votes.n_classes != QUESTION_ANSWERS:
            raise VotesError(
                f"each class of several is answered with no (0) or yes (1), these votes have "
                f"{votes.n_classes} classes; cast them on units of one class each"
            )
        if units.n_units != votes.n_items:
            raise VotesError(
                f"votes are about {votes.n_items} units, but {units.n_units} are given"
            )
        strangers = (units.question < 0) | (units.question >= self.n_questions)
        if strangers.any():
            at = int(np.argmax(strangers))
            raise VotesError(
                f"unit {at} is of class {units.question[at]}, but the label model is for classes "
                f"0..{self.n_questions - 1}; {int(strangers.sum())} such units in all"
            )


def _shares(balance: ArrayLike | None, n_questions: int) -> NDArray[np.float64] | None:
    """Return the share of items that have each class, or ``None``."""
    if balance is None:
        return None
    share = np.asarray(balance, dtype=np.float64)
    if share.shape != (n_questions,) or not bool(np.all((share > 0) & (share < 1))):
        raise LabelingError(
            f"class_balance needs {n_questions} shares above 0 and below 1, the share of items that "
            f"have each class, got {share.tolist()}"
        )
    return share
