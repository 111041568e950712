"""The gold head: reviewed items teach which candidates to believe, by their votes and their words."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

from labeling.consensus.spans.candidates import Candidates

SD_TYPE = 0.5
"""Prior standard deviation of what is added for a type, in nats."""

SD_VOTER = 0.3
"""Prior standard deviation of what is added for a voter's mark, in nats."""

SD_WORD = 1.5
"""Prior standard deviation of what is added for a word, in nats."""

LEAST = 0.4
"""Probability that a candidate must have to be taken: F1 is greatest at half of what it comes to."""


class GoldHead:
    r"""Ridge logistic regression on candidates of reviewed items, with the label model as its offset.

    .. math:: \text{logit}_c = \text{log odds}_c + b_{\text{type}} + \sum_j a_j + \sum_w d_w

    over the voters that marked the candidate and, where there are texts, over its words and those
    around it. With nothing to learn from it is the label model itself. Where the threshold lies:
    Lipton, Elkan and Naryanaswamy (2014), *Optimal thresholding of classifiers to maximize F1*, ECML.

    Attributes
    ----------
    weight_ : dict of float
        What is added for each type, voter and word that reviewed items have, in nats.

    Examples
    --------
    >>> from labeling.span_votes import SpanVotes
    >>> from labeling.spans import Spans
    >>> marks = Spans.of([(i, 0, 5, 0) for i in range(40)], n_items=40, n_types=1)
    >>> candidates = Candidates.of(SpanVotes(marks, np.arange(40) % 2, n_voters=2))
    >>> head = GoldHead().fit(candidates, np.zeros(40), None, np.arange(40) % 2)
    >>> added = head.log_odds(candidates, np.zeros(40), None)
    >>> bool(added[0] < 0 < added[1])
    True
    """

    weight_: dict[str, float]

    def fit(
        self,
        candidates: Candidates,
        log_odds: NDArray[np.float64],
        texts: Sequence[str] | None,
        truth: NDArray[np.float64],
        kept: NDArray[np.bool_] | None = None,
    ) -> "GoldHead":
        """Learn from candidates of reviewed items.

        Parameters
        ----------
        candidates : Candidates
        log_odds : float array of shape (n_candidates,)
            What the label model says of each, in nats.
        texts : sequence of str, optional
        truth : float array of shape (n_candidates,)
            1 where the candidate is a span, 0 where it is none.
        kept : bool array of shape (n_candidates,), optional
            Those to learn from; all by default.
        """
        at = np.arange(len(truth)) if kept is None else np.flatnonzero(kept)
        names: dict[str, int] = {}
        rows, columns = list[int](), list[int]()
        for row, said in enumerate(_said(candidates, texts, at)):
            for each in said:
                rows.append(row)
                columns.append(names.setdefault(each, len(names)))
        x = sparse.csr_array(
            (np.ones(len(rows)), (rows, columns)), shape=(len(at), max(len(names), 1))
        )
        spread = np.array([_SPREAD[each[0]] for each in names] or [1.0])
        base, y = log_odds[at], truth[at]

        def loss(weight: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            logit = base + np.asarray(x @ weight)
            slope = expit(logit) - y
            fit = float(np.sum(np.logaddexp(0.0, logit) - y * logit))
            penalty = float(np.sum((weight / spread) ** 2)) / 2
            return fit + penalty, np.asarray(x.T @ slope) + weight / spread**2

        found = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B").x
        self.weight_ = dict(zip(names, found.tolist(), strict=False))
        return self

    def log_odds(
        self,
        candidates: Candidates,
        log_odds: NDArray[np.float64],
        texts: Sequence[str] | None,
    ) -> NDArray[np.float64]:
        """Return the corrected log odds that each candidate is a span, in nats."""
        known = self.weight_
        at = np.arange(len(log_odds))
        added = [
            sum(known.get(each, 0.0) for each in said) for said in _said(candidates, texts, at)
        ]
        return log_odds + np.array(added, dtype=np.float64)


_SPREAD = {"t": SD_TYPE, "v": SD_VOTER, "w": SD_WORD}


def _said(
    candidates: Candidates, texts: Sequence[str] | None, at: NDArray[np.int64]
) -> Iterator[list[str]]:
    """Yield what is known of each candidate; the first letter of each is what kind of thing it is."""
    marked = candidates.marked
    for row, (item, start, end, kind) in zip(
        at.tolist(), candidates.spans.take(at).rows(), strict=True
    ):
        voters = marked.indices[marked.indptr[row] : marked.indptr[row + 1]].tolist()
        said = [f"t {kind}", *(f"v {kind} {voter}" for voter in voters)]
        if texts is not None:
            said += [f"w {kind} {each}" for each in _words(texts[item], start, end)]
        yield said


def _words(text: str, start: int, end: int) -> Iterator[str]:
    words = text[start:end].lower().split() or [""]
    before, after = text[max(start - 40, 0) : start].lower(), text[end : end + 40].lower()
    yield f"whole {' '.join(words)}"
    yield f"first {words[0]}"
    yield f"last {words[-1]}"
    yield f"before {(before.split() or [''])[-1]}"
    yield f"after {(after.split() or [''])[0]}"
    yield f"ends {words[-1][-3:]}"
    yield f"words {min(len(words), 4)}"
