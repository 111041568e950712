"""The label model that everything else uses: the best of ours, and what to believe of it."""

import weakref
from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.consensus.counts.confidences import Confidences
from labeling.consensus.counts.events import Events
from labeling.consensus.counts.known import Known
from labeling.consensus.counts.linear import LinearModel, own_class, vote_shares
from labeling.consensus.counts.patterns import Patterns, compress
from labeling.consensus.counts.posterior import checked_balance, decided, normalised
from labeling.consensus.counts.vote_counts import VoteCounts, count_votes
from labeling.consensus.ensemble.copies import copies
from labeling.consensus.ensemble.ensemble import Ensemble
from labeling.consensus.models.methods import Method, check_method, linear_model
from labeling.consensus.models.weighted_majority import WeightedMajority
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
from labeling.consensus.worth import PanelWorth, panel_worth
from labeling.errors import LabelingError, VotesError
from labeling.gold import Gold
from labeling.quality.estimates.calibration import Calibration
from labeling.votes import Votes

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
        One of :data:`Method`. ``auto`` is the :class:`~labeling.consensus.ensemble.ensemble.Ensemble`, which
        deviates from the majority where independent ways of reading the panel agree; gold corrects
        it, or shows that it is better left alone, or that the majority is better.
    use_confidence : bool, optional
        Whether to use confidences; by default where at least :data:`MIN_CONFIDENT` items have votes.
    voter_names : sequence of str, optional
        Names for the warnings; ``voter 0``, ``voter 1``, ... by default.

    Attributes
    ----------
    method_, why_ : str
        Which algorithm is used: ``ensemble``, ``ensemble and gold``, ``majority`` or what was asked for; and why.
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
    _worth: NDArray[np.float64] | None
    _model: LinearModel | None
    _corrected: Corrected | None
    _seen: tuple[weakref.ref[Votes], NDArray[np.int64]] | None

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
        events = self.events(Confidences.of(votes))
        counts, of_item = count_votes(votes, events, gold)
        self.fit_counts(counts)
        self._seen = (weakref.ref(votes), of_item)
        return self

    def events(self, confidences: Confidences) -> Events:
        """Return the numbering that votes are counted by, given all their confidences."""
        used = self.use_confidence
        if used is None:
            used = confidences.n_covered >= MIN_CONFIDENT
        return confidences.events(used=used and self.method in {"auto", "ibcc", "pattern_ds"})

    def fit_counts(self, counts: VoteCounts) -> Self:
        """Learn from votes that were counted, in parts or as a whole: the model is the same.

        All by the numbering of :meth:`events`, see
        :func:`labeling.consensus.counts.vote_counts.count_votes`. Raises what :meth:`fit` does.

        Examples
        --------
        >>> parts = [Votes.from_matrix(rows, 2) for rows in ([[0, 0], [1, 0]], [[1, 1], [-1, 1]])]
        >>> model = LabelModel(2)
        >>> events = model.events(Confidences.of(parts[0]).merge(Confidences.of(parts[1])))
        >>> counts = [count_votes(part, events)[0] for part in parts]
        >>> model.fit_counts(counts[0].merge(*counts[1:])).predict(parts[1]).tolist()
        [1, 1]
        """
        check_method(self.method)
        patterns, events = counts.patterns, counts.events
        if events.n_classes != self.n_classes:
            raise VotesError(
                f"the label model is for {self.n_classes} classes, the votes have {events.n_classes}"
            )
        checked_balance(self.class_balance, self.n_classes)
        self._events, self._seen = events, None
        self._worth = self._model = self._corrected = self.comparison_ = self.calibration_ = None
        self.correlated_ = []
        self._choose(counts)
        posterior = self._posterior(patterns)
        self._fitted = Known(patterns.key, posterior)
        judged, doubts = posterior, list[str]()
        if self._corrected is not None:
            ensemble = self._corrected.ensemble
            overruled = ensemble.deviates(patterns, posterior)
            doubts = ensemble.doubts(overruled) + one_sided_gold(counts, posterior)
            if self._corrected.head is None:
                self.why_, judged = ensemble.why(overruled), ensemble.beliefs(patterns.fired)
        elif self._model is not None and patterns.covered.any():
            doubts = lost_classes(patterns, events, posterior)
        self.voters_ = believed_voters(patterns, events, judged, measured_voters(counts))
        names = list(self.voter_names or [f"voter {j}" for j in range(events.n_voters)])
        self.warnings_ = reasons_for_doubt(
            patterns, self.voters_, self.correlated_, names, self.comparison_, self.method_
        )
        self.warnings_ += doubts
        return self

    def _choose(self, counts: VoteCounts) -> None:
        patterns, why = counts.patterns, "it was asked for"
        if self.method == "auto":
            if patterns.covered.any() and (overlap(patterns) > 0 or counts.gold is not None):
                self._gather(counts)
            else:
                why = "no item has two votes, so nothing can be learnt about the voters"
                self._take_plain("majority", patterns, why)
        elif self.method in ("majority", "weighted_majority"):
            self._take_plain(self.method, patterns, why)
        else:
            model = linear_model(self.method, self.n_classes, self.class_balance)
            self._model = model.fit_patterns(patterns, self._events, counts.taught)
            self.method_, self.why_ = self.method, why
            self.class_balance_ = self._model.class_balance_

    def _take_plain(self, method: str, patterns: Patterns, why: str) -> None:
        self._corrected = None
        if method == "weighted_majority":
            plain = WeightedMajority(self.n_classes, class_balance=self.class_balance)
            self._worth = plain.fit_patterns(patterns, self._events).weight_
        self.method_, self.why_ = method, why
        self.class_balance_ = checked_balance(self.class_balance, self.n_classes)

    def _gather(self, counts: VoteCounts) -> None:
        """Fit the ensemble; let gold that was drawn at random correct it, or choose beside it."""
        patterns, gold = counts.patterns, counts.gold
        random = gold is not None and gold.probability is not None
        taught = np.zeros_like(counts.taught) if random else counts.taught
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
            self._take_plain("majority", patterns, verdict.why)
            return
        if verdict.head is not None:
            self._corrected = Corrected(ensemble, verdict.head, verdict.keep_labels)
            self.method_, self.why_ = "ensemble and gold", verdict.why
        if self.class_balance is None:
            self.class_balance_ = balance_with_gold(self.class_balance_, gold)

    def _posterior(self, patterns: Patterns) -> NDArray[np.float64]:
        if self._corrected is not None:
            score = np.tile(self.class_balance_, (patterns.n_patterns, 1))
            score[patterns.covered] = self._corrected.posterior(patterns.with_votes().fired)
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
            terms = self._model.terms if self.method == "dawid_skene" else self._model.sobered_terms
            score = normalised(terms(patterns.fired).logit())
        score[~patterns.covered] = self.class_balance_
        return score

    @property
    def panel(self) -> str | None:
        """Kind of the panel (:class:`labeling.consensus.ensemble.seats.Seats`); None without an ensemble."""
        return None if self._corrected is None else self._corrected.ensemble.seats.kind

    def worth(self, votes: Votes) -> PanelWorth:
        """Return what each voter is worth, and which few would do; of the ensemble only.

        Raises
        ------
        LabelingError
            If another method was taken.
        """
        if self._corrected is None:
            raise LabelingError(
                f"what voters are worth is known of the ensemble only, and this is {self.method_}: "
                f"{self.why_}"
            )
        patterns, _ = compress(votes, self._events)
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
            return self._fitted.posterior[self._seen[1]]
        patterns, of_item = compress(votes, self._events)
        return self._fitted.read(patterns, self._posterior)[of_item]

    def __getstate__(self) -> dict[str, object]:
        """Leave out which votes were fitted; it only saves time."""
        return {**self.__dict__, "_seen": None}

    def predict(self, votes: Votes) -> NDArray[np.int64]:
        """Return the most probable class, -1 (undecided) for a tie and where nobody voted."""
        return decided(self.predict_proba(votes), votes)
