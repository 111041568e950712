"""A share of labelled items that breaks down is told from a low one, and from chance."""

import numpy as np
import pytest

from labeling.errors import LabelingError
from labeling.quality.labelled_share import BY_CHANCE, labelled_share


def test_a_low_share_is_no_fall_where_it_was_always_low():
    assert not labelled_share(280, 1_000, [(310, 1_000), (250, 1_000)]).fell


def test_a_first_batch_falls_from_nothing():
    found = labelled_share(0, 20_000, [])
    assert (found.fell, found.usual) == (False, None)


def test_a_share_that_breaks_down_is_a_fall():
    found = labelled_share(100, 1_000, [(900, 1_000), (880, 1_000)])
    assert found.fell
    assert found.limit == pytest.approx(0.445)


def test_few_items_prove_nothing():
    assert not labelled_share(0, 4, [(90, 100), (95, 100)]).fell
    assert labelled_share(0, 40, [(90, 100), (95, 100)]).fell


def test_batches_of_a_few_items_do_not_say_what_is_usual():
    assert labelled_share(0, 500, [(4, 4), (3, 3)]).usual is None


def test_a_batch_that_fell_before_does_not_make_it_usual():
    earlier = [(900, 1_000), (880, 1_000), (50, 1_000)]
    assert labelled_share(60, 1_000, earlier).fell


def test_what_may_be_lost_is_a_setting():
    earlier = [(900, 1_000)]
    assert not labelled_share(300, 1_000, earlier, fall=0.8).fell
    assert not labelled_share(0, 1_000, earlier, fall=1.0).fell
    assert labelled_share(800, 1_000, earlier, fall=0.0).fell


def test_a_share_at_the_limit_is_almost_never_called_a_fall():
    rng = np.random.default_rng(0)
    earlier = [(800, 1_000)] * 5
    alarms = [
        labelled_share(int(rng.binomial(n, 0.4)), n, earlier).fell
        for n in rng.integers(5, 500, size=3_000).tolist()
    ]
    assert np.mean(alarms) <= 2 * BY_CHANCE


def test_more_labels_than_items_are_refused():
    with pytest.raises(LabelingError, match="5 of 4 items cannot be labelled"):
        labelled_share(5, 4, [])
