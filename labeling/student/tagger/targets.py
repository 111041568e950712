"""From soft spans to what each word should be: the begin of a span, its inside, or neither.

Labels are numbered 0 (outside), ``1 + 2 k`` (begin of type ``k``) and ``2 + 2 k`` (inside).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.student.tagger.soft_spans import SoftSpans
from labeling.student.tagger.words import Words

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Expected labels under soft spans.

    Parameters
    ----------
    labels : float array of shape (n_words, L)
        Probability of each label; rows sum to 1.
    pairs : float array of shape (L, L)
        Expected number of each label followed by each other in a text, weighed.
    """

    labels: Array
    pairs: Array


def targets_of(words: Words, spans: SoftSpans, n_types: int, weights: Array) -> Targets:
    """Return expected labels.

    Spans that share a word exclude each other: where their probabilities sum to more than 1, they
    are scaled down. Spans that share none are independent.

    Parameters
    ----------
    words : Words
        The words of ``n_texts`` texts.
    spans : SoftSpans
        A span stands for all words that it touches.
    n_types : int
        Types of spans.
    weights : float array of shape (n_texts,)
        What each text counts.

    Examples
    --------
    >>> from labeling.student.tagger.words import words_of
    >>> soft = SoftSpans.of([0], [2], [7], [0], [0.8])
    >>> made = targets_of(words_of(["a bc de"]), soft, 1, np.ones(1))
    >>> made.labels.round(1).tolist(), made.pairs.round(1).tolist()
    ([[1.0, 0.0, 0.0], [0.2, 0.8, 0.0], [0.2, 0.0, 0.8]], [[0.4, 0.8, 0.0], [0.0, 0.0, 0.8], [0.0, 0.0, 0.0]])
    """
    n, n_labels = len(words.word), 1 + 2 * n_types
    first, last = word_range(words, spans)
    some = np.flatnonzero(last > first)
    first, last, kind = first[some], last[some], spans.type[some]
    sure = spans.probability[some]
    length = last - first
    owner = np.repeat(np.arange(len(some)), length)
    at = np.repeat(first, length) + _steps(length)
    total = np.bincount(at, weights=sure[owner], minlength=n)
    most = np.ones(len(some))
    np.maximum.at(most, owner, total[at])
    sure = sure / most
    labels = np.zeros((n, n_labels))
    begins = at == first[owner]
    np.add.at(labels, (at, np.where(begins, 1, 2) + 2 * kind[owner]), sure[owner])
    labels[:, 0] = np.maximum(1.0 - labels.sum(axis=1), 0.0)

    text = np.repeat(np.arange(len(words.first) - 1), np.diff(words.first))
    inner = ~begins  # a word that goes on with the span of the word before it
    into, mass = at[inner], sure[owner][inner]
    goes_on = 2 + 2 * kind[owner][inner]
    from_ = np.where(into - 1 == first[owner][inner], goes_on - 1, goes_on)
    pairs = np.zeros((n_labels, n_labels))
    np.add.at(pairs, (from_, goes_on), mass * weights[text[into]])
    ends, starts = labels.copy(), labels.copy()
    np.add.at(ends, (into - 1, from_), -mass)
    np.add.at(starts, (into, goes_on), -mass)
    follow = np.flatnonzero(np.diff(text) == 0)
    free = np.maximum(ends[follow].sum(axis=1), 1e-12)
    weight = weights[text[follow]] / free
    pairs += (np.maximum(ends[follow], 0) * weight[:, None]).T @ np.maximum(starts[follow + 1], 0)
    return Targets(labels, pairs)


def word_range(words: Words, spans: SoftSpans) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first word that each span touches, and the one after its last."""
    width = int(max(words.end.max(initial=0), spans.end.max(initial=0))) + 1
    text = np.repeat(np.arange(len(words.first) - 1), np.diff(words.first))
    first = np.searchsorted(text * width + words.end, spans.item * width + spans.start, "right")
    last = np.searchsorted(text * width + words.start, spans.item * width + spans.end, "left")
    return first, last


def _steps(length: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
