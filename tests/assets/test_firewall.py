"""200 marked gold rows of the batch that is judged: in no prompt, and in no training matrix."""

import numpy as np
import pyarrow as pa
import pytest

from assets.reading.firewall import may_teach, teaching_gold, wall_before
from assets.reading.votes import read_window
from assets.reading.window_posterior import fit_label_model
from labeling.consensus.label_model import LabelModel
from labeling.errors import GoldError
from labeling.gold import Gold
from labeling.sampling.duplicates import groups, near_duplicates
from labeling.student.opinion import form
from labeling.student.student import Student
from labeling.student.text import TextStudent
from resources.store import tables
from resources.store.warehouse import Warehouse
from resources.task.task import load_task

MARK = "zzmarkedzz"
BATCHES = ("2026-01", "2026-02", "2026-03")
JUDGED = BATCHES[1]
YAML = """
name: letters
classes: [{name: praise}, {name: complaint}]
source: {files: "*.csv"}
"""


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """Three batches of 300 items, all with gold; 200 audit rows of the second are marked."""
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    folder = tmp_path / "tasks" / "letters"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(YAML, encoding="utf-8")
    task = load_task(folder)
    warehouse = Warehouse(path=str(task.warehouse))
    items, votes, gold = [], [], []
    for batch in BATCHES:
        for n in range(300):
            item, label = f"{batch}-{n:03d}", ("praise", "complaint")[n % 2]
            marked = batch == JUDGED and n < 200
            text = f"{'thank you' if n % 2 == 0 else 'broken again'} {n}" + f" {MARK}" * marked
            items.append({"item_id": item, "batch": batch, "text": text, "metadata": "{}"})
            votes += [
                {
                    "item_id": item,
                    "batch": batch,
                    "voter": f"rule/{v}",
                    "version": "1",
                    "label": label,
                }
                for v in "ab"
            ]
            audit = n < 200
            gold.append(
                {
                    "item_id": item, "batch": batch, "label": label, "reviews": 1,
                    "origin": "audit" if audit else "queue",
                    "probability": 2 / 3 if audit else None,
                }
            )  # fmt: skip
    for table, rows in ((tables.ITEMS, items), (tables.RULE_VOTES, votes), (tables.GOLD, gold)):
        with warehouse.connect() as db:
            db.db.register("rows", pa.Table.from_pylist(rows))
            db.execute(f"insert into {table.sql_name} by name from rows")
    return task, warehouse


def marked(texts):
    return sum(MARK in str(text) for text in texts)


def test_200_marked_gold_rows_reach_no_training_matrix(planted, monkeypatch):
    task, warehouse = planted
    window = read_window(task, warehouse, JUDGED)
    seen = {"label model": [], "student": []}
    fit_model, prepare, learn = LabelModel.fit, TextStudent.prepare, Student.learn
    read: list[list[str]] = []

    def spy_model(self, votes, gold=None, *rest, **more):
        seen["label model"] += [window.texts[i] for i in (gold.item if gold else [])]
        return fit_model(self, votes, gold, *rest, **more)

    def spy_reading(self, texts):
        read.append(texts)
        return prepare(self, texts)

    def spy_student(self, prepared, lesson):
        seen["student"] += [read[-1][i] for i in lesson.gold_item]
        return learn(self, prepared, lesson)

    monkeypatch.setattr(LabelModel, "fit", spy_model)
    monkeypatch.setattr(TextStudent, "prepare", spy_reading)
    monkeypatch.setattr(Student, "learn", spy_student)
    assert marked(window.texts) == 200
    posterior = fit_label_model(task, window).posterior
    spoken = np.ones(len(window.texts), dtype=bool)
    form(
        TextStudent(2, classes=task.classes), window.texts, posterior, spoken, window.gold,
        window.current, twins=lambda at: groups(near_duplicates([window.texts[i] for i in at])),
    )  # fmt: skip
    for who, texts in seen.items():
        assert len(texts) >= 100, f"{who} learnt from no gold: the test sees nothing"
        assert marked(texts) == 0, who


def test_the_label_model_learns_from_gold_that_was_drawn_at_random_and_from_no_other(
    planted, monkeypatch
):
    task, warehouse = planted
    window = read_window(task, warehouse, BATCHES[2])
    taught: list[Gold] = []
    fit = LabelModel.fit

    def spy(self, votes, gold=None):
        taught.append(gold)
        return fit(self, votes, gold)

    monkeypatch.setattr(LabelModel, "fit", spy)
    fit_label_model(task, window)
    (gold,) = taught
    assert gold.n_gold == 400
    assert gold.probability == pytest.approx(np.full(400, 2 / 3))
    queued = {name for name in window.item_ids[gold.item] if int(name[-3:]) >= 200}
    assert not queued


def test_gold_of_a_batch_teaches_once_a_later_one_is_judged(planted):
    task, warehouse = planted
    window = read_window(task, warehouse, BATCHES[2])
    assert marked(window.texts[i] for i in window.gold.item) == 200
    assert window.audit.n_gold == 400
    assert window.gold.n_gold == 600


def test_200_marked_gold_rows_are_offered_to_no_prompt(planted):
    _, warehouse = planted
    offered = teaching_gold(warehouse, JUDGED, "few-shot examples")
    assert offered.num_rows == 300
    assert marked(offered["text"].to_pylist()) == 0
    later = teaching_gold(warehouse, BATCHES[2], "few-shot examples")
    assert marked(later["text"].to_pylist()) == 200
    assert teaching_gold(warehouse, BATCHES[0], "few-shot examples").num_rows == 0


def test_a_leak_is_an_error_that_says_who_and_how_many(planted):
    _, warehouse = planted
    leaked = f"{JUDGED}-000"
    with warehouse.connect() as db:
        rows = pa.table({"item_id": [leaked, f"{JUDGED}-250"]})
        assert may_teach(db, JUDGED, rows, "thresholds")["item_id"].to_pylist() == [f"{JUDGED}-250"]
        with pytest.raises(GoldError, match=r"thresholds would learn from 1 audit items"):
            wall_before(db, JUDGED).check([leaked], "thresholds")
