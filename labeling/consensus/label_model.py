"""The label model that everything else uses: the best of ours, and what to believe of it."""

import weakref
from collections.abc import Sequence
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from labeling.consensus.checks import check_fit
from labeling.consensus.copies import copies
from labeling.consensus.ensemble import Ensemble
from labeling.consensus.events import Events
from labeling.consensus.linear import LinearModel, count_gold, own_class, vote_shares
from labeling.consensus.majority import Majority
from labeling.consensus.methods import linear_model
from labeling.consensus.patterns import Patterns, compress
from labeling.consensus.posterior import checked_balance, decided, normalised
from labeling.consensus.selection import Comparison, Corrected, balance_with_gold, decide
from labeling.consensus.trust import (
    Correlated,
    correlated_voters,
    lost_classes,
    one_sided_gold,
    overlap,
    reasons_for_doubt,
)
from labeling.consensus.voters import Voter, believed_voters, measured_voters
from labeling.consensus.weighted_majority import WeightedMajority
from labeling.consensus.worth import PanelWorth, panel_worth
from labeling.errors import LabelingError
from labeling.gold import Gold
from labeling.quality.calibration import Calibration
from labeling.votes import Votes

Method = Literal[
    "auto", "majority", "weighted_majority", "dawid_skene", "ibcc", "one_coin", "pattern_ds"
]
"""What can be asked for; ``auto`` deviates from the majority where independent methods agree."""

MIN_CONFIDENT = 2_000
"""Items with votes from which on confidences are used; below, thirds of them are too thin."""


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
    method : str
        One of :data:`Method`. ``auto`` is the :class:`~labeling.consensus.ensemble.Ensemble`, which
        deviates from the majority where independent ways of reading the panel agree; gold corrects
        it, or shows that it is better left alone, or that the majority is better.
    use_confidence : bool, optional
        Whether to tell apart a voter's sure votes from its unsure ones; by default where there are
        confidences and at least :data:`MIN_CONFIDENT` items have votes.
    voter_names : sequence of str, optional
        Names for the warnings; ``voter 0``, ``voter 1``, ... by default.

    Attributes
    ----------
    method_ : str
        Which algorithm is used: ``ensemble``, ``ensemble and gold``, ``majority`` or what was asked for.
    why_ : str
        Why, in plain words.
    warnings_ : list of str
        Reasons not to trust it, in plain words.
    class_balance_ : float array of shape (n_classes,)
        What is believed of an item without votes.
    voters_ : list of Voter
        What is believed of each voter.
    correlated_ : list of Correlated
        Pairs of voters that repeat each other.
    comparison_ : Comparison or None
        Against the majority, on gold it was not taught; without random gold ``None``.
    calibration_ : Calibration or None
        Of the posteriors on gold they were not taught; without random gold ``None``.

    Examples
    --------
    >>> votes = Votes.from_matrix([[0, 0, -1], [-1, 1, 1], [-1, -1, -1]], n_classes=2)
    >>> model = LabelModel(2).fit(votes)
    >>> model.predict(votes).tolist()
    [0, 1, -1]
    >>> model.predict_proba(votes)[2].tolist()
    [0.5, 0.5]
    """

    method_: str
    why_: str
    warnings_: list[str]
    class_balance_: NDArray[np.float64]
    voters_: list[Voter]
    correlated_: list[Correlated]
    comparison_: Comparison | None
    calibration_: Calibration | None
    _seen: tuple[weakref.ref[Votes], NDArray[np.int64], NDArray[np.float64]] | None

    def __init__(
        self,
        n_classes: int,
        *,
        class_balance: ArrayLike | None = None,
        random_state: int = 0,
        method: Method = "auto",
        use_confidence: bool | None = None,
        voter_names: Sequence[str] | None = None,
    ) -> None:
        self.n_classes = n_classes
        self.class_balance = class_balance
        self.random_state = random_state
        self.method: Method = method
        self.use_confidence = use_confidence
        self.voter_names = voter_names

    def fit(self, votes: Votes, gold: Gold | None = None) -> Self:
        """Learn from votes, and from gold where there is any.

        Gold that was drawn at random (it has inclusion probabilities) also corrects the model's
        scale and bias, measures it, and decides whether it may be published; gold from a learning
        queue only teaches.

        Raises
        ------
        LabelingError
            If the votes have another number of classes, or ``method`` is unknown.
        GoldError
            If gold names an item or class that does not exist.
        """
        if self.method not in get_args(Method):
            known = ", ".join(get_args(Method))
            raise LabelingError(f"there is no method {self.method!r}; take one of {known}")
        check_fit(votes, gold, self.n_classes)
        checked_balance(self.class_balance, self.n_classes)
        if gold is not None and not gold.n_gold:
            gold = None
        events = Events.of(votes, use_confidence=self._listens(votes))
        patterns = compress(votes, events)
        self._events = events
        self._worth: NDArray[np.float64] | None = None
        self._model: LinearModel | None = None
        self._corrected: Corrected | None = None
        self.comparison_ = self.calibration_ = None
        self.correlated_ = []
        self._choose(votes, patterns, gold)
        posterior = self._posterior(patterns)
        self._seen = (weakref.ref(votes), patterns.of_item, posterior)
        judged = posterior
        if self._corrected is not None and self._corrected.head is None:
            ensemble = self._corrected.ensemble
            self.why_ = ensemble.why(ensemble.deviates(patterns, posterior))
            judged = ensemble.beliefs(patterns.fired)
        measured = measured_voters(votes, gold)
        self.voters_ = believed_voters(patterns, events, judged, measured)
        names = [f"voter {j}" for j in range(votes.n_voters)]
        if self.voter_names is not None:
            names = list(self.voter_names)
        self.warnings_ = reasons_for_doubt(
            patterns, self.voters_, self.correlated_, names, self.comparison_, self.method_
        )
        if self._model is not None and votes.n_votes:
            self.warnings_ += lost_classes(patterns, events, posterior)
        if self._corrected is not None:
            ensemble = self._corrected.ensemble
            self.warnings_ += ensemble.doubts(ensemble.deviates(patterns, posterior))
            self.warnings_ += one_sided_gold(gold, posterior[patterns.of_item], self.n_classes)
        return self

    def _listens(self, votes: Votes) -> bool:
        if votes.confidence is None or self.method not in {"auto", "ibcc", "pattern_ds"}:
            return False
        if self.use_confidence is not None:
            return self.use_confidence
        return int(np.count_nonzero(np.bincount(votes.item))) >= MIN_CONFIDENT

    def _choose(self, votes: Votes, patterns: Patterns, gold: Gold | None) -> None:
        balance, k = self.class_balance, self.n_classes
        if self.method == "auto":
            if not votes.n_votes or (overlap(patterns) == 0 and gold is None):
                why = "no item has two votes, so nothing can be learnt about the voters"
                self._take_plain(Majority(k, class_balance=balance), votes, why)
            else:
                self._gather(votes, patterns, gold)
            return
        why = "it was asked for"
        if self.method == "majority":
            self._take_plain(Majority(k, class_balance=balance), votes, why)
        elif self.method == "weighted_majority":
            self._take_plain(WeightedMajority(k, class_balance=balance), votes, why)
        else:
            taught = count_gold(patterns, gold, k)
            self._model = linear_model(self.method, k, balance).fit_patterns(
                patterns, self._events, taught
            )
            self.method_, self.why_ = self.method, why
            self.class_balance_ = self._model.class_balance_

    def _take_plain(self, model: Majority | WeightedMajority, votes: Votes, why: str) -> None:
        model.fit(votes)
        self._corrected = None
        self._worth = model.weight_ if isinstance(model, WeightedMajority) else None
        self.method_ = "majority" if isinstance(model, Majority) else "weighted_majority"
        self.why_ = why
        self.class_balance_ = model.class_balance_

    def _gather(self, votes: Votes, patterns: Patterns, gold: Gold | None) -> None:
        """Fit the ensemble; let gold that was drawn at random correct it, or choose beside it."""
        random = gold is not None and gold.probability is not None
        taught = count_gold(patterns, None if random else gold, self.n_classes)
        ensemble = Ensemble.fit(patterns, self._events, taught, self.class_balance)
        self._corrected, self.method_ = Corrected(ensemble), "ensemble"
        self.class_balance_ = ensemble.balance
        pairs = ensemble.reading.members.pattern_ds.redundancy_
        copied = copies(patterns, self._events, always=True)
        self.correlated_ = correlated_voters(pairs, self._events, copied)
        if gold is None or gold.probability is None:
            return
        verdict = decide(ensemble, patterns, gold, self.random_state)
        self.comparison_, self.calibration_ = verdict.against_majority, verdict.calibration
        if verdict.majority_is_better:
            plain = Majority(self.n_classes, class_balance=self.class_balance)
            self._take_plain(plain, votes, verdict.why)
            return
        if verdict.head is not None:
            self._corrected = Corrected(ensemble, verdict.head, verdict.keep_labels)
            self.method_, self.why_ = "ensemble and gold", verdict.why
        if self.class_balance is None:
            self.class_balance_ = balance_with_gold(self.class_balance_, gold)

    def _posterior(self, patterns: Patterns) -> NDArray[np.float64]:
        if self._corrected is not None:
            covered = patterns.covered
            if covered.all():
                return self._corrected.posterior(patterns.fired)
            score = np.tile(self.class_balance_, (patterns.n_patterns, 1))
            score[covered] = self._corrected.posterior(sparse.csr_array(patterns.fired[covered]))
            return score
        if self._model is None:
            own = own_class(self._events)
            if self._worth is not None:
                own *= self._worth[self._events.voter][:, None]
            score = vote_shares(patterns.fired, own, self.class_balance_)
            if self.method == "auto":  # a single vote is no certainty
                n_votes = patterns.n_votes[:, None]
                score = (n_votes * score + 1 / self.n_classes) / (n_votes + 1)
        else:
            model, fired = self._model, patterns.fired
            terms = model.terms if self.method == "dawid_skene" else model.sobered_terms
            score = normalised(terms(fired).logit())
        score[~patterns.covered] = self.class_balance_
        return score

    def worth(self, votes: Votes) -> PanelWorth:
        """Return what each voter is worth, and which few would do; of the ensemble only.

        Raises
        ------
        LabelingError
            If another method was taken: it does not know what voters are worth to each other.
        """
        if self._corrected is None:
            raise LabelingError(
                f"what voters are worth is known of the ensemble only, and this is {self.method_}: "
                f"{self.why_}"
            )
        patterns = compress(votes, self._events)
        ensemble = self._corrected.ensemble
        return panel_worth(
            self._corrected.posterior, patterns, self._events, ensemble.alike(), ensemble.copies
        )

    def predict_proba(self, votes: Votes) -> NDArray[np.float64]:
        """Return posteriors, shape (n_items, n_classes); the prior where nobody voted.

        ``votes`` need not be those of :meth:`fit`, but come from the same panel of voters.
        """
        if not hasattr(self, "method_"):
            raise LabelingError("the label model predicts after fit, not before")
        if self._seen is not None and self._seen[0]() is votes:
            return self._seen[2][self._seen[1]]
        patterns = compress(votes, self._events)
        return self._posterior(patterns)[patterns.of_item]

    def __getstate__(self) -> dict[str, object]:
        """Leave out what was kept of the fitted votes; it only saves time."""
        return {**self.__dict__, "_seen": None}

    def predict(self, votes: Votes) -> NDArray[np.int64]:
        """Return the most probable class, -1 (undecided) for a tie and where nobody voted."""
        return decided(self.predict_proba(votes), votes)
