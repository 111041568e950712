"""How sure whole answers are, the empty one too, and what that says of their classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.consensus.spans.certainty import certain, certainty
from labeling.consensus.spans.said import BelievedSpans
from labeling.span_votes import ReviewedSpans
from labeling.spans import Spans


def test_answers_are_held_for_right_as_often_as_gold_finds_them_right():
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.3, 1, 4000)
    right = rng.random(4000) < 0.6 * sure
    item = np.arange(2000)
    found = certainty(sure, item, right[:2000])
    assert found[2000:].mean() == pytest.approx(right[2000:].mean(), abs=0.03)
    top = found > np.quantile(found, 0.8)
    assert found[2000:][top[2000:]].mean() == pytest.approx(
        right[2000:][top[2000:]].mean(), abs=0.06
    )


@given(st.integers(0, 10_000), st.integers(0, 40), st.floats(0, 1))
def test_no_answer_is_surer_than_what_it_says_of_a_class(seed, reviewed, right):
    rng = np.random.default_rng(seed)
    rows = [(i, 0, 5, int(rng.integers(3))) for i in range(60) if rng.random() < 0.7]
    found = BelievedSpans(Spans.of(rows, 60, 3), rng.uniform(0.2, 1, len(rows)))
    kept = [row for row in rows if row[0] < reviewed and rng.random() < right]
    missed = [(i, 7, 9, 2) for i in range(reviewed) if rng.random() > right]
    gold = ReviewedSpans(Spans.of(kept + missed, 60, 3), np.arange(reviewed))
    sure = certain(found, gold)
    here = np.zeros((60, 3), dtype=bool)
    here[found.spans.item, found.spans.type] = True
    of_class = np.where(here, sure.holds, 1 - sure.holds)
    assert (sure.answer[:, None] <= of_class + 1e-12).all()
    assert ((sure.holds >= 0) & (sure.holds <= 1)).all()


def test_an_empty_answer_is_as_sure_as_gold_shows_nothing_to_be_missing():
    found = BelievedSpans(Spans.of([], 300, 2), np.zeros(0))
    missing = Spans.of([(i, 0, 5, 1) for i in range(80)], 300, 2)
    sure = certain(found, ReviewedSpans(missing, np.arange(200)))
    assert sure.answer == pytest.approx(np.full(300, 0.6), abs=0.01)
    assert sure.holds[250] == pytest.approx([0.0, 0.4], abs=0.01)
