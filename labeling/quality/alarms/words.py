"""Which words are new, and which texts show it best."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from labeling.quality.alarms.early import Signal, share_signal

WORD = re.compile(r"[^\W_]{2,}")
MIN_TEXTS = 3
"""Texts that a word must be in before it is called new."""

MIN_LOG_ODDS = 1.0
"""Smoothed log odds (1 is nearly three times as frequent) before a word is called new."""

CHANCE = 0.05
"""Chance that any word of a batch is called new where none is: the words share it."""

UNKNOWN_LIMIT = 0.2
"""Cohen's h of the share of words that the reference never used."""


@dataclass(frozen=True, slots=True)
class NewWord:
    """A word that became frequent; ``before`` and ``now`` are shares of texts (0..1)."""

    word: str
    before: float
    now: float
    log_odds: float


@dataclass(frozen=True, slots=True)
class WordShift:
    """How the vocabulary moved.

    Parameters
    ----------
    unknown : Signal
        Share of words that the reference never used, against the same inside the reference.
    words : list of NewWord
        Words that became frequent, the surest first.
    examples : list of int
        Places of the texts that hold the most of them.
    """

    unknown: Signal
    words: list[NewWord]
    examples: list[int]


def word_shift(
    reference: Sequence[str], current: Sequence[str], n_words: int = 20, n_examples: int = 10
) -> WordShift:
    """Compare the vocabulary of a batch with the reference.

    Parameters
    ----------
    reference, current : sequences of str
        Texts.
    n_words, n_examples : int
        How many to return at most.

    Notes
    -----
    Words are ranked by the z-score of their log odds with an informative prior: Monroe, Colaresi &
    Quinn (2008), Political Analysis 16, 372-403. The reference's own share of unknown words is
    measured on its second half against its first.

    Examples
    --------
    >>> shift = word_shift(["nice song"] * 50, ["nice song"] * 40 + ["crypto airdrop"] * 20)
    >>> [word.word for word in shift.words], shift.examples[:1]
    (['airdrop', 'crypto'], [40])
    """
    before, now = ([_words(text) for text in texts] for texts in (reference, current))
    old, new = (Counter(word for words in texts for word in set(words)) for texts in (before, now))
    ranked: list[tuple[float, NewWord]] = []
    frequent = sum(count >= MIN_TEXTS for count in new.values())
    sure = float(norm.isf(CHANCE / max(frequent, 1)))
    for word, count in new.items():
        a, b = count + 0.5, old[word] + 0.5
        odds = math.log(a / (len(now) - count + 0.5)) - math.log(
            b / (len(before) - old[word] + 0.5)
        )
        z = odds / math.sqrt(1 / a + 1 / b)
        if count >= MIN_TEXTS and odds > MIN_LOG_ODDS and z > sure:
            share = old[word] / max(len(before), 1)
            ranked.append((z, NewWord(word, share, count / len(now), odds)))
    ranked.sort(key=lambda pair: (-pair[0], pair[1].word))
    words = [word for _, word in ranked[:n_words]]
    weight = {word.word: word.log_odds for word in words}
    score = [sum(weight.get(word, 0.0) for word in set(text)) for text in now]
    places = sorted((i for i in range(len(now)) if score[i]), key=lambda i: (-score[i], i))
    return WordShift(_unknown(before, now), words, places[:n_examples])


def nearest_each(texts: Sequence[str], reference: Sequence[str]) -> list[int]:
    """Return the place of the reference text most like each of ``texts``; none without a reference.

    Examples
    --------
    >>> nearest_each(["great song", "buy it now"], ["buy now", "what a great song"])
    [1, 0]
    """
    from sklearn.feature_extraction.text import (  # pyright: ignore[reportMissingTypeStubs]
        TfidfVectorizer,
    )

    if not reference or not texts:
        return []
    vectorizer: Any = TfidfVectorizer(token_pattern=WORD.pattern, sublinear_tf=True)
    try:
        matrix: Any = vectorizer.fit_transform(reference)
    except ValueError:  # no text has a word in it: none is nearer than another
        return [0] * len(texts)
    near: NDArray[np.float64] = (vectorizer.transform(texts) @ matrix.T).toarray()
    return near.argmax(axis=1).tolist()


def _unknown(before: list[list[str]], now: list[list[str]]) -> Signal:
    half = len(before) // 2
    known = {word for words in before[:half] for word in words}
    rest = [word for words in before[half:] for word in words]
    fresh = [word for words in now for word in words]
    hits = (
        float(sum(word not in known for word in rest)),
        float(sum(word not in known for word in fresh)),
    )
    # words of one text depend on each other: texts, not words, are what was sampled
    texts = (float(len(before) - half), float(len(now)))
    shares = tuple(
        h / max(len(w), 1) * t for h, w, t in zip(hits, (rest, fresh), texts, strict=True)
    )
    return share_signal("vocabulary", (shares[0], shares[1]), texts, UNKNOWN_LIMIT)


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())
