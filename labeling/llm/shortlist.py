"""Of many classes, the few that an item may plausibly belong to."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from labeling.llm.classes import ClassSpec
from labeling.llm.pool import ExamplePool


class Shortlist:
    """Ranks classes by the similarity of an item to what is known of them.

    Parameters
    ----------
    classes : sequence of ClassSpec
        Name, description and synonyms describe a class; so do its examples.
    size : int
        How many to keep.
    pool : ExamplePool, optional
        Gold that may be shown.

    Notes
    -----
    TF-IDF over words and word pieces of 3 to 5 letters; a class is as near as the nearer of its
    description and its nearest example.

    Examples
    --------
    >>> classes = [ClassSpec(n) for n in ("lost card", "exchange rate", "top up failed")]
    >>> [c.name for c in Shortlist(classes, 2).of("my top up has failed, is it the card?")]
    ['lost card', 'top up failed']
    """

    def __init__(
        self, classes: Sequence[ClassSpec], size: int, pool: ExamplePool | None = None
    ) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        self._classes = tuple(classes)
        self._size = size
        at = {c.name: i for i, c in enumerate(self._classes)}
        told = [" ".join((c.name.replace("_", " "), c.description, *c.synonyms)) for c in classes]
        shown = (
            []
            if pool is None
            else [(t, at[n]) for t, n in zip(pool.text, pool.label, strict=True) if n in at]
        )
        self._owner = np.array([*range(len(told)), *(owner for _, owner in shown)])
        self._vectors: Any = make_union(
            TfidfVectorizer(sublinear_tf=True, stop_words="english"),
            TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5)),
        )
        self._matrix: Any = self._vectors.fit_transform([*told, *(text for text, _ in shown)])

    def of(self, text: str) -> tuple[ClassSpec, ...]:
        """Return the classes for one item, in the order of task.yaml."""
        near = (self._matrix @ self._vectors.transform([text]).T).toarray().ravel()
        best = np.full(len(self._classes), -1.0)
        np.maximum.at(best, self._owner, near)
        kept = sorted(np.argsort(-best, kind="stable")[: self._size].tolist())
        return tuple(self._classes[i] for i in kept)
