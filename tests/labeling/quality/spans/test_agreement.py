"""How far people mark the same."""

import numpy as np
import pytest

from labeling.kinds.spans.answer import Span
from labeling.quality.spans.agreement import pairwise_f1

A, B, C = (frozenset({Span(at, at + 5, "a")}) for at in (0, 10, 20))


def test_agreement_is_f1_of_every_two_reviewers_over_the_items():
    found = pairwise_f1([[A | B, A], [A | B, A, A | B], [C, C], [C]])
    # pairs: 2*1 of 3; 2*1 of 3, 2*2 of 4, 2*1 of 3; 2*1 of 2
    assert found.point == pytest.approx((2 + 2 + 4 + 2 + 2) / (3 + 3 + 4 + 3 + 2))


def test_one_reviewer_or_no_mark_measures_nothing():
    assert not pairwise_f1([]).measured
    assert not pairwise_f1([[A], [B]]).measured
    assert not pairwise_f1([[frozenset(), frozenset()]]).measured


def test_the_order_of_reviewers_and_items_does_not_count():
    units = [[A | B, A], [C, B], [A, A]]
    turned = [list(reversed(one)) for one in reversed(units)]
    assert pairwise_f1(turned).point == pytest.approx(pairwise_f1(units).point)


def test_the_interval_covers_the_agreement_of_all_items():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(200):
        units = []
        for _ in range(60):
            hard = rng.random() < 0.3
            n = int(rng.integers(0, 6))
            same = rng.random(n) < (0.5 if hard else 0.95)
            one = frozenset(Span(10 * k, 10 * k + 5, "a") for k in range(n))
            other = frozenset(Span(10 * k, 10 * k + 4 + int(same[k]), "a") for k in range(n))
            units.append([one, other])
        found = pairwise_f1(units)
        hits += found.low <= 0.7 * 0.95 + 0.3 * 0.5 <= found.high
    assert 182 <= hits <= 199
