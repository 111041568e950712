"""Gold that corrects a student: few rows by their products, many by their terms, to the same end."""

import numpy as np
import pytest
from scipy import sparse

from labeling.student.learning import correction
from labeling.student.learning.correction import corrected
from labeling.student.learning.soft import soft_logistic


@pytest.mark.parametrize("n_classes", [2, 3])
def test_few_rows_correct_by_their_products_as_they_do_by_their_terms(monkeypatch, n_classes):
    rng = np.random.default_rng(0)
    x = sparse.random(200, 2_000, 0.02, "csr", random_state=rng)
    kind = rng.integers(0, n_classes, 200).astype(np.int32)
    taught = soft_logistic(x, np.eye(n_classes)[(kind + 1) % n_classes], np.ones(200), 0.3)
    rows = sparse.vstack([x[:20], x[:20]])  # equal rows have no products that tell them apart
    label, weight = np.tile(kind[:20], 2), np.repeat([1.0, 0.5], 20)
    said = []
    for narrow in (correction.NARROW, np.inf):
        monkeypatch.setattr(correction, "NARROW", narrow)
        model = corrected(taught, rows, label, weight, n_classes, penalty=0.1)
        said.append(model.predict_proba(x))
    assert len(np.unique(rows.indices)) > 8 * rows.shape[0]
    assert np.abs(said[0] - taught.predict_proba(x)).max() > 0.1
    assert said[0] == pytest.approx(said[1], abs=1e-5)


@pytest.mark.parametrize("size", [1.0, 1e3, 1e5])
def test_equal_rows_of_any_size_correct(size):
    """Pixels and embeddings are not scaled to one, as words are."""
    rows = size * np.random.default_rng(0).random((20, 4_000))
    label = (np.arange(40) % 2).astype(np.int32)
    twice = sparse.csr_matrix(np.vstack([rows, rows]))
    model = corrected(None, twice, label, np.ones(40), 2, penalty=0.1)
    assert (model.predict(twice) == label).mean() > 0.9
