"""The student for texts: TF-IDF of words and of letters, or any embedding."""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import FunctionTransformer

from labeling.errors import LabelingError
from labeling.student.altered import altered_texts
from labeling.student.counting import Counted
from labeling.student.learning.tricks import Prepared
from labeling.student.student import BLANK, MANY, PENALTY, Student

LONG_TEXT_CHARS = 400
"""Median length from which letters are left out, as with many texts: they cost ten times the words
and add nothing."""

UNSPACED = 15
"""Letters a word from which many texts are read by letters alone: their script has no spaces."""

WORDS = r"(?u)\b\w+\b|[^\w\s]"
"""A word, or one punctuation mark or symbol: ``!``, ``$`` and emoji tell much on short texts."""

Embed = Callable[[list[str]], ArrayLike]
"""Texts in, an array of shape (n, d) out: LiteLLM, sentence-transformers, anything."""


def text_features(texts: Sequence[str], embed: Embed | None = None) -> Any:
    """Return an unfitted transformer that suits these texts.

    Parameters
    ----------
    texts : sequence of str
        Only their number, lengths and spaces are looked at.
    embed : callable, optional
        Takes the place of TF-IDF. It is called once for all texts.

    Examples
    --------
    >>> text_features(["free prize", "call me"]).fit_transform(["free prize", "call me"]).shape[0]
    2
    """
    if embed is not None:
        return FunctionTransformer(embed, validate=False)
    rare = 2 if len(texts) >= 500 else 1
    many = len(texts) > MANY
    unspaced = many and _letters_a_word(texts) > UNSPACED
    words = TfidfVectorizer(
        token_pattern=WORDS, ngram_range=(1, 2), min_df=rare, max_features=60_000, sublinear_tf=True
    )
    lengths = [len(text) for text in texts]
    long = bool(lengths) and float(np.median(lengths)) > LONG_TEXT_CHARS
    if (many or long) and not unspaced:
        return FeatureUnion([("words", words)])
    letters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), min_df=rare, max_features=60_000, sublinear_tf=True
    )
    return FeatureUnion(
        [("letters", letters)] if unspaced else [("words", words), ("letters", letters)]
    )


class TextStudent(Student):
    """A :class:`~labeling.student.student.Student` of texts.

    Parameters
    ----------
    n_classes, random_state, classes, copies, consistency, self_training, spreading, subset, \
    weighting, penalty
        See :class:`~labeling.student.student.Student`.
    embed : callable, optional
        Texts to an array of shape (n, d), instead of TF-IDF. Pickling the student pickles it.

    Examples
    --------
    >>> texts = ["win a free prize now", "free cash prize", "see you at lunch", "lunch at noon?"]
    >>> soft = np.array([[0.1, 0.9], [0.2, 0.8], [0.9, 0.1], [0.8, 0.2]])
    >>> student = TextStudent(2, classes=["ham", "spam"]).fit(texts, soft)
    >>> student.predict(["a free prize", "lunch?"]).tolist()
    ['spam', 'ham']
    """

    reads: ClassVar[str] = "texts"
    blank: ClassVar[float] = BLANK

    def __init__(
        self,
        n_classes: int,
        random_state: int = 0,
        classes: Sequence[str] | None = None,
        *,
        copies: bool = True,
        consistency: bool = False,
        self_training: bool = False,
        spreading: bool = False,
        subset: bool = False,
        weighting: bool = False,
        penalty: float = PENALTY,
        embed: Embed | None = None,
    ) -> None:
        super().__init__(
            n_classes,
            random_state,
            classes,
            copies=copies,
            consistency=consistency,
            self_training=self_training,
            spreading=spreading,
            subset=subset,
            weighting=weighting,
            penalty=penalty,
        )
        self.embed = embed

    def prepare(self, items: Any) -> Prepared:
        """See :meth:`labeling.student.student.Student.prepare`; the same features, sooner."""
        if self.embed is not None:
            return super().prepare(items)
        union = self._features(items)
        counted = [Counted(vectorizer) for _, vectorizer in union.transformer_list]
        x = _beside([one.fit_transform(items) for one in counted])
        if not self.alters(len(items)):
            return Prepared(union, x, x)
        altered = self._altered(items, np.random.default_rng(self.random_state))
        return Prepared(union, x, _beside([one.transform(altered) for one in counted]))

    def predict_proba(self, items: Any) -> NDArray[np.float64]:
        """Return probabilities of shape (n, n_classes); the pipeline's own, sooner."""
        if self.embed is not None or not len(items):
            return super().predict_proba(items)
        return self.judge(self.read(items))

    def read(self, items: Any) -> sparse.csr_matrix:
        """See :meth:`labeling.student.student.Student.read`; the same features, sooner."""
        if self.embed is not None:
            return super().read(items)
        union = self.pipeline_.named_steps["features"]
        return _beside([Counted.fitted(one).transform(items) for _, one in union.transformer_list])

    def _features(self, items: Any) -> Any:
        if not any(text.strip() for text in items):
            raise LabelingError(f"all {len(items)} texts are empty; check which column is the text")
        return text_features(items, self.embed)

    def _altered(self, items: Any, rng: np.random.Generator) -> Any:
        return altered_texts(items, rng)


def _letters_a_word(texts: Sequence[str]) -> float:
    return float(np.median([len(text) / (1 + text.count(" ")) for text in texts]))


def _beside(matrices: Sequence[sparse.csr_matrix]) -> sparse.csr_matrix:
    return sparse.csr_matrix(sparse.hstack(matrices))
