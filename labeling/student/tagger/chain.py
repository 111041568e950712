"""A linear chain over the words of texts: how likely each label is, and the likeliest legal labels.

The conditional random field of J. Lafferty, A. McCallum and F. Pereira, "Conditional random fields",
2001. Texts of about one length are worked out together, a word of each at a time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.student.tagger.words import Words

Array = NDArray[np.float64]

GROUP = 1024
"""Texts that are worked out together, at most."""


def legal(n_types: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which label may follow which, of shape (L, L), and which may be first, of shape (L,).

    The inside of a span follows its begin or its inside; anything else may follow anything.
    """
    n_labels = 1 + 2 * n_types
    follow = np.ones((n_labels, n_labels), dtype=np.bool_)
    for inside in range(2, n_labels, 2):
        follow[:, inside] = False
        follow[[inside - 1, inside], inside] = True
    first = np.ones(n_labels, dtype=np.bool_)
    first[2::2] = False
    return follow, first


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Texts that are worked out together.

    Parameters
    ----------
    at : int array of shape (n_texts, longest)
        Number of each word; of the last word where a text has no more.
    lengths : int array of shape (n_texts,)
        Words of each text, longest first.
    """

    at: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def alive(self, step: int) -> int:
        """Return how many of the texts have a word of this number."""
        return int(np.searchsorted(-self.lengths, -step, "left"))


def groups(words: Words) -> list[Group]:
    """Put texts of about one length together; texts without words are left out."""
    lengths = np.diff(words.first)
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    made: list[Group] = []
    for start in range(0, len(order), GROUP):
        texts = order[start : start + GROUP]
        sizes = lengths[texts]
        steps = np.minimum(np.arange(int(sizes[0]))[None, :], sizes[:, None] - 1)
        made.append(Group(words.first[texts][:, None] + steps, sizes))
    return made


@dataclass(frozen=True, slots=True, eq=False)
class Likely:
    """What a chain believes of the words.

    Parameters
    ----------
    labels : float array of shape (n_words, L)
        Probability of each label.
    pairs : float array of shape (L, L)
        Expected number of each label followed by each other, weighed.
    log_total : float
        Weighed sum of the logarithms of the texts' normalisers.
    ahead, behind : float arrays of shape (n_words, L)
        Messages from before a word and from behind it; their product is the probability.
    scale : float array of shape (n_words,)
        What the messages into a word were divided by.
    emit : float array of shape (n_words, L)
        Exponentials of the scores, largest 1.
    """

    labels: Array
    pairs: Array
    log_total: float
    ahead: Array
    behind: Array
    scale: Array
    emit: Array


def believe(
    scores: Array, follow: Array, first: Array, many: list[Group], weights: Array
) -> Likely:
    """Work out what is likely, forwards and backwards.

    Parameters
    ----------
    scores : float array of shape (n_words, L)
        Of each label at each word.
    follow : float array of shape (L, L)
        Exponentials of the scores of labels that follow each other; 0 where they may not.
    first : float array of shape (L,)
        1 where a label may be the first of a text, else 0.
    many : list of Group
        See :func:`groups`.
    weights : float array of shape (n_words,)
        What the text of each word counts.
    """
    top = scores.max(axis=1, keepdims=True)
    emit = np.exp(scores - top)
    ahead, scale = forwards(emit, follow, first, many)
    behind = np.ones_like(scores)
    pairs = np.zeros_like(follow)
    for group in many:
        place, longest = group.at, group.at.shape[1]
        for step in range(longest - 2, -1, -1):
            here, there = (
                place[: group.alive(step + 1), step],
                place[: group.alive(step + 1), step + 1],
            )
            back = emit[there] * behind[there] / scale[there][:, None]
            behind[here] = back @ follow.T
            pairs += (ahead[here] * weights[here][:, None]).T @ back
    log_total = float(weights @ (np.log(scale) + top[:, 0]))
    return Likely(ahead * behind, pairs * follow, log_total, ahead, behind, scale, emit)


def forwards(emit: Array, follow: Array, first: Array, many: list[Group]) -> tuple[Array, Array]:
    """Return the messages from before each word, and what they were divided by; see :class:`Likely`."""
    ahead, scale = np.zeros_like(emit), np.ones(len(emit))
    for group in many:
        place = group.at
        message = np.broadcast_to(first, (len(place), len(first)))
        for step in range(place.shape[1]):
            at = place[: group.alive(step), step]
            into = message[: len(at)] * emit[at]
            total = into.sum(axis=1)
            scale[at] = total
            ahead[at] = into / total[:, None]
            message = ahead[at] @ follow
    return ahead, scale


def likeliest(scores: Array, follow: Array, first: Array, many: list[Group]) -> NDArray[np.int64]:
    """Return the likeliest legal labels, of shape (n_words,).

    Parameters
    ----------
    scores, first, many
        As for :func:`believe`.
    follow : float array of shape (L, L)
        Scores of labels that follow each other; minus infinity where they may not.
    """
    labels = np.zeros(len(scores), dtype=np.int64)
    with np.errstate(divide="ignore"):
        start = np.log(first)
    for group in many:
        place, longest = group.at, group.at.shape[1]
        best = np.zeros((longest, len(place), len(first)))
        source = np.zeros(best.shape, dtype=np.int64)
        best[0] = start + scores[place[:, 0]]
        for step in range(1, longest):
            alive = group.alive(step)
            ways = best[step - 1, :alive, :, None] + follow
            source[step, :alive] = ways.argmax(axis=1)
            best[step, :alive] = ways.max(axis=1) + scores[place[:alive, step]]
        for text, length in enumerate(group.lengths.tolist()):
            label = int(best[length - 1, text].argmax())
            for step in range(length - 1, -1, -1):
                labels[place[text, step]] = label
                label = int(source[step, text, label])
    return labels


def span_probability(
    likely: Likely,
    follow: Array,
    words: Words,
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    kind: NDArray[np.int64],
) -> Array:
    """Return how likely exactly these spans are, of shape (n_spans,).

    Parameters
    ----------
    likely : Likely
        See :func:`believe`; with the same ``follow``.
    follow : float array of shape (L, L)
        As there.
    words : Words
        The words.
    begins, ends : int arrays of shape (n_spans,)
        First word of each span, and the one after its last; in one text.
    kind : int array of shape (n_spans,)
        Its type.
    """
    begin, inside = 1 + 2 * kind, 2 + 2 * kind
    n_types = (likely.labels.shape[1] - 1) // 2
    within: NDArray[np.int64] = np.arange(2, 2 + 2 * n_types, 2, dtype=np.int64)
    with np.errstate(divide="ignore"):
        step = np.log(likely.emit[:, within] / likely.scale[:, None])
        on = np.log(follow[within, within])
        into = np.log(follow[begin, inside])
    sums = np.vstack([np.zeros(n_types), np.cumsum(step + on, axis=0)])
    long = ends - begins > 1
    path = sums[ends, kind] - sums[begins + 1, kind] + np.where(long, into - on[kind], 0.0)
    last = np.where(long, inside, begin)
    text = np.searchsorted(words.first, begins, "right") - 1
    more = ends < words.first[text + 1]
    there = np.where(more, ends, 0)
    next_ = likely.emit[there] * likely.behind[there] / likely.scale[there][:, None]
    leave = follow[last] * next_
    leave[np.arange(len(kind)), inside] = 0.0
    closing = np.where(more, leave.sum(axis=1), 1.0)
    return np.clip(likely.ahead[begins, begin] * np.exp(path) * closing, 0.0, 1.0)
