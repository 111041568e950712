import math

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from labeling.errors import QualityError
from labeling.quality.estimates.intervals import wilson
from labeling.quality.family import Budget
from labeling.quality.gain import proven_gain
from labeling.quality.tables.drift import drift
from labeling.quality.tables.estimate import estimate
from labeling.quality.tables.table import UNSETTLED, read_reviews, review_table


def reviews(**columns):
    return review_table(pa.table(columns))


def test_a_file_of_right_and_wrong_gives_wilson_by_batch_and_overall(tmp_path):
    file = tmp_path / "reviews.csv"
    file.write_text(
        "batch,correct\n" + "2026-01,1\n" * 46 + "2026-01,0\n" * 4 + "2026-02,true\n" * 50
    )
    found = estimate(read_reviews(file))
    assert [row.name for row in found.batches] == ["2026-01", "2026-02"]
    assert found.batches[0].interval.low == pytest.approx(wilson(46, 50).low, abs=1e-6)
    assert found.overall.interval.high == pytest.approx(wilson(96, 100).high, abs=1e-6)
    assert (found.overall.reviewed, found.overall.errors) == (100, 4)


def test_parquet_and_csv_say_the_same(tmp_path):
    table = pa.table(
        {"batch": ["a"] * 4, "label": ["x", "x", "y", "y"], "gold": ["x", "y", "y", None]}
    )
    parquet.write_table(table, tmp_path / "r.parquet")
    (tmp_path / "r.csv").write_text("batch,label,gold\na,x,x\na,x,y\na,y,y\na,y,\n")
    one, other = (estimate(read_reviews(tmp_path / f"r.{kind}")) for kind in ("parquet", "csv"))
    assert one == other
    assert [row.name for row in one.classes] == ["x", "y"]
    assert one.overall.reviewed == 3


def test_rows_without_an_answer_count_the_items():
    found = estimate(reviews(batch=["a"] * 200, correct=[1] * 90 + [0] * 10 + [None] * 100))
    expected = wilson(90, 100, 200)
    assert found.overall.interval.low == pytest.approx(expected.low, abs=1e-6)
    assert found.overall.interval.high == pytest.approx(expected.high, abs=1e-6)


def test_probabilities_are_used():
    """Doubtful items were drawn five times as often: counting heads would be 9 points off."""
    rng = np.random.default_rng(0)
    heads, used, hits = [], [], []
    for _ in range(100):
        doubtful = np.arange(1000) < 200
        wrong = rng.random(1000) < np.where(doubtful, 0.3, 0.02)
        probability = np.where(doubtful, 0.25, 0.05)
        drawn = np.r_[rng.choice(200, 50, replace=False), 200 + rng.choice(800, 40, replace=False)]
        found = estimate(
            reviews(
                batch=["a"] * 90,
                correct=(~wrong[drawn]).astype(int),
                probability=probability[drawn],
            )
        ).overall
        heads.append((~wrong[drawn]).mean() - (~wrong).mean())
        used.append(found.interval.point - (~wrong).mean())
        hits.append(found.interval.low <= (~wrong).mean() <= found.interval.high)
    assert np.mean(heads) < -0.06
    assert abs(np.mean(used)) < 0.01
    assert np.mean(hits) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 100)


def test_a_posterior_is_used_only_once_earlier_batches_have_proven_it():
    rng = np.random.default_rng(1)
    rows = {"batch": [], "correct": [], "posterior": []}
    for name in "abc":
        g = rng.beta(0.3, 3, 600)
        wrong = rng.random(600) < g
        answer = [None] * 600
        for i in rng.permutation(600)[:150]:
            answer[i] = int(not wrong[i])
        rows["batch"] += [name] * 600
        rows["correct"] += answer
        rows["posterior"] += (1 - g).tolist()
    found = estimate(reviews(**rows))
    assert [row.method for row in found.batches] == [
        "Wilson interval",
        "score interval, stratified by posterior",
        "score interval, stratified by posterior",
    ]
    useless = dict(rows, posterior=rng.permutation(rows["posterior"]).tolist())
    assert {row.method for row in estimate(reviews(**useless)).batches} == {"Wilson interval"}


def test_gain_needs_errors_to_be_proven():
    assert not proven_gain([0.1, 0.9], [False, True]).proven
    assert proven_gain(np.r_[np.zeros(50), np.ones(10)], np.r_[np.zeros(50), np.ones(10)]).proven
    with pytest.raises(QualityError, match="1 predicted errors, but 2"):
        proven_gain([0.1], [True, False])


def test_false_proofs_are_as_rare_as_stated():
    rng = np.random.default_rng(2)
    false = [proven_gain(rng.random(200), rng.random(200) < 0.08).proven for _ in range(600)]
    assert np.mean(false) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 600)


def test_reviewers_who_disagree_are_settled_by_majority_and_ties_stay_open():
    table = reviews(
        batch=["a"] * 6,
        item=["1", "1", "1", "2", "2", "3"],
        correct=[1, 1, 0, 1, 0, 1],
    )
    assert sorted(table.correct.tolist()) == sorted([1, UNSETTLED, 1])
    found = estimate(table).overall
    assert (found.reviewed, found.unsettled, found.errors) == (2, 1, 0)
    assert found.interval.low == pytest.approx(wilson(2, 3).low, abs=1e-6)
    assert found.interval.high == pytest.approx(1)


def test_a_batch_without_reviews_is_unknown_and_changes_nothing_overall():
    found = estimate(reviews(batch=["a"] * 50 + ["b"] * 5, correct=[1] * 45 + [0] * 5 + [None] * 5))
    assert math.isnan(found.batches[1].interval.point)
    assert (found.batches[1].interval.low, found.batches[1].interval.high) == (0, 1)
    assert found.overall.reviewed == 50


def test_all_right_all_wrong_and_one_class_keep_open_intervals():
    right = estimate(reviews(batch=["a"] * 30, label=["x"] * 30, gold=["x"] * 30)).overall
    wrong = estimate(reviews(batch=["a"] * 30, correct=[0] * 30)).overall
    assert (right.interval.point, right.interval.high) == (1, 1)
    assert right.interval.low < 0.95
    assert (wrong.interval.point, wrong.interval.low) == (0, 0)
    assert wrong.interval.high > 0.05


def test_weights_of_zero_are_left_out_and_counted():
    found = estimate(reviews(batch=["a"] * 4, correct=[1, 1, 0, 0], weight=[1.0, 1.0, 0.0, 0.0]))
    assert (found.overall.reviewed, found.dropped) == (2, 2)
    assert found.overall.interval.point == 1
    nothing = estimate(reviews(batch=["a"], correct=[1], weight=[0.0]))
    assert not nothing.overall.interval.measured


def test_windows_slide():
    found = estimate(reviews(batch=list("aabbcc"), correct=[1, 1, 1, 0, 0, 0]), window=2)
    assert [(row.name, row.interval.point) for row in found.windows] == [
        ("a .. b", 0.75),
        ("b .. c", 0.25),
    ]
    with pytest.raises(QualityError, match="window"):
        estimate(reviews(batch=["a"], correct=[1]), window=-1)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"batch": ["a"], "answer": [1]}, "columns batch, answer; needed are batch"),
        ({"batch": ["a", "a"], "correct": ["1", "perhaps"]}, "row 2: correct is 'perhaps'"),
        (
            {"batch": ["a"], "correct": [1], "probability": [0.0]},
            r"row 1: probability is 0.0.*\(0, 1\]",
        ),
        ({"batch": ["a"], "correct": [1], "probability": [1.5]}, "row 1: probability is 1.5"),
        ({"batch": ["a"], "correct": [1], "weight": [-1.0]}, "row 1: weight is -1.0"),
        ({"batch": ["a"], "correct": [1], "weight": [None]}, "row 1: weight is nan"),
        ({"batch": ["a"], "correct": [1], "posterior": [1.1]}, "row 1: posterior is 1.1"),
        (
            {"batch": ["a"], "correct": [1], "posterior": ["high"]},
            "row 1: posterior is 'high', but it is a number",
        ),
        ({"batch": ["a", None], "correct": [1, 1]}, "row 2: batch is empty"),
        ({"batch": ["a"], "correct": [1], "weight": [1.0], "probability": [1.0]}, "both weight"),
    ],
)
def test_malformed_tables_are_refused_with_the_row(columns, message):
    with pytest.raises(QualityError, match=message):
        reviews(**columns)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(QualityError, match="there is no file"):
        read_reviews(tmp_path / "none.csv")
    (tmp_path / "r.txt").write_text("x")
    with pytest.raises(QualityError, match=r"is neither \.csv"):
        read_reviews(tmp_path / "r.txt")
    (tmp_path / "r.csv").write_text("")
    with pytest.raises(QualityError, match=r"r\.csv"):
        read_reviews(tmp_path / "r.csv")
    (tmp_path / "r.parquet").write_text("no parquet")
    with pytest.raises(QualityError, match=r"r\.parquet"):
        read_reviews(tmp_path / "r.parquet")


def test_an_empty_table_is_no_error():
    empty = review_table(
        pa.table({"batch": pa.array([], pa.string()), "correct": pa.array([], pa.int64())})
    )
    assert not estimate(empty).overall.interval.measured


def fallen(rng, weighted=False):
    rows = {"batch": [], "correct": [], "probability": []}
    for t in range(24):
        rate = 0.05 if t < 12 else 0.25
        doubtful = np.arange(50) < 25
        wrong = rng.random(50) < rate * np.where(doubtful, 1.5, 0.5)
        rows["batch"] += [f"{t:02}"] * 50
        rows["correct"] += (~wrong).astype(int).tolist()
        rows["probability"] += np.where(doubtful, 0.2, 0.05).tolist()
    if not weighted:
        rows.pop("probability")
    return reviews(**rows)


def test_a_fall_is_found_soon_after_it_happened_and_not_before():
    for weighted in (False, True):
        for seed in range(8):
            found = drift(fallen(np.random.default_rng(seed), weighted), Budget(), 0.92)
            alarm = found.alarms["labels"]
            assert 12 <= int(alarm.batch) <= 18
            assert abs(int(alarm.change_batch) - 12) <= 3


def test_reference_batches_stand_in_for_a_promise():
    found = drift(fallen(np.random.default_rng(1)), Budget(), reference_batches=8)
    assert found.family[0].target_error == pytest.approx(0.08, abs=0.03)
    assert int(found.alarms["labels"].batch) >= 12
    assert found.reference == [f"{t:02}" for t in range(8)]


def test_drift_needs_to_know_from_what():
    table = reviews(batch=["a", "b"], correct=[1, 1])
    with pytest.raises(QualityError, match="drift from what"):
        drift(table, Budget())
    with pytest.raises(QualityError, match="none is left"):
        drift(table, Budget(), reference_batches=2)
    with pytest.raises(QualityError, match="between 0 and 1"):
        drift(table, Budget(), 1.0)


def test_classes_are_watched_if_they_have_reviews():
    table = reviews(batch=["a"] * 60, label=["x"] * 30 + ["y"] * 25 + ["z"] * 5, gold=["x"] * 60)
    found = drift(table, Budget(), 0.9)
    assert [series.name for series in found.family] == ["labels", "class/x", "class/y"]
    assert "class/y" in found.alarms
    assert "class/x" not in found.alarms


def test_a_probability_of_its_own_for_each_item_still_covers():
    rng, hits = np.random.default_rng(5), []
    for _ in range(200):
        g = rng.beta(0.5, 5, 1000)
        wrong = rng.random(1000) < g
        weight = 0.4 + np.sqrt(g)
        drawn = np.argsort(-(np.log(weight) + rng.gumbel(size=1000)))[:60]
        probability = np.minimum(60 * weight[drawn] / weight.sum(), 1)
        table = reviews(
            batch=["a"] * 60, correct=(~wrong[drawn]).astype(int), probability=probability
        )
        interval = estimate(table).overall.interval
        hits.append(interval.low <= (~wrong).mean() <= interval.high)
        assert not drift(table, Budget(), 0.8).alarms
    assert np.mean(hits) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / 200)
