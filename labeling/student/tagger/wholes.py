"""How likely a whole answer of a chain is, and that a text holds a type at all."""

import numpy as np
from numpy.typing import NDArray

from labeling.student.tagger.chain import Array, Group, Likely, forwards
from labeling.student.tagger.words import Words


def answer_probability(
    likely: Likely, follow: Array, words: Words, labels: NDArray[np.int64]
) -> Array:
    """Return how likely exactly these labels are, of shape (n_texts,): these spans, and no other.

    Parameters
    ----------
    likely : Likely
        See :func:`~labeling.student.tagger.chain.believe`; with the same ``follow``.
    follow : float array of shape (L, L)
        As there.
    words : Words
        The words; of a text without any the empty answer is certain.
    labels : int array of shape (n_words,)
        Legal ones.
    """
    at = np.arange(len(labels))
    with np.errstate(divide="ignore"):
        step = np.log(likely.emit[at, labels] / likely.scale)
        path = np.log(follow[labels[:-1], labels[1:]])
    within = np.ones(len(labels), dtype=np.bool_)
    within[words.first[:-1][np.diff(words.first) > 0]] = False
    step[1:] += np.where(within[1:], path, 0.0)
    return np.minimum(np.exp(_by_text(step, words)), 1.0)


def type_probability(
    scores: Array, follow: Array, first: Array, words: Words, many: list[Group]
) -> Array:
    """Return how likely each text holds a span of each type, of shape (n_texts, n_types).

    All that labels without a type weigh, over all that labels weigh, is how likely it is not there.
    Parameters are those of :func:`~labeling.student.tagger.chain.believe`.
    """

    def log_total(scores: Array) -> Array:
        top = scores.max(axis=1, keepdims=True)
        _, scale = forwards(np.exp(scores - top), follow, first, many)
        return _by_text(np.log(scale) + top[:, 0], words)

    every = log_total(scores)
    held: list[Array] = []
    for begin in range(1, scores.shape[1], 2):
        without = scores.copy()
        without[:, begin] = -np.inf
        held.append(-np.expm1(np.minimum(log_total(without) - every, 0.0)))
    return np.stack(held, axis=1)


def _by_text(of_word: Array, words: Words) -> Array:
    """Sum up over the words of each text."""
    sizes = np.diff(words.first)
    total = np.zeros(len(sizes))
    np.add.at(total, np.repeat(np.arange(len(sizes)), sizes), of_word)
    return total
