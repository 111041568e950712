"""The sequence model: a hidden Markov model over the pieces of text that somebody marked."""

import numpy as np
from numpy.typing import NDArray

from labeling.consensus.spans.candidates import Candidates
from labeling.consensus.spans.chains import Chains
from labeling.consensus.spans.longest import longest_credible
from labeling.consensus.spans.pieces import Pieces
from labeling.span_votes import SpanVotes
from labeling.spans import Spans

ROUNDS = 4
"""Rounds of expectation-maximisation; as skweak's, whose default this is."""

PRIOR = 1.0
"""Observations of each kind in each state that are taken for seen before any is."""


class SpanHMM:
    r"""Tags of pieces as hidden states, marks of voters as what they emit.

    States are *outside*, *a span of type t begins* and *goes on*. A voter says one of these of each
    piece, given the state independently of the others; silence is a saying too. A state that nobody
    named is not possible, outside always is; between pieces that nobody marked all is outside. Learnt
    by expectation-maximisation from the longest credible spans on.

    Lison, Barnes and Hubin (2021), *skweak: weak supervision made easy for NLP*, ACL demonstrations;
    Li et al. (2021), *BERTifying the hidden Markov model for multi-source weakly supervised NER*, ACL.
    There the places are tokens; pieces ask for no tokens, and say the same as long as no voter splits
    one.

    Attributes
    ----------
    move_ : float array of shape (n_states, n_states)
        Probability of the next state (column) given this one (row).
    say_ : float array of shape (n_voters, n_tags + 1, n_states)
        Probability of each tag, and last of silence, in each state.

    Examples
    --------
    >>> marks = Spans.of([(0, 0, 9, 0), (0, 0, 9, 0), (0, 4, 9, 0)], n_items=1, n_types=1)
    >>> votes = SpanVotes(marks, np.array([0, 1, 2]), n_voters=3)
    >>> SpanHMM().fit(votes).predict(votes).rows()
    [(0, 0, 9, 0)]
    """

    move_: NDArray[np.float64]
    say_: NDArray[np.float64]

    def fit(self, votes: SpanVotes) -> "SpanHMM":
        """Learn how spans follow each other and what voters say of them."""
        pieces, candidates = Pieces.of(votes), Candidates.of(votes)
        start = candidates.spans.take(longest_credible(candidates))
        posterior = np.eye(pieces.n_tags + 1)[pieces.tags_of(start)]
        chains = Chains.of(pieces.joined)
        self._learn(pieces, posterior, chains.moves(posterior))
        for _ in range(ROUNDS if len(posterior) else 0):
            posterior, moves = chains.posterior(self._likelihood(pieces), self.move_)
            self._learn(pieces, posterior, moves)
        return self

    def _learn(
        self, pieces: Pieces, posterior: NDArray[np.float64], moves: NDArray[np.float64]
    ) -> None:
        n_voters, n_states = pieces.votes.n_voters, pieces.n_tags + 1
        moves = moves + PRIOR
        moves[_illegal(n_states)] = 0.0
        self.move_ = moves / moves.sum(axis=1, keepdims=True)
        said = np.asarray(pieces.said.T @ posterior).reshape(n_voters, pieces.n_tags, n_states)
        total = posterior.sum(axis=0)
        silent = np.maximum(total - said.sum(axis=1, keepdims=True), 0.0)
        counts = np.concatenate([said, silent], axis=1) + PRIOR
        self.say_ = counts / counts.sum(axis=1, keepdims=True)

    def _log_likelihood(self, pieces: Pieces) -> NDArray[np.float64]:
        log_say = np.log(self.say_)
        spoken = (log_say[:, :-1] - log_say[:, -1:]).reshape(-1, log_say.shape[2])
        said = np.asarray(pieces.said @ spoken) + log_say[:, -1].sum(axis=0)
        named = np.column_stack([np.ones(len(said)), pieces.tag_votes]) > 0
        return np.where(named, said - said.max(axis=1, keepdims=True, initial=-np.inf), -1e9)

    def _likelihood(self, pieces: Pieces) -> NDArray[np.float64]:
        log = self._log_likelihood(pieces)
        return np.exp(log - log.max(axis=1, keepdims=True))

    def predict(self, votes: SpanVotes) -> Spans:
        """Return the most probable legal spans of some votes of the same voters."""
        pieces = Pieces.of(votes)
        if not len(pieces.start):
            return Spans.of([], votes.spans.n_items, votes.spans.n_types)
        with np.errstate(divide="ignore"):
            log_move = np.log(self.move_)
        path = Chains.of(pieces.joined).best_path(self._log_likelihood(pieces), log_move)
        return pieces.spans_of(path)


def _illegal(n_states: int) -> NDArray[np.bool_]:
    """Tell which moves go on with a span that is not there."""
    state = np.arange(n_states)
    goes_on, kind = (state > 0) & (state % 2 == 0), (state + 1) // 2
    return goes_on[None, :] & (kind[:, None] != kind[None, :])
