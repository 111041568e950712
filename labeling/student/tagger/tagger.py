"""The tagger: texts and soft spans in, spans with a probability out."""

# scipy and threadpoolctl publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from labeling.errors import LabelingError
from labeling.student.tagger.chain import Array, believe, groups, legal, likeliest, span_probability
from labeling.student.tagger.soft_spans import SoftSpans
from labeling.student.tagger.targets import Targets, targets_of
from labeling.student.tagger.wholes import answer_probability, type_probability
from labeling.student.tagger.words import Words, features_of, words_of

PENALTY = 1.0
"""L2 penalty, in words of weight 1."""

MAX_STEPS = 60
"""L-BFGS steps."""

COMMON = 2
"""Features that fewer words show are left out: nothing in other texts is known by them."""

MOST_WORDS = 400_000
"""Words that are learnt from, at most; more texts are drawn from at random."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a tagger says of some texts.

    Parameters
    ----------
    spans : SoftSpans
        As :meth:`Tagger.predict` gives them.
    answer : float array of shape (n_texts,)
        How likely the spans of each text are right and no other is missing, 0..1; also where there are none.
    holds : float array of shape (n_texts, n_types)
        How likely each text holds any span of each type, 0..1. What is no part of the answer stays
        below ``1 - answer``, or at it; what is part of it at ``answer`` or above.
    """

    spans: SoftSpans
    answer: Array
    holds: Array


class Tagger:
    """A linear-chain conditional random field on hashed features of words.

    It learns from expected labels instead of certain ones: what it minimises is the cross entropy
    between the labels that soft spans mean and its own, with an L2 penalty.

    Parameters
    ----------
    types : sequence of str
        Names of the types.
    penalty : float
        ``> 0``, see :data:`PENALTY`.
    random_state : int
        Seed of the draw of texts where there are too many.

    Attributes
    ----------
    coef_ : float array of shape (n_features, L)
        Scores of labels by feature; labels as in :mod:`labeling.student.tagger.targets`.
    follow_ : float array of shape (L, L)
        Scores of labels that follow each other.

    Examples
    --------
    >>> texts = ["take aspirin now", "take lithium daily", "a daily walk", "now walk"]
    >>> spans = SoftSpans.of([0, 1], [5, 5], [12, 12], [0, 0], [0.9, 0.9])
    >>> found = Tagger(["Drug"], penalty=0.01).fit(texts, spans).predict(["take iron now"])
    >>> found.start.tolist(), found.end.tolist()
    ([5], [9])
    """

    def __init__(
        self, types: Sequence[str], *, penalty: float = PENALTY, random_state: int = 0
    ) -> None:
        self.types = tuple(types)
        self.penalty = penalty
        self.random_state = random_state

    def fit(
        self,
        texts: Sequence[str],
        spans: SoftSpans,
        weights: NDArray[np.float64] | None = None,
        start: "Tagger | None" = None,
    ) -> Self:
        """Learn from soft spans.

        Parameters
        ----------
        texts : sequence of n_texts str
            The texts, those without spans too.
        spans : SoftSpans
            What stands in them.
        weights : float array of shape (n_texts,), optional
            What each text counts, ``>= 0``; 1 by default. Give 0 to texts of which nobody spoke.
        start : Tagger, optional
            Fitted to nearly the same: the search begins there.

        Raises
        ------
        LabelingError
            If a span is none of its text, or no text with words has weight.
        """
        spans.checked([len(text) for text in texts], len(self.types))
        weight = np.ones(len(texts)) if weights is None else np.asarray(weights, dtype=np.float64)
        chosen = self._chosen(texts, weight)
        number = np.full(len(texts), -1)
        number[chosen] = np.arange(len(chosen))
        mine = np.flatnonzero(number[spans.item] >= 0)
        soft = SoftSpans(
            number[spans.item[mine]],
            spans.start[mine],
            spans.end[mine],
            spans.type[mine],
            spans.probability[mine],
        )
        words = words_of([texts[i] for i in list[int](chosen.tolist())])
        weight = weight[chosen]
        if not len(words.word):
            raise LabelingError(
                f"none of the {len(texts)} texts has words and weight to learn from: no voter spoke "
                "and there is no gold; add a rule that fires, or review some items"
            )
        targets = targets_of(words, soft, len(self.types), weight)
        self._search(words, targets, np.repeat(weight, np.diff(words.first)), start)
        return self

    def predict(self, texts: Sequence[str]) -> SoftSpans:
        """Mark texts.

        Returns
        -------
        SoftSpans
            The spans of the likeliest legal labels: whole words, none of them overlapping, ordered
            by text and start. The probability of each is that of exactly this span.
        """
        return self.read(texts).spans

    def read(self, texts: Sequence[str]) -> Reading:
        """Mark texts, and tell how likely each whole answer is, by the same chain.

        Examples
        --------
        >>> texts = ["take aspirin now", "take lithium daily", "a daily walk", "now walk"]
        >>> spans = SoftSpans.of([0, 1], [5, 5], [12, 12], [0, 0], [0.9, 0.9])
        >>> said = Tagger(["Drug"], penalty=0.01).fit(texts, spans).read(["take iron now", "now walk"])
        >>> said.spans.item.tolist(), said.answer.round(1).tolist(), said.holds.round(1).tolist()
        ([0], [0.6, 1.0], [[0.6], [0.0]])
        """
        words = words_of(texts)
        if not len(words.word):
            nothing = SoftSpans.of([], [], [], [], [])
            return Reading(nothing, np.ones(len(texts)), np.zeros((len(texts), len(self.types))))
        scores = self._scores(features_of(words))
        follow, first = self._chain()
        many = groups(words)
        with np.errstate(divide="ignore"):
            labels = likeliest(scores, np.log(follow), first, many)
        begins = np.flatnonzero(labels % 2 == 1)
        stops = np.flatnonzero(np.append((labels % 2 == 1) | (labels == 0), True))
        ends = stops[np.searchsorted(stops, begins, "right")]
        kind = (labels[begins] - 1) // 2
        item = np.searchsorted(words.first, begins, "right") - 1
        ends = np.minimum(ends, words.first[item + 1])
        likely = believe(scores, follow, first, many, np.ones(len(scores)))
        sure = span_probability(likely, follow, words, begins, ends, kind)
        return Reading(
            SoftSpans.of(item, words.start[begins], words.end[ends - 1], kind, sure),
            answer_probability(likely, follow, words, labels),
            type_probability(scores, follow, first, words, many),
        )

    def _chosen(self, texts: Sequence[str], weight: Array) -> NDArray[np.int64]:
        """Return which texts to learn from."""
        order = np.random.default_rng(self.random_state).permutation(np.flatnonzero(weight > 0))
        sizes = np.array([len(texts[i]) for i in order.tolist()]) / 5
        return np.sort(order[np.cumsum(sizes) - sizes < MOST_WORDS])

    def _scores(self, x: Any) -> Array:
        return np.asarray(x @ self.coef_.astype(np.float32), dtype=np.float64)

    def _chain(self) -> tuple[Array, Array]:
        follow, first = legal(len(self.types))
        return np.exp(self.follow_) * follow, first.astype(np.float64)

    def _search(
        self, words: Words, targets: Targets, weight: Array, start: "Tagger | None"
    ) -> None:
        x = features_of(words)
        shown = np.bincount(x.indices, minlength=x.shape[1])
        active = np.flatnonzero(shown >= COMMON)
        n_features, n_labels = x.shape[1], targets.labels.shape[1]
        x = x[:, active]
        x_t = x.T.tocsr()
        many = groups(words)
        may, may_first = legal(len(self.types))
        first = may_first.astype(np.float64)
        wanted = np.asarray(x_t @ (targets.labels * weight[:, None]).astype(np.float32))
        curvature = np.asarray(x_t @ weight.astype(np.float32), dtype=np.float64) / 4 + self.penalty
        inner = curvature[:, None] ** -0.5
        outer = (float(weight.sum()) / 4) ** -0.5
        scale, size = 1.0 / float(weight.sum()), n_labels * n_labels

        def loss(flat: Array) -> tuple[float, Array]:
            follow = outer * flat[:size].reshape(n_labels, n_labels)
            coef = inner * flat[size:].reshape(len(active), n_labels)
            scores = np.asarray(x @ coef.astype(np.float32), dtype=np.float64)
            likely = believe(scores, np.exp(follow) * may, first, many, weight)
            told = float(np.sum(wanted * coef)) + float(np.sum(targets.pairs * follow * may))
            value = (
                likely.log_total
                - told
                + self.penalty / 2 * float(np.sum(coef**2) + np.sum(follow**2))
            )
            seen = np.asarray(x_t @ (likely.labels * weight[:, None]).astype(np.float32))
            slope = seen - wanted + self.penalty * coef
            turn = (likely.pairs - targets.pairs) * may + self.penalty * follow
            gradient = np.concatenate([outer * turn.ravel(), (inner * slope).ravel()])
            return scale * value, scale * gradient

        begin = np.zeros(size + len(active) * n_labels)
        if start is not None:
            begin[:size] = start.follow_.ravel() / outer
            begin[size:] = (start.coef_[active] / inner).ravel()
        with threadpool_limits(1):  # products are small: threads would only wait for each other
            found: Any = minimize(
                loss,
                begin,
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": MAX_STEPS, "gtol": 1e-6, "ftol": 1e-5, "maxcor": 6},
            )
        self.n_steps_ = int(found.nit)
        self.follow_: Array = outer * found.x[:size].reshape(n_labels, n_labels)
        self.coef_: Array = np.zeros((n_features, n_labels))
        self.coef_[active] = inner * found.x[size:].reshape(len(active), n_labels)
