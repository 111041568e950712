"""Slightly altered copies of texts that must keep their label.

For copies of images see :mod:`labeling.student.image`.
"""

from collections.abc import Sequence

import numpy as np

WORD_DROP = 0.15
"""Share of words left out of a copy."""

CHAR_NOISE = 0.03
"""Share of letters swapped with their neighbour in a copy."""


def altered_texts(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Leave out some words and swap some neighbouring letters.

    Parameters
    ----------
    texts : sequence of str
        Any script; words are what white space separates.
    rng : Generator
        The only source of chance.

    Returns
    -------
    list of str
        One copy for each text. A text of one word keeps it; no copy is empty unless its text is.

    Notes
    -----
    Word dropout and character noise follow Wei & Zou (2019), "EDA: Easy Data Augmentation",
    EMNLP, and Belinkov & Bisk (2018), ICLR.

    Examples
    --------
    >>> altered_texts(["please subscribe to my channel"], np.random.default_rng(3))
    ['subscribe to my']
    """
    copies: list[str] = []
    for text in texts:
        words = text.split()
        if len(words) > 1:
            keep = rng.random(len(words)) >= WORD_DROP
            keep[rng.integers(len(words))] = True
            words = [word for word, kept in zip(words, keep, strict=True) if kept]
        copy = " ".join(words)
        n_swaps = int(rng.binomial(max(len(copy) - 1, 0), CHAR_NOISE))
        if n_swaps:
            letters = list(copy)
            for at in rng.integers(0, len(letters) - 1, size=n_swaps):
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
            copy = "".join(letters)
        copies.append(copy)
    return copies
