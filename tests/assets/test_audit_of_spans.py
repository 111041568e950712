"""An audit of marked texts on its way through the warehouse: figures, agreement, alarms of F1's parts."""

import numpy as np
import pytest

from assets.people.audit import draw
from assets.quality.accuracy import score
from assets.quality.agreement import agreement_rows
from assets.quality.by_class import class_rows
from assets.quality.diagnosis import explain, seen_by
from assets.quality.drift import take_in
from assets.reading.audited import read_audits
from labeling.kinds.spans.answer import Span, marked, written
from resources.store import tables
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError
from resources.task.task import load_task
from tests.assets.test_audit import put, review

YAML = """
name: notes
kind: spans
classes: [{name: Drug}, {name: Disease}]
source: {files: "*.csv"}
audit: {per_batch: 60}
alarm: {accuracy_at_least: 0.5, recall_at_least: 0.8, precision_at_least: 0.7}
"""
N = 300


def make(tmp_path, yaml=YAML):
    folder = tmp_path / "tasks" / "notes"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "task.yaml").write_text(yaml, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
        return load_task(folder)


def release(warehouse, batch, seed, missed):
    """Mark N texts, missing some spans and ending some too late; return the truth."""
    rng = np.random.default_rng(seed)
    truth, rows = {}, []
    for at in range(N):
        item = f"{batch}-{at:03d}"
        spans = [
            Span(10 * k, 10 * k + 4, "Drug" if k % 2 else "Disease")
            for k in range(int(rng.integers(0, 4)))
        ]
        truth[item] = written(spans)
        kept = [span for span in spans if rng.random() > missed]
        given = written(
            [span._replace(end=span.end + 1) if rng.random() < 0.05 else span for span in kept]
        )
        rows.append(
            {
                "item_id": item, "batch": batch, "label": given, "confidence": 0.9,
                "run": "r", "stamp": "s", "decided_by": "consensus",
            }
        )  # fmt: skip
    put(warehouse, tables.RELEASED, rows)
    return truth


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    task = make(tmp_path_factory.mktemp("spans"))
    warehouse = Warehouse(path=str(task.warehouse))
    for at, missed in enumerate((0.03, 0.03, 0.5, 0.5)):
        batch = f"2026-{at + 1:02d}"
        truth = release(warehouse, batch, at, missed)
        draw(task, warehouse, batch)
        review(warehouse, batch, truth)
    yield task, warehouse
    warehouse.close()


def audits_of(place):
    task, warehouse = place
    return read_audits(task, warehouse, [f"2026-{at:02d}" for at in range(1, 5)])


def test_the_report_tells_strict_and_overlap_by_class_and_in_all(place):
    task, _ = place
    audits = audits_of(place)
    rows, confusion = class_rows(task, "all", audits)
    assert confusion == []
    names = ["Drug", "Disease", "(micro)", "(macro)"]
    assert {row["class"] for row in rows} == {*names, *(f"(overlap) {name}" for name in names)}
    of = {row["class"]: row for row in rows}
    for name in names:
        assert of[f"(overlap) {name}"]["precision"] == pytest.approx(1.0)
        assert of[name]["precision"] < 1
        assert of[name]["f1_low"] < of[name]["f1"] < of[name]["f1_high"]
    given = gold = right = 0
    for audit in audits:
        said = zip(audit.batch.label[audit.batch.drawn], audit.batch.gold, strict=True)
        for one, true in said:
            a, b = (
                set(told.found) if (told := marked(audit.answers[code])) else set()
                for code in (one, true)
            )
            given, gold, right = given + len(a), gold + len(b), right + len(a & b)
    assert of["(micro)"]["precision"] == pytest.approx(right / given, abs=0.02)
    assert of["(micro)"]["recall"] == pytest.approx(right / gold, abs=0.02)


def test_a_class_is_wrong_where_one_of_its_spans_is(place):
    task, warehouse = place
    score(task, warehouse, "2026-01")
    rows = warehouse.ask("from quality.accuracy where batch = '2026-01'").to_pylist()
    of = {row["class"]: row for row in rows}
    assert set(of) == {"(all)", "Drug", "Disease"}
    assert 0.7 < of["Drug"]["accuracy"] < 1


def test_precision_recall_and_f1_of_spans_are_kept_by_batch_and_shown_in_dagster_and_mlflow(place):
    task, warehouse = place
    shown = score(task, warehouse, "2026-04")
    names = {f"{name} of spans" for name in ("precision", "recall", "F1")}
    assert names <= set(shown)
    assert shown["recall of spans"] < 0.7 < shown["precision of spans"] <= 1
    kept = warehouse.ask(
        "from quality.scores where batch = '2026-04' and series like '% of spans'"
    ).to_pylist()
    assert {(row["series"], row["span"]) for row in kept} == {
        (name, span) for name in names for span in ("batch", "window")
    }
    for row in kept:
        assert row["accuracy_low"] < row["accuracy"] <= row["accuracy_high"]
    of = {(row["series"], row["span"]): row["accuracy"] for row in kept}
    assert of["recall of spans", "batch"] < of["recall of spans", "window"]  # two healthy batches
    with warehouse.connect() as db:
        logged = {row["name"]: row["value"] for row in db.rows("published.figures.more_metrics")}
    assert logged["F1 of spans"] == shown["F1 of spans"]
    assert "F1 of spans over the window" in logged


def test_an_alarm_of_missed_spans_is_called_recall(place):
    task, warehouse = place
    rows = {row["series"]: row for row in take_in(task, warehouse, "2026-04")}
    assert list(rows) == ["labels", "class/Drug", "class/Disease", "precision", "recall"]
    assert rows["recall"]["alarm"]
    assert rows["recall"]["change_batch"] == "2026-03"
    assert (rows["recall"]["promised"], rows["precision"]["promised"]) == (0.8, 0.7)
    assert not rows["precision"]["alarm"]
    assert rows["recall"]["reviews"] < 60


def test_an_alarm_of_a_part_is_explained_by_its_own_mistakes(place):
    task, _ = place
    audit = audits_of(place)[-1]
    missed, false = (
        int(seen_by(task, audit, part).batch.audited().wrong.sum())
        for part in ("recall", "precision")
    )
    assert missed > 3
    assert missed > false


def test_the_class_whose_spans_were_missed_is_named_where_recall_has_fallen(tmp_path):
    task = make(tmp_path)
    warehouse = Warehouse(path=str(task.warehouse))
    rng, truth, rows = np.random.default_rng(5), {}, []
    for at in range(N):
        item = f"2026-01-{at:03d}"
        spans = [Span(0, 4, "Drug"), Span(10, 14, "Disease")][: int(rng.integers(1, 3))]
        kept = [one for one in spans if one.name == "Drug" or rng.random() < 0.5]
        truth[item] = written(spans)
        rows.append(
            {
                "item_id": item, "batch": "2026-01", "label": written(kept), "confidence": 0.9,
                "run": "r", "stamp": "s", "decided_by": "consensus",
            }
        )  # fmt: skip
    put(warehouse, tables.RELEASED, rows)
    draw(task, warehouse, "2026-01")
    review(warehouse, "2026-01", truth)
    for series in ("recall", "labels"):
        alarm = {"alarm_id": "a", "series": series, "change_batch": "2026-01", "promised": 0.9}
        found = explain(task, warehouse, alarm)
        assert found.next_steps[0].startswith("Look at class Disease: "), series
        of = {row["slice"]: row["errors"] for row in found.slices}
        assert of["class/Disease"] > 10
        assert of["class/Drug"] == 0
    warehouse.close()


def test_one_class_alone_is_no_cause_and_the_ways_of_being_wrong_are_told_instead(tmp_path):
    task = make(tmp_path, YAML.replace(", {name: Disease}", ""))
    warehouse = Warehouse(path=str(task.warehouse))
    truth, rows = {}, []
    for at in range(N):
        item, spans = f"2026-01-{at:03d}", [Span(0, 4, "Drug"), Span(10, 14, "Drug")]
        given = (
            spans[:1] if at % 3 == 0 else [Span(0, 5, "Drug"), spans[1]] if at % 9 == 1 else spans
        )
        truth[item] = written(spans)
        rows.append(
            {
                "item_id": item, "batch": "2026-01", "label": written(given), "confidence": 0.9,
                "run": "r", "stamp": "s", "decided_by": "consensus",
            }
        )  # fmt: skip
    put(warehouse, tables.RELEASED, rows)
    draw(task, warehouse, "2026-01")
    review(warehouse, "2026-01", truth)
    for series in ("labels", "recall"):
        alarm = {"alarm_id": "a", "series": series, "change_batch": "2026-01", "promised": 0.9}
        found = explain(task, warehouse, alarm)
        assert "wrong texts" in found.next_steps[0]
        assert found.next_steps[0].endswith("add terms or rules that find more.")
        assert not any("class" in step for step in found.next_steps)
        assert not any(row["slice"].startswith("class/") for row in found.slices)
    warehouse.close()


def test_reviewers_are_compared_by_exact_spans_without_chance(place):
    task, _ = place
    drug, longer = written([Span(0, 4, "Drug")]), written([Span(0, 5, "Drug")])
    said = [("0", drug, drug), ("1", drug, longer), ("2", drug, "[]"), ("3", "[]", "[]")]
    answers = [
        {"item": item, "reviewer": who, "label": label}
        for item, *both in said
        for who, label in zip(("ada", "bob"), both, strict=True)
    ]
    whole, pair = agreement_rows(task, answers)
    assert (whole["measure"], whole["items"]) == ("pairwise_f1", 4)
    assert whole["value"] == pair["value"] == pytest.approx(2 / 5)
    assert {pair["first"], pair["second"]} == {"ada", "bob"}


@pytest.mark.parametrize("name", ["precision_at_least", "recall_at_least"])
def test_other_kinds_promise_no_part_of_f1(tmp_path, name):
    yaml = YAML.replace("kind: spans\n", "").replace(
        "recall_at_least: 0.8, precision_at_least: 0.7", f"{name}: 0.8"
    )
    with pytest.raises(TaskError, match=f"alarm.{name} is of kind: spans"):
        make(tmp_path, yaml)


def test_a_class_that_reads_as_a_figure_is_refused(tmp_path):
    with pytest.raises(TaskError, match="reads as a figure"):
        make(tmp_path, YAML.replace("name: Disease", "name: (overlap) Drug"))
