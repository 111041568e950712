"""The audit on its way through the warehouse: drawn, kept, measured by its probabilities."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from assets.people.audit import draw
from assets.quality.accuracy import score
from assets.quality.agreement import agreement_rows
from assets.quality.by_class import class_rows
from assets.quality.drift import take_in
from assets.quality.overall import reliability_rows
from assets.reading.audited import read_audits
from assets.reading.evidence import stale_evidence
from labeling.quality.estimates.intervals import wilson
from resources.pilots.rows import Draw
from resources.pilots.store import PilotStore
from resources.store import tables
from resources.store.table import as_arrow
from resources.store.tables import DRIFT_SERIES
from resources.store.warehouse import Warehouse
from resources.task.task import load_task

YAML = """
name: letters
classes: [{name: praise}, {name: complaint}]
source: {files: "*.csv"}
audit: {per_batch: 60}
alarm: {accuracy_at_least: 0.85}
"""
N = 600


@pytest.fixture
def place(tmp_path):
    return make(tmp_path)


@pytest.fixture(scope="module")
def proven(tmp_path_factory):
    """Four batches whose confidences are true, each with its audit reviewed; for reading."""
    place = make(tmp_path_factory.mktemp("proven"))
    history(place, 4)
    return place


def make(tmp_path):
    folder = tmp_path / "tasks" / "letters"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(YAML, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
        task = load_task(folder)
    warehouse = Warehouse(path=str(task.warehouse))
    return task, warehouse


def put(warehouse, table, rows):
    with warehouse.connect() as db:
        db.db.register("rows", pa.Table.from_pylist(rows))
        db.execute(f"insert into {table.sql_name} by name from rows")


def release(task, warehouse, batch, seed, *, informative=True, worse=0.0):
    """Label N items, unsure of some; return the truth."""
    rng = np.random.default_rng(seed)
    doubt = np.where(rng.random(N) < 0.2, 0.45, 0.03)
    wrong = rng.random(N) < (doubt if informative else 0.11) + worse
    truth = rng.integers(0, 2, N)
    label = np.where(wrong, 1 - truth, truth)
    names = np.array(task.classes)
    rows = [
        {
            "item_id": f"{batch}-{i:03d}", "batch": batch, "label": names[label[i]],
            "confidence": 1 - doubt[i], "run": "r", "stamp": "s", "decided_by": "consensus",
        }
        for i in range(N)
    ]  # fmt: skip
    put(warehouse, tables.RELEASED, rows)
    put(
        warehouse,
        tables.RULE_VOTES,
        [
            {"item_id": r["item_id"], "batch": batch, "voter": "rule/a", "version": v, "label": r["label"]}
            for at, r in enumerate(rows)
            if at % 2
            for v in ["v1" if at < 300 else "v2"]
        ],
    )  # fmt: skip
    return {r["item_id"]: names[truth[i]] for i, r in enumerate(rows)}


def review(warehouse, batch, truth):
    drawn = warehouse.ask(
        "select item_id, probability from people.audit_sample where batch = ? order by draw",
        [batch],
    ).to_pylist()
    put(
        warehouse,
        tables.GOLD,
        [
            {
                "item_id": row["item_id"], "batch": batch, "label": truth[row["item_id"]],
                "origin": "audit", "probability": row["probability"], "reviews": 1,
            }
            for row in drawn
        ],
    )  # fmt: skip


def history(place, n, **how):
    task, warehouse = place
    for at in range(n):
        batch = f"2026-{at + 1:02d}"
        truth = release(task, warehouse, batch, at, **how)
        draw(task, warehouse, batch)
        review(warehouse, batch, truth)


def test_the_first_batch_is_drawn_evenly_and_doubtful_labels_more_often_once_proven(proven):
    task, warehouse = proven
    kinds = [
        warehouse.ask("select distinct design from people.audit_design where batch = ?", [b])
        for b in ("2026-01", "2026-04")
    ]
    assert [kind["design"].to_pylist() for kind in kinds] == [["uniform"], ["stratified"]]
    (drawn,) = read_audits(task, warehouse, ["2026-04"])
    doubtful = int(drawn.batch.design.stratum[drawn.confidence < 0.8][0])
    rate = drawn.batch.design.stratum_weight
    assert rate[doubtful] > 1.5 * rate[1 - doubtful]
    certain = drawn.batch.design.least
    taken = np.bincount(drawn.batch.design.stratum[drawn.batch.drawn], minlength=2)
    assert (taken >= certain).all()
    rows = warehouse.ask("from people.audit_sample where batch = '2026-04'").to_pylist()
    assert len(rows) == 60
    assert len({row["seed"] for row in rows}) == 1
    assert {row["probability"] for row in rows} != {60 / N}
    assert sum(1 / row["probability"] for row in rows) == pytest.approx(N)
    stored = [row["draw_probability"] for row in sorted(rows, key=lambda r: r["draw"])]
    assert drawn.batch.audited().draw_probability() == pytest.approx(stored)


def sampled(warehouse):
    return warehouse.ask("select item_id from people.audit_sample order by draw")[
        "item_id"
    ].to_pylist()


def meet(task, items):
    PilotStore(task.pilots).draw(
        [Draw(at, one, "2026-01", 1.0, True, N) for at, one in enumerate(items, start=1)]
    )


def test_no_item_of_a_pilot_is_drawn_for_an_audit(place):
    task, warehouse = place
    release(task, warehouse, "2026-01", 0)
    met = [f"2026-01-{i:03d}" for i in range(0, N, 2)]
    meet(task, met)
    draw(task, warehouse, "2026-01")
    assert len(sampled(warehouse)) == 60
    assert not set(sampled(warehouse)) & set(met)


def test_an_audit_that_was_drawn_before_a_pilot_stands_as_it_was(place):
    task, warehouse = place
    release(task, warehouse, "2026-01", 0)
    draw(task, warehouse, "2026-01")
    before = sampled(warehouse)
    meet(task, sorted({f"2026-01-{i:03d}" for i in range(N)} - set(before))[:100])
    told = draw(task, warehouse, "2026-01")
    assert sampled(warehouse) == before
    assert told["population"] == N


def test_an_audit_that_grows_takes_no_item_of_a_pilot(place):
    task, warehouse = place
    release(task, warehouse, "2026-01", 0)
    draw(task, warehouse, "2026-01")
    met = sorted({f"2026-01-{i:03d}" for i in range(N)} - set(sampled(warehouse)))[:300]
    meet(task, met)
    wider = task.spec.audit.model_copy(update={"per_batch": 200})
    grown = replace(task, spec=task.spec.model_copy(update={"audit": wider}))
    draw(grown, warehouse, "2026-01")
    assert len(sampled(warehouse)) == 200
    assert not set(sampled(warehouse)) & set(met)


def test_confidences_that_say_nothing_keep_the_draw_even(place):
    _, warehouse = place
    history(place, 2, informative=False)
    kinds = warehouse.ask("select distinct design from people.audit_design")["design"].to_pylist()
    assert kinds == ["uniform"]


def test_a_sample_that_people_answer_is_not_drawn_anew_when_earlier_reviews_come(proven):
    task, warehouse = proven
    before = warehouse.ask("from people.audit_sample where batch = '2026-01' order by draw")
    metadata = draw(task, warehouse, "2026-01")
    after = warehouse.ask("from people.audit_sample where batch = '2026-01' order by draw")
    assert after.equals(before)
    assert metadata["design"] == "uniform"


def test_accuracy_uses_the_sampling_probabilities(proven):
    task, warehouse = proven
    score(task, warehouse, "2026-04")
    whole = warehouse.ask("from quality.accuracy where class = '(all)'").to_pylist()[0]
    naive = wilson(whole["correct"], whole["reviewed"], N)
    assert whole["accuracy"] > naive.point  # doubtful labels were drawn more often than they are
    assert whole["accuracy_low"] < whole["accuracy"] < whole["accuracy_high"]
    assert whole["labelled"] == N
    rows = warehouse.ask("from quality.scores where batch = '2026-04'").to_pylist()
    window = next(
        r
        for r in rows
        if r["span"] == "window" and r["series"] == "labels" and r["class"] == "(all)"
    )
    assert (window["batches"], window["reviewed"]) == (4, 240)
    assert window["accuracy_high"] - window["accuracy_low"] < (
        whole["accuracy_high"] - whole["accuracy_low"]
    )
    versions = {
        r["version"] for r in rows if r["series"] == "voter/rule/a" and r["span"] == "batch"
    }
    assert versions == {None, "v1", "v2"}
    parts = [
        r["reviewed"] for r in rows
        if r["series"] == "voter/rule/a" and r["span"] == "batch" and r["version"] is not None
    ]  # fmt: skip
    assert len(parts) == 2
    assert sum(parts) == next(
        r["reviewed"] for r in rows
        if r["series"] == "voter/rule/a" and r["span"] == "batch" and r["version"] is None
    )  # fmt: skip


def test_a_batch_without_a_review_is_measured_as_unknown(place):
    task, warehouse = place
    release(task, warehouse, "2026-01", 0)
    draw(task, warehouse, "2026-01")
    score(task, warehouse, "2026-01")
    whole = warehouse.ask("from quality.accuracy where class = '(all)'").to_pylist()[0]
    assert (whole["reviewed"], whole["accuracy"]) == (0, None)
    assert (whole["accuracy_low"], whole["accuracy_high"]) == (0.0, 1.0)


def watch(task, warehouse, batch):
    rows = take_in(task, warehouse, batch)
    warehouse.replace_batch(DRIFT_SERIES, batch, as_arrow(DRIFT_SERIES, rows))
    return {row["series"]: row for row in rows}


def test_evidence_goes_on_from_the_batch_before_and_a_late_review_counts(place):
    task, warehouse = place
    for at in range(3):
        batch = f"2026-{at + 1:02d}"
        truth = release(task, warehouse, batch, at, worse=0.4)
        draw(task, warehouse, batch)
        if at:
            review(warehouse, batch, truth)
        else:
            late = truth
    found = [watch(task, warehouse, f"2026-{at:02d}") for at in (1, 2, 3)]
    assert found[2]["labels"]["alarm"]
    assert {"class/praise", "class/complaint", "voter/rule/a"} <= set(found[2])
    with warehouse.connect() as db:
        assert stale_evidence(task, db) == []
    review(warehouse, "2026-01", late)
    with warehouse.connect() as db:
        assert stale_evidence(task, db) == ["2026-01", "2026-02", "2026-03"]
    again = [watch(task, warehouse, f"2026-{at:02d}") for at in (1, 2, 3)]
    assert again[2]["labels"]["log_evidence"] > found[2]["labels"]["log_evidence"]
    assert again[0]["labels"]["change_batch"] or again[1]["labels"]["change_batch"] == "2026-01"
    whole = take_in(task, warehouse, "2026-03")
    with warehouse.connect() as db:
        db.execute("delete from quality.drift_series")
    assert take_in(task, warehouse, "2026-03") == whole


def test_the_whole_has_classes_confusion_and_calibration(proven):
    task, warehouse = proven
    audits = read_audits(task, warehouse, [f"2026-{at:02d}" for at in range(1, 5)])
    rows, cells = class_rows(task, "all", audits)
    assert [row["class"] for row in rows] == ["praise", "complaint", "(macro)"]
    assert all(row["f1_low"] <= row["f1"] <= row["f1_high"] for row in rows)
    assert sum(cell["share"] for cell in cells) == pytest.approx(1.0)
    bins = [row for row in reliability_rows(audits) if row["series"] == "labels"]
    assert sum(row["reviewed"] for row in bins) == 240
    assert bins[0]["ece"] < 0.1  # the confidences are true here


def test_a_vote_on_an_item_that_has_no_label_is_nobody_else_s(place):
    task, warehouse = place
    release(task, warehouse, "2026-01", 1)
    row = {"item_id": "nobody", "batch": "2026-01", "voter": "rule/b", "version": "v1"}
    put(warehouse, tables.RULE_VOTES, [row | {"label": "praise"}])
    (audit,) = read_audits(task, warehouse, ["2026-01"])
    assert (audit.votes["rule/a"] >= 0).sum() == N // 2
    assert not (audit.votes.get("rule/b", np.array([-1])) >= 0).any()


def test_reviewers_are_compared_in_pairs_and_together(place):
    task, _ = place
    answers = [
        {"item": str(i), "reviewer": who, "label": task.classes[said]}
        for i, (a, b) in enumerate([(0, 0), (0, 0), (1, 1), (1, 1), (1, 0)])
        for who, said in (("ada", a), ("bob", b))
    ]
    alpha, kappa = agreement_rows(task, answers)
    assert (alpha["measure"], alpha["items"]) == ("krippendorff_alpha", 5)
    assert {kappa["first"], kappa["second"]} == {"ada", "bob"}
    assert kappa["value"] == pytest.approx(0.615, abs=0.001)
    assert agreement_rows(task, answers[:1]) == []


@pytest.mark.filterwarnings("error")
def test_agreement_is_unknown_where_two_people_only_ever_gave_one_class(place):
    task, _ = place
    same, other = task.classes[:2]
    said = [("0", "ada", same), ("0", "bob", same), ("1", "ada", same), ("1", "bob", same)]
    alone = [("2", "ada", other), ("3", "bob", other)]
    answers = [dict(zip(("item", "reviewer", "label"), one, strict=True)) for one in said + alone]
    _, kappa = agreement_rows(task, answers)
    assert (kappa["measure"], kappa["items"], kappa["value"]) == ("cohen_kappa", 2, None)
