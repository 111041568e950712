"""How near texts are to each other, by the words and word pieces they share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class TextIndex:
    """Texts that others are compared with.

    Parameters
    ----------
    texts : sequence of str
        What to compare with; not empty.

    Notes
    -----
    Cosine similarity of TF-IDF vectors over words and over pieces of
    words of 3 to 5 letters, which forgive typos and inflections.

    Examples
    --------
    >>> near = TextIndex(["lost card", "exchange rate"]).near("i have lost my cards")
    >>> bool(near[0] > near[1])
    True
    """

    def __init__(self, texts: Sequence[str]) -> None:
        import sklearn.feature_extraction.text as sk  # pyright: ignore[reportMissingTypeStubs]

        vectorizers: list[Any] = [
            sk.TfidfVectorizer(sublinear_tf=True),
            sk.TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5)),
        ]
        self._parts: list[tuple[Any, Any]] = []
        for vectorizer in vectorizers:
            try:
                self._parts.append((vectorizer, vectorizer.fit_transform(texts)))
            except ValueError:  # texts without a single word, or piece of one
                continue
        self._size = len(texts)

    def near(self, text: str) -> NDArray[np.float64]:
        """Return the similarity of ``text`` to each, shape (n_texts,), 0..1."""
        total = np.zeros(self._size)
        for vectorizer, matrix in self._parts:
            total += np.asarray((matrix @ vectorizer.transform([text]).T).toarray()).ravel()
        return total / max(1, len(self._parts))
