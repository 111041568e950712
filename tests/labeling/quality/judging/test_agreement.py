import gzip
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.csv as pacsv
import pytest

from labeling.quality.judging.agreement import agreements
from labeling.quality.judging.alternative import alternative_test
from labeling.quality.judging.mistakes import against_people
from labeling.quality.judging.panel import Panel
from labeling.quality.judging.verdict import verdict
from tests.labeling.quality.judging.worlds import panel_of

DATA = Path(__file__).parents[4].parent / "shared" / "data"


def test_agreement_is_the_share_of_pairs_that_say_the_same():
    panel = panel_of(np.random.default_rng(0), 50, [0.8] * 4, [0.7], gaps=0.2)
    pairs = [
        (row[a] == row[b])
        for row in panel.people
        for a, b in combinations(range(4), 2)
        if min(row[a], row[b]) >= 0
    ]
    with_model = [
        person == said
        for row, said in zip(panel.people, panel.models[:, 0], strict=True)
        for person in row
        if min(person, said) >= 0
    ]
    found = agreements(panel)
    assert found.together.share.point == pytest.approx(np.mean(pairs))
    assert found.models[0].share.point == pytest.approx(np.mean(with_model))


def test_intervals_of_agreement_hold_the_truth_though_pairs_of_an_item_go_together():
    people, model = [0.9, 0.7, 0.7, 0.6, 0.6], 0.75
    whole = agreements(panel_of(np.random.default_rng(0), 100_000, people, [model]))
    truth = whole.together.share.point, whole.models[0].share.point
    rng = np.random.default_rng(1)
    held = []
    for _ in range(200):
        found = agreements(panel_of(rng, 60, people, [model]))
        held.append(
            [
                one.low <= so <= one.high
                for one, so in zip(
                    (found.together.share, found.models[0].share), truth, strict=True
                )
            ]
        )
    assert (np.mean(held, axis=0) >= 0.92).all()


def test_sets_agree_in_part_and_missed_and_added_classes_are_told_apart():
    answers = [frozenset({"late"}), frozenset({"late", "broken"}), frozenset()]
    people = np.array([[0, 0, 0], [1, 1, 0], [2, 2, 2]] * 12, dtype=np.int32)
    models = np.array([[1], [0], [2]] * 12, dtype=np.int32)
    panel = Panel(people, models, list("abc"), ["m"], answers, "several")
    [found] = against_people(panel)
    assert [(one.people, one.model, one.agreed, one.divided) for one in found.mistakes] == [
        (None, "broken", 12, 0),
        ("broken", None, 0, 12),
    ]
    assert (found.agreed, found.agreed_same, found.divided_same) == (24, 12, 0)
    share = agreements(panel).models[0].share.point
    third = 1 / 3  # MASI of {late} and {late, broken}
    assert share == pytest.approx((3 * third + (1 + 2 * third) + 3) / 9)


def crowd(name, models):
    with gzip.open(DATA / name / "labels.csv.gz") as file:
        table = pacsv.read_csv(file)
    item, worker, label = (
        np.unique(table[c].to_numpy(), return_inverse=True)[1] for c in table.column_names
    )
    people = np.full((item.max() + 1, worker.max() + 1), -1, dtype=np.int32)
    people[item, worker] = label
    answers = [frozenset([str(k)]) for k in range(label.max() + 1)]
    names = [f"worker {j}" for j in range(people.shape[1])]
    return Panel(people, models(people), names, ["most", "anything"], answers)


def most_and_anything(people):
    n = int(people.max()) + 1
    counts = np.stack([(people == k).sum(axis=1) for k in range(n)], axis=1)
    rng = np.random.default_rng(0)
    return np.stack([counts.argmax(axis=1), rng.integers(n, size=len(people))], axis=1).astype(
        np.int32
    )


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there")
@pytest.mark.parametrize("name", ["crowd_bluebird", "crowd_dog", "crowd_rte"])
def test_what_most_of_a_recorded_crowd_says_may_replace_one_of_it_and_chance_may_not(name):
    panel = crowd(name, most_and_anything)
    most, anything = alternative_test(panel, 0.1)
    assert verdict(most).answer == "yes"
    assert verdict(anything).answer != "yes"
    assert most.advantage.low > anything.advantage.high
    found = agreements(panel)
    assert found.models[0].share.low > found.together.share.high > found.models[1].share.high
