"""Nearest-example rules: cosine similarity of TF-IDF vectors to given examples."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.rules.arrow import Array, Column
from labeling.rules.rule import Nearest

N_FEATURES = 2**18
"""Size of the hashed vocabulary; fixed, so that a vector does not depend on the batch."""


def nearest(texts: Array | Column, bodies: Sequence[Nearest]) -> list[NDArray[np.int64]]:
    """Find the rows that are like an example of a rule.

    A text is a vector of its words and pairs of words, lower case, ``1 + log(count)`` times the
    inverse document frequency *among the rule's own examples* (smoothed), of length 1. Weights come
    from the rule and never from the batch, so that an item gets the same vote in every batch.

    Parameters
    ----------
    texts : pa.Array of n_rows strings
        Null and empty texts are like nothing.
    bodies : sequence of Nearest
        The rules.

    Returns
    -------
    list of int arrays
        For each rule, the rows whose similarity to some example is at least ``at_least``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> near = Nearest(("please subscribe to my channel",), 0.5)
    >>> nearest(pa.array(["subscribe to my channel", "a lovely song", None]), [near])
    [array([0])]
    """
    from scipy.sparse import diags

    text: Any = import_module("sklearn.feature_extraction.text")
    normalize: Any = import_module("sklearn.preprocessing").normalize

    hashing: Any = text.HashingVectorizer(
        n_features=N_FEATURES, ngram_range=(1, 2), alternate_sign=False, norm=None
    )
    counts: Any = hashing.transform([one or "" for one in texts.to_pylist()])
    counts.data = 1 + np.log(counts.data)
    found: list[NDArray[np.int64]] = []
    for body in bodies:
        examples: Any = hashing.transform(body.examples)
        examples.data = 1 + np.log(examples.data)
        n_with = np.asarray((examples > 0).sum(axis=0)).ravel()
        idf: Any = diags(np.log((1 + len(body.examples)) / (1 + n_with)) + 1)
        likeness: Any = normalize(counts @ idf) @ normalize(examples @ idf).T
        best = np.asarray(likeness.max(axis=1).todense()).ravel()
        found.append(np.flatnonzero(best >= body.at_least - 1e-9).astype(np.int64))
    return found
