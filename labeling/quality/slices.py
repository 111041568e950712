"""Cut items into slices that a person understands: by length, by what their texts are about."""

# scikit-learn publishes partial types
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"[^\W\d_]{3,}")

MAX_TEXTS = 4000
"""Texts that clusters are made from; more tell nothing new. The others join the nearest one."""

MIN_PER_CLUSTER = 40
"""Texts that pay for one more cluster."""

MAX_CLUSTERS = 12
"""More are not read by anybody."""

PART = 20_000
"""Texts that are put to clusters at once."""

NAMED_BY = 3
"""Words that name a cluster."""


def length_slices(texts: Sequence[str]) -> NDArray[np.object_]:
    """Call each text short, medium or long: thirds of the texts given.

    Examples
    --------
    >>> length_slices(["a", "aaaa", "aaaaaaaaa"]).tolist()
    ['short', 'medium', 'long']
    """
    length = np.array([len(text) for text in texts], dtype=np.float64)
    if not len(length):
        return np.empty(0, dtype=object)
    cut = np.quantile(length, [1 / 3, 2 / 3])
    names = np.array(["short", "medium", "long"], dtype=object)
    return names[np.searchsorted(cut, length, side="left")]


def text_clusters(texts: Sequence[str], seed: int = 0) -> NDArray[np.object_]:
    """Group alike texts and name each group by the words that are typical of it.

    Parameters
    ----------
    texts : sequence of str
    seed : int
        The same seed and texts give the same groups.

    Returns
    -------
    object array of shape (n_texts,), of str
        Names such as ``refund, sent, back``; one group where there are few texts or no words.

    Examples
    --------
    >>> texts = ["lamp is broken"] * 60 + ["where is my parcel"] * 60
    >>> sorted(set(text_clusters(texts).tolist()))
    ['broken, lamp', 'parcel']
    """
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    wanted = min(MAX_CLUSTERS, max(2, len(texts) // MIN_PER_CLUSTER))
    everything = np.full(len(texts), "all texts", dtype=object)
    if len(texts) < 2 * MIN_PER_CLUSTER:
        return everything
    vectorizer = TfidfVectorizer(
        token_pattern=WORD.pattern, sublinear_tf=True, max_df=0.6, min_df=3,
        stop_words="english", max_features=5000,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    some = np.sort(rng.permutation(len(texts))[:MAX_TEXTS])
    try:
        known = vectorizer.fit_transform([texts[i] for i in some])
    except ValueError:  # no word is left
        return everything
    means: Any = MiniBatchKMeans(wanted, random_state=seed, batch_size=1024).fit(known)
    group = np.concatenate(  # by parts: the words of a million texts would take a gigabyte
        [
            means.predict(vectorizer.transform(texts[at : at + PART]))
            for at in range(0, len(texts), PART)
        ]
    )
    words: list[str] = vectorizer.get_feature_names_out().tolist()
    centers: NDArray[np.float64] = means.cluster_centers_
    names = np.empty(wanted, dtype=object)
    for at, center in enumerate(centers):
        top = [words[i] for i in np.argsort(-center)[:NAMED_BY].tolist() if center[i] > 0]
        names[at] = ", ".join(sorted(top)) or f"group {at + 1}"
    return names[group]
