"""The spans that everything else uses: the best of our readings, and why it was taken."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from labeling.consensus.spans import gold_head, proposals
from labeling.consensus.spans.abbreviations import with_short_forms
from labeling.consensus.spans.agreement import Counts
from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.decoding import best_set
from labeling.consensus.spans.gold_head import GoldHead
from labeling.consensus.spans.hmm import SpanHMM
from labeling.consensus.spans.keys import places
from labeling.consensus.spans.longest import longest_credible
from labeling.consensus.spans.majority import by_span
from labeling.consensus.spans.proposals import ProposalModel
from labeling.counted import counted
from labeling.errors import LabelingError, VotesError
from labeling.span_votes import ReviewedSpans, SpanVotes
from labeling.spans import Spans

FOLDS = 5
"""Parts that reviewed items are split into; each is judged by a head that the others taught."""

SURE = 2.0
"""Standard errors that a reading must gain on reviewed items to be taken; several are compared at once."""

START = "longest credible"

SHORT_FORMS = " with short forms"


@dataclass(frozen=True, slots=True, eq=False)
class SpanConsensus:
    """A legal set of spans and how far each is to be believed.

    Parameters
    ----------
    spans : Spans
        No two overlap; ordered by item and start.
    probability : float array of shape (n_spans,)
        That it is a span, with these offsets and this type, 0..1; without reviewed items right about
        the order rather than the level.
    """

    spans: Spans
    probability: NDArray[np.float64]


class SpanLabelModel:
    """One legal set of spans for each item out of what many voters marked.

    The readings are the :func:`~labeling.consensus.spans.longest.longest_credible` spans, and two
    models that start from them: the :class:`~labeling.consensus.spans.proposals.ProposalModel` and the
    :class:`~labeling.consensus.spans.hmm.SpanHMM`. Without reviewed items the one is taken that agrees
    most with the single voters; where there are texts, short forms that a text introduces for its
    spans are added. Reviewed items teach a :class:`~labeling.consensus.spans.gold_head.GoldHead` and
    decide, by F1 on items that the head was not taught: the head is taken if it gains anything there,
    since it starts from what it corrects; another reading if it gains more than :data:`SURE` standard errors.

    Parameters
    ----------
    random_state : int
        Seed of how reviewed items are split.

    Attributes
    ----------
    method_ : str
        ``proposals``, ``sequence``, ``longest credible``, ``majority`` or ``gold head``, each also
        ``with short forms``.
    why_ : str
        Why, in plain words.
    scores_ : dict of float
        F1 of each reading on the reviewed items, 0..1; without them, its mean F1 with the voters.

    Examples
    --------
    >>> marks = [(0, 0, 9, 0), (0, 4, 9, 0), (1, 0, 9, 0), (1, 0, 9, 0)]
    >>> votes = SpanVotes(Spans.of(marks, n_items=2, n_types=1), np.array([0, 1, 0, 1]), n_voters=2)
    >>> model = SpanLabelModel().fit(votes)
    >>> model.method_, model.predict(votes).spans.rows()
    ('longest credible', [(0, 0, 9, 0), (1, 0, 9, 0)])
    """

    method_: str
    why_: str
    scores_: dict[str, float]

    def __init__(self, *, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(
        self,
        votes: SpanVotes,
        texts: Sequence[str] | None = None,
        reviewed: ReviewedSpans | None = None,
    ) -> "SpanLabelModel":
        """Learn from votes, from texts and from reviewed items where there are any.

        Parameters
        ----------
        votes : SpanVotes
        texts : sequence of str, optional
            The text of each item; offsets then count its characters.
        reviewed : ReviewedSpans, optional
            Items drawn at random that people went through.

        Raises
        ------
        VotesError
            If there are not as many texts or reviewed items as the votes have items, types differ, or
            a span ends behind its text.
        """
        _check(votes, texts, reviewed)
        candidates = Candidates.of(votes)
        self._proposals = ProposalModel().fit(candidates)
        self._sequence = SpanHMM().fit(votes)
        self._head: GoldHead | None = None
        readings = self._readings(candidates, self._proposals.log_odds(candidates))
        self.scores_ = {name: _with_voters(candidates, one) for name, one in readings.items()}
        member = max((START, "proposals", "sequence"), key=self.scores_.__getitem__)
        self.method_ = member + (SHORT_FORMS if texts is not None else "")
        told = ", ".join(f"{score:.3f} for {name}" for name, score in self.scores_.items())
        self.why_ = f"mean F1 with each voter is {told}"
        if reviewed is not None and len(reviewed.item) >= FOLDS:
            known = reviewed.mask
            few = None
            if texts is not None:
                few = [text for text, one in zip(texts, known.tolist(), strict=True) if one]
            self._judge(Candidates.of(votes.of(known)), few, reviewed.spans.of_items(known))
        return self

    def _readings(self, candidates: Candidates, log_odds: NDArray[np.float64]) -> dict[str, Spans]:
        worth = expit(log_odds) - proposals.LEAST
        return {
            "majority": candidates.spans.take(by_span(candidates)),
            START: candidates.spans.take(longest_credible(candidates)),
            "proposals": candidates.spans.take(best_set(candidates.spans, worth)),
            "sequence": self._sequence.predict(candidates.votes),
        }

    def _judge(self, candidates: Candidates, texts: Sequence[str] | None, truth: Spans) -> None:
        """Let reviewed items teach a head, and choose among the readings on what it was not taught."""
        log_odds = self._proposals.log_odds(candidates)
        readings = self._readings(candidates, log_odds)
        stretch = max(candidates.spans.stretch, truth.stretch)
        place = places(candidates.spans.key(stretch), np.sort(truth.key(stretch)))
        right = (place >= 0).astype(np.float64)
        fold = np.random.default_rng(self.random_state).permutation(truth.n_items) % FOLDS
        untaught = np.zeros(len(right))
        for part in range(FOLDS):
            away = fold[candidates.spans.item] == part
            head = GoldHead().fit(candidates, log_odds, texts, right, ~away)
            untaught[away] = head.log_odds(candidates, log_odds, texts)[away]
        readings["gold head"] = _by_head(candidates, expit(untaught))
        if texts is not None:
            longer = {name: with_short_forms(one, texts)[0] for name, one in readings.items()}
            readings |= {name + SHORT_FORMS: one for name, one in longer.items()}
        counts = {name: Counts.of(one, truth) for name, one in readings.items()}
        self.scores_ = {name: each.f1() for name, each in counts.items()}
        default = self.method_
        head = "gold head" + (SHORT_FORMS if default.endswith(SHORT_FORMS) else "")
        gains = {name: each.gain_over(counts[default]) for name, each in counts.items()}
        better = {
            name: gain
            for name, (gain, error) in gains.items()
            if gain > (0.0 if name == head else SURE * error)
        }
        on = f"on {counted(truth.n_items, 'reviewed item')}"
        self.why_ = f"{on} no other reading does clearly better"
        if better:
            self.method_ = max(better, key=lambda name: better[name])
            gain, error = gains[self.method_]
            self.why_ = (
                f"{on} it gains {gain:.3f} F1 over {default}, with a standard error of {error:.3f}"
            )
        if self.method_.startswith("gold head"):
            self._head = GoldHead().fit(candidates, log_odds, texts, right)

    def predict(self, votes: SpanVotes, texts: Sequence[str] | None = None) -> SpanConsensus:
        """Return the spans of some votes of the same voters.

        Parameters
        ----------
        votes : SpanVotes
            Those of :meth:`fit`, or others of the same panel.
        texts : sequence of str, optional
            The text of each item; needed if the model was fitted with texts.

        Raises
        ------
        LabelingError
            If the model was not fitted, or texts are missing.
        """
        if not hasattr(self, "method_"):
            raise LabelingError("the label model of spans predicts after fit, not before")
        if texts is None and SHORT_FORMS in self.method_:
            raise LabelingError("the label model of spans was fitted with texts, but now has none")
        _check(votes, texts, None)
        candidates = Candidates.of(votes)
        log_odds = self._proposals.log_odds(candidates)
        if self._head is not None:
            log_odds = self._head.log_odds(candidates, log_odds, texts)
            spans = _by_head(candidates, expit(log_odds))
        else:
            name = self.method_.removesuffix(SHORT_FORMS)
            spans = self._readings(candidates, log_odds)[name]
        believed = _looked_up(spans, candidates.spans, expit(log_odds), 0.5)
        source = np.arange(spans.n_spans)
        if texts is not None and SHORT_FORMS in self.method_:
            spans, source = with_short_forms(spans, texts)
        order = np.lexsort((spans.start, spans.item))
        return SpanConsensus(spans.take(order), believed[source][order])


def _with_voters(candidates: Candidates, spans: Spans) -> float:
    """Return the mean F1 of a reading with each voter that marked anything, 0..1."""
    found = _looked_up(candidates.spans, spans, np.ones(spans.n_spans), 0.0)
    both = np.asarray(candidates.marked.T @ found)
    cast = np.asarray(candidates.marked.sum(axis=0)).ravel()
    spoke = cast > 0
    return float(np.mean(2 * both[spoke] / (cast[spoke] + spans.n_spans))) if spoke.any() else 1.0


def _by_head(candidates: Candidates, probability: NDArray[np.float64]) -> Spans:
    return candidates.spans.take(best_set(candidates.spans, probability - gold_head.LEAST))


def _looked_up(
    spans: Spans, known: Spans, value: NDArray[np.float64], otherwise: float
) -> NDArray[np.float64]:
    """Return the values of spans by those of known ones, each of which stands there once."""
    stretch = max(spans.stretch, known.stretch)
    key = known.key(stretch)
    by_key = np.argsort(key)
    place = places(spans.key(stretch), key[by_key])
    return np.where(place >= 0, np.append(value[by_key], otherwise)[place], otherwise)


def _check(votes: SpanVotes, texts: Sequence[str] | None, reviewed: ReviewedSpans | None) -> None:
    n_items, n_types = votes.spans.n_items, votes.spans.n_types
    if reviewed is not None and (reviewed.spans.n_items, reviewed.spans.n_types) != (
        n_items,
        n_types,
    ):
        raise VotesError(
            f"votes are on {n_items} items and {n_types} types, reviewed spans on "
            f"{reviewed.spans.n_items} and {reviewed.spans.n_types}"
        )
    if texts is None:
        return
    if len(texts) != n_items:
        raise VotesError(f"votes are on {n_items} items, but there are {len(texts)} texts")
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=n_items)
    behind = votes.spans.end > lengths[votes.spans.item]
    if behind.any():
        at = int(np.argmax(behind))
        raise VotesError(
            f"a mark of voter {votes.voter[at]} in item {votes.spans.item[at]} ends at "
            f"{votes.spans.end[at]}, but its text has {lengths[votes.spans.item[at]]} characters; "
            f"{counted(int(behind.sum()), 'such mark')} in all"
        )
