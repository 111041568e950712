"""The label model of items with several labels: one for each class, whose answer is no or yes."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.consensus.counts.posterior import TIE
from labeling.consensus.label_model import LabelModel
from labeling.consensus.selection import Comparison
from labeling.consensus.several.head import Head
from labeling.consensus.several.readers import Readers, Said, reviewed
from labeling.consensus.several.together import (
    balance_of,
    by_question,
    calibrated,
    compared,
    each_once,
    repeated,
    voters_over_questions,
)
from labeling.consensus.several.verdict import Reviewed, judge
from labeling.consensus.trust import Correlated, classes_said, never_named, never_spoke
from labeling.consensus.voters import Voter
from labeling.errors import LabelingError, VotesError
from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.quality.estimates.calibration import Calibration
from labeling.votes import ABSTAIN, Votes

ANSWERS = 2
"""No and yes."""


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
        One a question, without gold that was drawn at random.
    method_, why_ : str
        Which algorithm is used, and why, in plain words; by question where they differ.
    thresholds_ : float array of shape (n_questions,)
        Posterior of yes from which on :meth:`predict` gives each class: what F1 is best at, .5 where
        only the votes of rules tell; of what is left to the majority, its share of yes. Who wants
        most sets right names what is likelier than not.
    warnings_ : list of str
        Reasons not to trust it, in plain words.
    class_balance_ : float array of shape (n_questions,)
        What is believed of an item without votes: the share of items that have each class.
    voters_ : list of Voter
        What is believed of each voter over all questions; its confusion is of no and yes.
    correlated_ : list of Correlated
        Pairs of voters that repeat each other, by the question where they do so most.
    comparison_ : Comparison or None
        Of all questions together, against the majority by class; without random gold ``None``.
    calibration_ : Calibration or None
        Of the posteriors of what is given, on gold they were not taught; without random gold ``None``.

    Examples
    --------
    >>> units = Units.each(2, questions=2)
    >>> votes = Votes.from_matrix([[1, 1, -1], [0, 0, 1], [0, -1, 0], [1, 1, 1]], n_classes=2)
    >>> model = SeveralLabelModel(2).fit(votes, units)
    >>> model.predict(votes, units).tolist()
    [1, 0, 0, 1]
    """

    method_: str
    why_: str
    warnings_: list[str]
    thresholds_: NDArray[np.float64]
    class_balance_: NDArray[np.float64]
    voters_: list[Voter]
    correlated_: list[Correlated]
    comparison_: Comparison | None
    calibration_: Calibration | None
    _readers: Readers
    _head: Head | None
    _majority: NDArray[np.bool_]

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

    @property
    def models_(self) -> list[LabelModel]:
        """One a question."""
        return self._readers.models

    def fit(self, votes: Votes, units: Units, gold: Gold | None = None) -> Self:
        """Learn from votes on units, and from gold of units where there is any.

        Gold that was drawn at random corrects all questions together and decides what is published,
        see :func:`labeling.consensus.several.verdict.judge`; gold from a learning queue only teaches.

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
        drawn = gold if gold is not None and gold.probability is not None else None
        shares = _shares(self.class_balance, self.n_questions)
        taught = gold if drawn is None else None
        self._readers = Readers.fit(self._models(shares), votes, units, taught, shares)
        names = list(self.question_names or [f"class {k}" for k in range(self.n_questions)])
        self.method_ = by_question([model.method_ for model in self.models_], names)
        self.why_ = by_question([model.why_ for model in self.models_], names)
        self.class_balance_ = self._readers.balance() if shares is None else shares
        self._head = self.comparison_ = self.calibration_ = None
        self._majority = np.zeros(self.n_questions, dtype=np.bool_)
        said = self._readers.read(votes, units)
        if drawn is None:
            self.thresholds_ = self._readers.best(said)
        else:
            self._correct(said, reviewed(said, units, drawn), names)
        self.voters_ = voters_over_questions(votes, self._posterior(said, units), gold)
        self.correlated_ = repeated([model.correlated_ for model in self.models_])
        self.warnings_ = self._doubts(names)
        return self

    def _doubts(self, names: list[str]) -> list[str]:
        """Return the warnings of all questions.

        That a voter speaks of some classes only is none, nor that nobody says no: silence does.
        """
        voters = list(self.voter_names or [f"voter {j}" for j in range(len(self.voters_))])
        of_each: list[list[str]] = []
        for model in self.models_:
            usual = {*never_spoke(model.voters_, voters), *never_named(model.voters_)}
            found = 1 in classes_said(model.voters_)
            own = [] if found else ["no vote names it: it cannot be found"]
            of_each.append([*own, *(one for one in model.warnings_ if one not in usual)])
        return [*each_once(of_each, names), *never_spoke(self.voters_, voters)]

    def _models(self, shares: NDArray[np.float64] | None) -> list[LabelModel]:
        return [
            LabelModel(
                ANSWERS,
                class_balance=None if shares is None else (1 - shares[question], shares[question]),
                random_state=self.random_state,
                use_confidence=self.use_confidence,
                voter_names=self.voter_names,
            )
            for question in range(self.n_questions)
        ]

    def _correct(self, said: Said, gold: Reviewed, names: list[str]) -> None:
        """Let gold that was drawn at random decide."""
        verdict = judge(said.reading, said.spoken, gold, self.random_state)
        self._head, self._majority = verdict.head, verdict.majority
        self.thresholds_ = verdict.thresholds
        if verdict.head is not None:
            self.method_ = "ensemble and gold"
        self.why_ = f"{verdict.why}; before that {self.why_}"
        if verdict.majority.any():
            left = ", ".join(np.array(names)[verdict.majority])
            self.method_ += f"; {left}: majority"
            self.why_ += f"; on reviewed items the majority, with a threshold from them, has the better F1 of {left}"
        if self.class_balance is None:
            self.class_balance_ = balance_of(self.class_balance_, gold)
        self.comparison_ = compared(gold, verdict.given, verdict.chance)
        self.calibration_ = calibrated(gold, verdict.given, verdict.chance)

    def _posterior(self, said: Said, units: Units) -> NDArray[np.float64]:
        chance = said.reading.chance if self._head is None else self._head.chance(said.reading)
        chance = np.where(self._majority, said.share, chance)
        chance = np.where(said.spoken, chance, self.class_balance_)
        yes = chance[units.item, units.question]
        return np.stack([1 - yes, yes], axis=1)

    def predict_proba(self, votes: Votes, units: Units) -> NDArray[np.float64]:
        """Return posteriors of no and yes, shape (n_units, 2); the prior where nobody voted.

        ``votes`` need not be those of :meth:`fit`, but come from the same panel of voters.
        """
        if not hasattr(self, "method_"):
            raise LabelingError("the label model predicts after fit, not before")
        self._check(votes, units)
        return self._posterior(self._readers.read(votes, units), units)

    def decide(
        self, posterior: NDArray[np.float64], votes: Votes, units: Units
    ) -> NDArray[np.int64]:
        """Return 1 for yes and 0 for no by :attr:`thresholds_`; -1 for a tie and where nobody voted."""
        above = posterior[:, 1] - self.thresholds_[units.question]
        label = np.where(np.abs(above) <= TIE, ABSTAIN, (above > 0).astype(np.int64))
        label[np.bincount(votes.item, minlength=votes.n_items) == 0] = ABSTAIN
        return label

    def predict(self, votes: Votes, units: Units) -> NDArray[np.int64]:
        """Return :meth:`decide` of :meth:`predict_proba`."""
        return self.decide(self.predict_proba(votes, units), votes, units)

    def _check(self, votes: Votes, units: Units) -> None:
        if votes.n_classes != ANSWERS:
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
