"""Features that are counted a word at a time are those that scikit-learn counts a text at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer

from labeling.errors import LabelingError
from labeling.student.counting import Counted
from labeling.student.text import WORDS

WORDS_OF_TWO = TfidfVectorizer(
    token_pattern=WORDS, ngram_range=(1, 2), min_df=1, max_features=40, sublinear_tf=True
)
LETTERS = TfidfVectorizer(
    analyzer="char_wb", ngram_range=(2, 4), min_df=2, max_features=60, sublinear_tf=True
)
TEXT = st.text(st.sampled_from("abcABÄßΣςİé .,!\t\n\u2028\U0001f600字"), min_size=0, max_size=20)


@pytest.mark.parametrize("vectorizer", [WORDS_OF_TWO, LETTERS], ids=["words", "letters"])
@given(texts=st.lists(TEXT, min_size=2, max_size=8), others=st.lists(TEXT, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_terms_weights_and_matrices_are_those_of_scikit_learn(vectorizer, texts, others):
    theirs, ours = clone(vectorizer), Counted(clone(vectorizer))
    try:
        expected = theirs.fit_transform(texts)
    except ValueError:
        with pytest.raises(LabelingError, match="no term"):
            ours.fit_transform(texts)
        return
    found = ours.fit_transform(texts)
    assert ours.vectorizer.vocabulary_ == theirs.vocabulary_
    np.testing.assert_array_equal(ours.vectorizer.idf_, theirs.idf_)
    np.testing.assert_allclose(found.toarray(), expected.toarray(), atol=1e-12)
    for unseen in (others, texts):
        expected = theirs.transform(unseen).toarray()
        np.testing.assert_allclose(ours.transform(unseen).toarray(), expected, atol=1e-12)
        # and it stands alone, as it is saved
        np.testing.assert_allclose(
            ours.vectorizer.transform(unseen).toarray(), expected, atol=1e-12
        )


def test_other_terms_are_refused():
    with pytest.raises(LabelingError, match="one and two words"):
        Counted(TfidfVectorizer(ngram_range=(1, 3)))


def test_one_text_is_read_as_it_is_among_many():
    texts = [f"word{n} of {n % 7} and so on" for n in range(300)] + ["of", "unheard", "", "so on!"]
    counted = Counted(TfidfVectorizer(token_pattern=WORDS, ngram_range=(1, 2)))
    counted.fit_transform(texts[:300])
    together = counted.transform(texts)
    assert together.nnz > 2_000
    for at in (0, 299, 300, 301, 302, 303):
        assert abs(together[at] - counted.transform([texts[at]])[0]).max() < 1e-12
