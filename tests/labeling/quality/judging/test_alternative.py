import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, ttest_rel

from labeling.errors import QualityError
from labeling.quality.judging.alternative import alternative_test
from labeling.quality.judging.panel import Panel
from labeling.quality.judging.verdict import verdict
from labeling.votes import ABSTAIN
from tests.labeling.quality.judging.worlds import panel_of


def test_a_small_panel_is_told_as_it_is_worked_out_by_hand():
    # ten items each of: Ann, Bo, Cy, model
    rows = [("x", "x", "x", "x"), ("x", "x", "y", "y"), ("x", "y", "y", "y"), ("y", "y", "x", "x")]
    people, model = [list(r[:3]) for r in rows * 10], [r[3] for r in rows * 10]
    [found] = alternative_test(Panel.of(people, model, ["Ann", "Bo", "Cy"], ["m"]), 0.2)
    ann, bo, cy = found.comparisons
    # Ann strays from both others in the third, and ties where they differ or all agree
    assert (ann.ahead, ann.behind) == (1.0, 0.75)
    # Bo's others, Ann and Cy, differ wherever Bo and the model do: nobody is closer
    assert (bo.ahead, bo.behind) == (1.0, 1.0)
    # Cy, who always says what the model says: a tie everywhere
    assert (cy.ahead, cy.behind) == (1.0, 1.0)
    assert found.advantage.point == 1.0
    assert found.winning_rate == 1.0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.15, 0.2]))
def test_numbers_are_those_of_the_definition_answer_by_answer(seed, epsilon):
    rng = np.random.default_rng(seed)
    panel = panel_of(rng, 60, rng.uniform(0.4, 0.95, 4), rng.uniform(0.3, 0.95, 2), gaps=0.15)
    for m, found in enumerate(alternative_test(panel, epsilon)):
        shares, p_values = [], []
        for j in range(4):
            model_as_close, person_as_close = [], []
            for i in range(60):
                mine, given_ = panel.people[i, j], panel.models[i, m]
                others = [a for k, a in enumerate(panel.people[i]) if k != j and a != ABSTAIN]
                if ABSTAIN in (mine, given_) or not others:
                    continue
                close = [np.mean([a == other for other in others]) for a in (given_, mine)]
                model_as_close.append(close[0] >= close[1])
                person_as_close.append(close[1] >= close[0])
            a, b = (np.array(one, dtype=float) for one in (model_as_close, person_as_close))
            assert found.comparisons[j].items == len(a)
            shares.append(a.mean())
            p_values.append(ttest_rel(b - epsilon, a, alternative="less").pvalue)
        rejected = false_discovery_control(p_values, method="by") <= 0.05
        assert found.winning_rate == pytest.approx(rejected.mean())
        assert found.advantage.point == pytest.approx(np.mean(shares))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_items_people_and_classes_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    panel = panel_of(rng, 50, [0.9, 0.8, 0.7], [0.8], gaps=0.1)
    items, people = rng.permutation(50), rng.permutation(3)
    other = Panel(
        panel.people[items][:, people],
        panel.models[items],
        [panel.person_names[j] for j in people],
        panel.model_names,
        panel.answers,
    )
    [one], [two] = alternative_test(panel, 0.15), alternative_test(other, 0.15)
    assert one.winning_rate == two.winning_rate
    assert one.advantage.point == pytest.approx(two.advantage.point)
    assert one.advantage.low == pytest.approx(two.advantage.low)


def passed(seed, worlds, people, model, n_items, epsilon):
    rng = np.random.default_rng(seed)
    tests = [
        alternative_test(panel_of(rng, n_items, people, [model]), epsilon)[0] for _ in range(worlds)
    ]
    return np.mean([verdict(one).answer == "yes" for one in tests]), tests


def test_a_model_drawn_like_the_people_passes():
    share, _ = passed(1, 100, [0.85] * 4, 0.85, 200, 0.15)
    assert share >= 0.95


def test_a_model_that_is_worse_is_refused():
    share, tests = passed(2, 200, [0.85] * 4, 0.5, 200, 0.15)
    assert share <= 0.05
    assert np.mean([verdict(one).answer == "no" for one in tests]) >= 0.95


@pytest.mark.parametrize(
    ("people", "model", "n_items", "epsilon"),
    [
        ([0.97] * 3, 0.766, 30, 0.2),
        ([0.97] * 3, 0.869, 30, 0.1),
        ([0.8] * 3, 0.679, 60, 0.1),
        ([0.6] * 3, 0.263, 100, 0.2),
    ],
)
def test_a_model_just_as_far_behind_as_is_forbidden_passes_in_at_most_5_percent(
    people, model, n_items, epsilon
):
    share, tests = passed(3, 400, people, model, n_items, epsilon)
    behind = np.mean([c.gap for one in tests for c in one.comparisons])
    assert behind == pytest.approx(epsilon, abs=0.015)  # the world is where it is said to be
    assert share <= 0.05 + 1.65 * math.sqrt(0.05 * 0.95 / 400)


def test_the_interval_of_the_advantage_holds_the_truth():
    people, model = [0.9, 0.8, 0.7], 0.75
    truth = alternative_test(panel_of(np.random.default_rng(0), 200_000, people, [model]), 0.15)[
        0
    ].advantage.point
    rng = np.random.default_rng(4)
    held = [
        one.low <= truth <= one.high
        for one in (
            alternative_test(panel_of(rng, 80, people, [model]), 0.15)[0].advantage
            for _ in range(300)
        )
    ]
    assert 0.92 <= np.mean(held) <= 0.99


def test_people_with_few_items_are_not_compared_but_count_as_others():
    rng = np.random.default_rng(5)
    panel = panel_of(rng, 60, [0.9] * 4, [0.9])
    panel.people[20:, 3] = ABSTAIN
    [found] = alternative_test(panel, 0.15)
    assert [one.tested for one in found.comparisons] == [True, True, True, False]
    assert len(found.tested) == 3


@pytest.mark.parametrize("epsilon", [0.0, 1.0, -0.2, 1.5])
def test_an_epsilon_that_is_none_is_refused(epsilon):
    panel = panel_of(np.random.default_rng(0), 30, [0.9] * 3, [0.9])
    with pytest.raises(QualityError, match="between 0 and 1"):
        alternative_test(panel, epsilon)
