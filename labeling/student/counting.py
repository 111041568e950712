"""TF-IDF of many texts, as scikit-learn's vectorizer makes it, in a quarter of the time.

Texts of one task use the same words again and again. scikit-learn cuts each into letters wherever
it stands; here that is done once a word, and two sparse matrices are multiplied.
"""

# scikit-learn and scipy.sparse publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer

from labeling.errors import LabelingError

Counts = tuple[sparse.csr_matrix, list[str]]
"""How often each text has each term, of shape (n_texts, n_terms), and the terms."""


class Counted:
    """A vectorizer being fitted: the same vocabulary, weights and matrices, up to the last digits of a sum.

    Parameters
    ----------
    vectorizer : TfidfVectorizer
        Unfitted, of letters within words (``char_wb``) or of one and two words. Fitted in place by
        :meth:`fit_transform`; it then stands alone.

    Examples
    --------
    >>> texts = ["win a free prize", "a free lunch", "lunch at noon"]
    >>> counted = Counted(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)))
    >>> x = counted.fit_transform(texts)
    >>> bool(abs(x - counted.vectorizer.transform(texts)).max() < 1e-12)
    True
    """

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        self.vectorizer = vectorizer
        letters = vectorizer.analyzer == "char_wb"
        if not letters and tuple(vectorizer.ngram_range) != (1, 2):
            raise LabelingError(
                f"terms are letters within words, or one and two words; got "
                f"{vectorizer.analyzer!r} of {vectorizer.ngram_range}"
            )
        self._weigh: Any = None
        self._count: Callable[[Any, Sequence[str]], Counts] = _letters if letters else _words

    @classmethod
    def fitted(cls, vectorizer: TfidfVectorizer) -> "Counted":
        """Take a vectorizer that is fitted already, to :meth:`transform` by."""
        counted = cls(vectorizer)
        counted._weigh = _weigher(vectorizer)
        return counted

    def fit_transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Learn terms and weights; return a matrix of shape (n_texts, n_terms).

        Raises
        ------
        LabelingError
            If no term is left.
        """
        counts, terms = self._count(self.vectorizer, texts)
        Vocabulary.of_counts(counts, terms).settle(self.vectorizer)
        self._weigh = _weigher(self.vectorizer)
        return self._weighed(_placed(counts, terms, self.vectorizer.vocabulary_))

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return a matrix of shape (n_texts, n_terms) for other texts."""
        known: dict[str, int] = self.vectorizer.vocabulary_
        if self._count is _words and len(texts) > len(known) // 10:
            return self._weighed(_known_words(self.vectorizer, texts))
        return self._weighed(_placed(*self._count(self.vectorizer, texts), known))

    def vocabulary(self, texts: Sequence[str]) -> "Vocabulary":
        """Count the terms of some texts, to be merged with those of others."""
        return Vocabulary.of_counts(*self._count(self.vectorizer, texts))

    def _weighed(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        counts.sort_indices()
        return sparse.csr_matrix(self._weigh.transform(counts))


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    r"""The terms of some texts: all that a vectorizer is fitted on.

    Parameters
    ----------
    n_texts : int
    terms : list of str
        Each once, in any order.
    n_with : int array of shape (n_terms,)
        Texts that have each term.
    total : float array of shape (n_terms,)
        How often it stands in all of them.

    Examples
    --------
    >>> counted = Counted(TfidfVectorizer(token_pattern=r"\w+", ngram_range=(1, 2)))
    >>> one, other = counted.vocabulary(["a free lunch"]), counted.vocabulary(["free", "at noon"])
    >>> both = other.merge(one)
    >>> both.n_texts, dict(zip(both.terms, both.n_with.tolist()))["free"]
    (3, 2)
    """

    n_texts: int
    terms: list[str]
    n_with: NDArray[np.int64]
    total: NDArray[np.float64]

    @classmethod
    def of_counts(cls, counts: sparse.csr_matrix, terms: list[str]) -> Self:
        """Add up counts of shape (n_texts, n_terms)."""
        n_with = np.bincount(counts.indices, minlength=len(terms))
        total = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
        return cls(counts.shape[0], terms, n_with, total)

    def merge(self, *others: Self) -> Self:
        """Return the terms of all texts together, the same whoever counted which of them."""
        parts = (self, *others)
        place: dict[str, int] = {}
        flat = [place.setdefault(term, len(place)) for part in parts for term in part.terms]
        at = np.array(flat, dtype=np.int64)
        n_with, total = np.zeros(len(place), dtype=np.int64), np.zeros(len(place))
        np.add.at(n_with, at, np.concatenate([part.n_with for part in parts]))
        np.add.at(total, at, np.concatenate([part.total for part in parts]))
        n_texts = sum(part.n_texts for part in parts)
        return type(self)(n_texts, [*place], n_with, total)

    def settle(self, vectorizer: Any) -> None:
        """Fit a vectorizer: the terms that it keeps, and their weights, as fitted on all texts.

        Raises
        ------
        LabelingError
            If no term is left.
        """
        common = np.flatnonzero(self.n_with >= vectorizer.min_df).tolist()
        kept = np.array(sorted(common, key=self.terms.__getitem__), dtype=np.int64)
        if not len(kept):
            raise LabelingError(f"no term stands in {vectorizer.min_df} of {self.n_texts} texts")
        most = vectorizer.max_features
        if most is not None and len(kept) > most:
            kept = kept[np.sort((-self.total[kept]).argsort()[:most])]
        vectorizer.vocabulary_ = {self.terms[old]: new for new, old in enumerate(kept.tolist())}
        vectorizer.fixed_vocabulary_ = False
        smooth = int(vectorizer.smooth_idf)
        vectorizer.idf_ = np.log((self.n_texts + smooth) / (self.n_with[kept] + smooth)) + 1.0


def _weigher(vectorizer: Any) -> Any:
    weigher = TfidfTransformer(
        norm=vectorizer.norm,
        use_idf=vectorizer.use_idf,
        smooth_idf=vectorizer.smooth_idf,
        sublinear_tf=vectorizer.sublinear_tf,
    )
    weigher.idf_ = vectorizer.idf_
    return weigher


def _letters(vectorizer: Any, texts: Sequence[str]) -> Counts:
    """Letters of a text are the letters of its words."""
    words, number = _numbered([vectorizer.build_preprocessor()(text).split() for text in texts])
    cut = vectorizer.build_analyzer()
    letters, part = _numbered([cut(word) for word in words])
    return sparse.csr_matrix(number @ part), letters


def _placed(
    counts: sparse.csr_matrix, terms: list[str], known: dict[str, int]
) -> sparse.csr_matrix:
    """Keep the terms that are known, in their columns."""
    place = np.fromiter(map(known.get, terms, repeat(-1)), np.int64, len(terms))
    entries = counts.tocoo()
    here = place[entries.col] >= 0
    at = (entries.row[here], place[entries.col[here]])
    return sparse.csr_matrix((entries.data[here], at), shape=(counts.shape[0], len(known)))


def _known_words(vectorizer: Any, texts: Sequence[str]) -> sparse.csr_matrix:
    """Count words and pairs that are known, which of many texts takes half as long as counting all."""
    known: dict[str, int] = vectorizer.vocabulary_
    number = _numbers()
    parts = [(number[a], number[b] if b else -1) for a, _, b in (t.partition(" ") for t in known)]
    first, second = np.array(parts, dtype=np.int64).reshape(-1, 2).T
    column = np.fromiter(known.values(), np.int64, len(known))
    alone = np.full(len(number) + 1, -1)  # the last stands for words that nobody knows
    alone[first[second < 0]] = column[second < 0]
    key, pair_column = (first * len(number) + second)[second >= 0], column[second >= 0]
    order = np.argsort(key)
    key, pair_column = key[order], pair_column[order]
    units, text = _cut(vectorizer, texts)
    ids = np.fromiter(map(number.get, chain.from_iterable(units), repeat(-1)), np.int64, len(text))
    both = (text[1:] == text[:-1]) & (ids[1:] >= 0) & (ids[:-1] >= 0)
    pair = (ids[:-1] * len(number) + ids[1:])[both]
    at = np.minimum(np.searchsorted(key, pair), max(len(key) - 1, 0))
    met = key[at] == pair if len(key) else np.zeros(len(pair), dtype=bool)
    single = alone[ids]
    columns = np.concatenate([single[single >= 0], pair_column[at[met]]])
    rows = np.concatenate([text[single >= 0], text[1:][both][met]])
    return _table(rows, columns, (len(texts), len(known)))


def _words(vectorizer: Any, texts: Sequence[str]) -> Counts:
    """Words and pairs of words that follow each other in one text."""
    names, ids, text = _flat(_cut(vectorizer, texts)[0])
    follows = text[1:] == text[:-1]
    pair = (ids[:-1] * max(len(names), 1) + ids[1:])[follows]
    found, pair_id = np.unique(pair, return_inverse=True)
    pairs = (
        [f"{names[a]} {names[b]}" for a, b in zip(*np.divmod(found, len(names)), strict=True)]
        if len(found)
        else []
    )
    column = np.concatenate([ids, len(names) + pair_id])
    row = np.concatenate([text, text[1:][follows]])
    return _table(row, column, (len(texts), len(names) + len(pairs))), names + pairs


def _cut(vectorizer: Any, texts: Sequence[str]) -> tuple[list[list[str]], NDArray[np.int64]]:
    """Cut texts into words; also tell of each word which text it stands in."""
    prepare, cut = vectorizer.build_preprocessor(), vectorizer.build_tokenizer()
    units = [cut(prepare(text)) for text in texts]
    return units, _row_of(units)


def _numbered(units: list[list[str]]) -> tuple[list[str], sparse.csr_matrix]:
    names, ids, row = _flat(units)
    return names, _table(row, ids, (len(units), len(names)))


def _flat(units: list[list[str]]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """Give numbers to what stands in lists: the names, and for each place its name and its list."""
    number, row = _numbers(), _row_of(units)
    ids = np.fromiter(map(number.__getitem__, chain.from_iterable(units)), np.int64, len(row))
    return list(number), ids, row


def _row_of(units: list[list[str]]) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(units)), [len(some) for some in units])


def _numbers() -> defaultdict[str, int]:
    """Return a dictionary that numbers names as they are met."""
    number: defaultdict[str, int] = defaultdict()
    number.default_factory = number.__len__
    return number


def _table(
    row: NDArray[np.int64], column: NDArray[np.int64], shape: tuple[int, int]
) -> sparse.csr_matrix:
    return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=shape)
