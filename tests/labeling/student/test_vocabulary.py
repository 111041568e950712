"""A vocabulary that is counted part by part is that of all texts, and scikit-learn's."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer

from labeling.errors import LabelingError
from labeling.student.counting import Counted, Vocabulary
from labeling.student.text import WORDS

VECTORIZERS = [
    TfidfVectorizer(token_pattern=WORDS, ngram_range=(1, 2), sublinear_tf=True),
    TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=2, sublinear_tf=True),
    TfidfVectorizer(token_pattern=WORDS, ngram_range=(1, 2), max_features=6),
]
TEXTS = st.lists(
    st.lists(
        st.sampled_from(["free", "Prize!", "now", "lunch", "at", "noon", "äpfel"]), max_size=5
    ),
    min_size=1,
    max_size=20,
)


def fitted(vectorizer):
    return vectorizer.vocabulary_, vectorizer.idf_.tobytes()


@settings(deadline=None)
@given(TEXTS, st.sampled_from(VECTORIZERS), st.randoms(use_true_random=False))
def test_terms_counted_in_any_parts_and_order_give_the_same_features(words, vectorizer, random):
    texts = [" ".join(some) for some in words]
    whole, merged, theirs = (clone(vectorizer) for _ in range(3))
    try:
        x = Counted(whole).fit_transform(texts)
    except LabelingError:
        return
    order = random.sample(range(len(texts)), len(texts))
    cuts = sorted(random.randrange(len(texts) + 1) for _ in range(3))
    parts = [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(texts)], strict=True)]
    counted = [Counted(merged).vocabulary([texts[i] for i in part]) for part in parts]
    forth = reduce(lambda done, one: done.merge(one), counted)
    back = reduce(lambda rest, one: one.merge(rest), reversed(counted))
    for vocabulary in (forth, back):
        vocabulary.settle(merged)
        assert fitted(merged) == fitted(whole)
    theirs.fit(texts)
    assert theirs.idf_.tobytes() == whole.idf_.tobytes()
    assert {k: int(v) for k, v in theirs.vocabulary_.items()} == whole.vocabulary_
    for part in filter(None, parts):
        here = Counted.fitted(merged).transform([texts[i] for i in part])
        assert (here != x[part]).nnz == 0


def test_parts_without_a_common_term_are_refused_together():
    vectorizer = TfidfVectorizer(token_pattern=WORDS, ngram_range=(1, 2), min_df=3)
    one, other = (Counted(vectorizer).vocabulary([text]) for text in ("free", "lunch"))
    with pytest.raises(LabelingError, match="no term stands in 3 of 2 texts"):
        one.merge(other).settle(vectorizer)
    assert isinstance(one, Vocabulary)
    assert np.array_equal(one.merge(other).n_with, [1, 1])
    nothing = Counted(vectorizer).vocabulary([""])
    assert nothing.merge(nothing).n_texts == 2
