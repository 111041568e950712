"""The label model over proposals: how far each candidate is to be believed, boundaries included."""

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.longest import longest_credible
from labeling.consensus.spans.relations import Relation, relations

BELIEVED = 0.9
"""Probability that the longest credible candidates have to start from; the others have 1 minus it."""

PRIOR = 10.0
"""Candidates of each kind that are taken for seen before any is, with what voters mostly do."""

LEAST = 0.2
"""Probability that a candidate must have to be worth taking."""


class ProposalModel:
    r"""Naive Bayes over what voters do at a candidate: mark the same, more, less, across it, nothing.

    .. math::
        \text{logit}_c = \log\frac{\pi_t}{1 - \pi_t}
            + \sum_j \log\frac{P(\text{relation}_{jc} \mid \text{span})}
                              {P(\text{relation}_{jc} \mid \text{none})}

    with the sum over voters that spoke, or that speak of the type and were silent. The event model of
    Dawid and Skene (1979), *Applied Statistics* 28(1), on the relations of :class:`Relation`; so a
    voter that usually marks half of a name speaks for the longer candidate. Learnt in one round from
    the longest credible spans: with more rounds the model drifts away from what is true, since most
    candidates have one vote only, and nothing else holds it.

    Attributes
    ----------
    prior_ : float array of shape (n_types,)
        Share of the candidates of each type that are spans.
    evidence_ : float array of shape (n_types, n_voters * 5)
        Log odds of each relation over silence, in nats.
    silence_ : float array of shape (n_types,)
        Log odds of the silence of all voters that speak of the type.

    Examples
    --------
    >>> from labeling.span_votes import SpanVotes
    >>> from labeling.spans import Spans
    >>> marks = Spans.of([(0, 0, 9, 0), (0, 4, 9, 0)], n_items=1, n_types=1)
    >>> candidates = Candidates.of(SpanVotes(marks, np.array([0, 1]), n_voters=2))
    >>> log_odds = ProposalModel().fit(candidates).log_odds(candidates)
    >>> bool(log_odds[0] > log_odds[1])
    True
    """

    prior_: NDArray[np.float64]
    evidence_: NDArray[np.float64]
    silence_: NDArray[np.float64]

    def fit(self, candidates: Candidates) -> "ProposalModel":
        """Learn what voters do at spans and elsewhere."""
        said = relations(candidates)
        believed = np.where(longest_credible(candidates), BELIEVED, 1 - BELIEVED)
        n_types, n_kinds = candidates.spans.n_types, len(Relation)
        speaks = candidates.votes.speaks
        self.prior_ = np.full(n_types, 0.5)
        self.evidence_ = np.zeros((n_types, said.shape[1]))
        self.silence_ = np.zeros(n_types)
        for t in range(n_types):
            of_type = candidates.spans.type == t
            if not of_type.any():
                continue
            mass = np.stack([believed, 1 - believed]) * of_type
            total = mass.sum(axis=1)
            self.prior_[t] = (total[0] + PRIOR) / (total.sum() + 2 * PRIOR)
            counts = np.asarray(said.T @ mass.T).T.reshape(2, -1, n_kinds)
            silent = np.maximum(total[:, None] - counts.sum(axis=2), 0.0)
            counts = np.concatenate([counts, silent[:, :, None]], axis=2)
            usual = counts.sum(axis=0) / total.sum()
            share = (counts + PRIOR * usual) / (total + PRIOR)[:, None, None]
            heard = usual[:, -1] < 1
            with np.errstate(divide="ignore", invalid="ignore"):
                odds = np.where(usual > 0, np.log(share[0] / share[1]), 0.0)
            silence = np.where(speaks[:, t] & heard, odds[:, -1], 0.0)
            self.silence_[t] = silence.sum()
            self.evidence_[t] = (odds[:, :-1] - silence[:, None]).ravel()
        return self

    def log_odds(self, candidates: Candidates) -> NDArray[np.float64]:
        """Return the log odds that each candidate is a span, shape (n_candidates,), in nats."""
        said, kind = relations(candidates), candidates.spans.type
        spoken = np.asarray(said @ self.evidence_.T)[np.arange(len(kind)), kind]
        return np.log(self.prior_ / (1 - self.prior_))[kind] + self.silence_[kind] + spoken
