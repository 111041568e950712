"""An answer that is imported again is there once, whatever its class was called the first time."""

import csv
import json
from contextlib import closing

import numpy as np
import pytest

from resources.reviews.store import ReviewStore
from resources.store.warehouse import Warehouse
from resources.task.task import load_task

SAID = ("praise", "complaint", "question", "praise")
RENAMED = {"praise": "thanks"}


def as_csv(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def table(path, items, labels):
    as_csv(path.with_suffix(".csv"), [
        {"item_id": one["item_id"], "batch": one["batch"], "label": label}
        for one, label in zip(items, labels, strict=True)
    ])  # fmt: skip
    return [str(path.with_suffix(".csv"))]


def named_reviewer(path, items, labels):
    as_csv(path.with_suffix(".csv"), [
        {"item_id": one["item_id"], "batch": one["batch"], "reviewer": "ann", "label": label}
        for one, label in zip(items, labels, strict=True)
    ])  # fmt: skip
    return [str(path.with_suffix(".csv"))]


def lines(record):
    def write(path, items, labels):
        records = [
            record(n, one, label) for n, (one, label) in enumerate(zip(items, labels, strict=True))
        ]
        path.with_suffix(".jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
        return [str(path.with_suffix(".jsonl"))]

    return write


def doccano(number, item, label):
    return {"id": number, "text": item["text"], "label": [label]}


def prodigy(number, item, label):
    options = [{"id": one} for one in ("praise", "thanks", "complaint", "question")]
    return {"text": item["text"], "_task_hash": number, "_input_hash": number, "options": options,
            "accept": [label], "answer": "accept", "_session_id": "ann"}  # fmt: skip


def argilla(number, item, label):
    return {"id": f"r{number}", "fields": {"text": item["text"]},
            "responses": {"kind": [{"value": label, "user_id": "u1"}]}}  # fmt: skip


def plain(_, item, label):
    return {"item_id": item["item_id"], "label": label}


def studio(path, items, labels):
    tasks = [
        {"id": n, "data": {"text": item["text"]}, "annotations": [{
            "id": 100 + n, "completed_by": 4, "updated_at": "2026-03-04T10:00:01.0Z",
            "result": [{"from_name": "kind", "to_name": "text", "type": "choices",
                        "value": {"choices": [label]}}],
        }]}
        for n, (item, label) in enumerate(zip(items, labels, strict=True))
    ]  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(tasks))
    return [str(path.with_suffix(".json"))]


def names_in_an_array(path, items, labels):
    np.save(path.with_suffix(".npy"), np.array(labels))
    rows = path.with_name(f"{path.name}_items.csv")
    as_csv(rows, [{"item_id": one["item_id"]} for one in items])
    return [str(path.with_suffix(".npy")), "--items", str(rows)]


FORMATS = {
    "csv": table,
    "csv with a reviewer": named_reviewer,
    "table": lines(plain),
    "doccano": lines(doccano),
    "prodigy": lines(prodigy),
    "argilla": lines(argilla),
    "label studio": studio,
    "array": names_in_an_array,
}


class Again:
    def __init__(self, folder, touchstone):
        self.folder, self.touchstone = folder, touchstone
        task = load_task(folder / "tasks" / "letters")
        for path in task.var.glob("reviews.sqlite*"):
            path.unlink()
        self.reviews = task.reviews
        with closing(Warehouse(path=str(task.warehouse))) as warehouse:
            self.items = warehouse.ask(
                "select item_id, batch, text from raw.items where text ilike '%the%'"
                " order by item_id limit 4"
            ).to_pylist()

    def take(self, arguments):
        said = self.touchstone("import", *arguments, at=self.folder, columns=300)
        assert (said.code, said.err) == (0, "")
        return said.out

    def change(self, *arguments):
        said = self.touchstone("classes", *arguments, "--yes", at=self.folder, columns=300)
        assert (said.code, said.err) == (0, "")

    def labels(self):
        with closing(ReviewStore(self.reviews)) as store:
            return [one["label"] for one in store.reviews().to_pylist()]


@pytest.fixture
def again(ran_task, tmp_path, touchstone):
    ran_task.copy_to(tmp_path / "project")
    return Again(tmp_path / "project", touchstone)


@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_under_the_old_and_the_new_name_of_its_class_is_one(again, tmp_path, name):
    write = FORMATS[name]
    old = write(tmp_path / "ann", again.items, SAID)
    again.take(old)
    again.change("rename", "praise", "thanks")
    renamed = [RENAMED.get(label, label) for label in SAID]
    assert again.labels() == renamed
    (tmp_path / "new").mkdir()
    new = write(tmp_path / "new" / "ann", again.items, renamed)
    for arguments in (old, new, old):
        assert "0 new reviews" in again.take(arguments)
    again.change("rename", "thanks", "gratitude")
    for arguments in (old, new):
        assert "0 new reviews" in again.take(arguments)
    assert again.labels() == [{"thanks": "gratitude"}.get(one, one) for one in renamed]


def test_our_own_export_of_any_time_adds_nothing_after_further_changes(again, tmp_path):
    again.take(table(tmp_path / "a", again.items, SAID))
    files = []
    for at, change in enumerate(
        [("rename", "praise", "thanks"), ("rename", "thanks", "gratitude"), ("retire", "gratitude")]
    ):
        files.append(str(tmp_path / f"out{at}.csv"))
        said = again.touchstone("export", "--reviews", "-o", files[-1], at=again.folder)
        assert said.code == 0
        again.change(*change)
        for file in [*files, str(tmp_path / "a.csv")]:
            assert "0 new reviews" in again.take([file])
    assert again.labels() == [None, "complaint", "question", None]


def test_numbers_of_classes_that_mean_others_by_now_add_nothing(again, tmp_path):
    classes = ["praise", "complaint", "question"]
    np.save(tmp_path / "y.npy", np.array([classes.index(one) for one in SAID[:2]]))
    as_csv(tmp_path / "i.csv", [{"item_id": one["item_id"]} for one in again.items[:2]])
    arguments = [str(tmp_path / "y.npy"), "--items", str(tmp_path / "i.csv")]
    again.take(arguments)
    again.change("retire", "praise")
    assert "0 new reviews" in again.take(arguments)
    assert again.labels() == [None, "complaint"]


def test_another_persons_same_answer_and_ones_change_of_mind_are_taken_in(again, tmp_path):
    again.take(table(tmp_path / "a", again.items, SAID))
    again.take([*table(tmp_path / "b", again.items, SAID), "--reviewer", "ben"])
    again.take(table(tmp_path / "c", again.items, SAID[1:] + SAID[:1]))
    assert len(again.labels()) == 4 + 4 + 3


@pytest.mark.parametrize("dry", [True, False], ids=["dry run", "taken in"])
def test_what_measures_and_what_only_teaches_is_counted(again, tmp_path, dry):
    task = load_task(again.folder / "tasks" / "letters")
    with closing(Warehouse(path=str(task.warehouse))) as warehouse:
        rows = warehouse.ask(
            "select r.item_id, r.batch, a.item_id is not null as drawn from labels.released r"
            " left join people.audit_sample a using (item_id, batch) where r.label is not null"
            " order by drawn, r.batch, r.item_id"
        ).to_pylist()
    teaching = [one for one in rows if not one["drawn"]][:3]
    drawn = [one for one in rows if one["drawn"]][:2]
    arguments = table(tmp_path / "a", [*drawn, *teaching], ["praise"] * 5)
    said = again.take([*arguments, *(["--dry-run"] if dry else [])])
    assert "2 answers are about items that were drawn at random: they measure" in said
    assert "3 answers only teach" in said
    one = again.take(
        [*table(tmp_path / "b", teaching[:1] + drawn[:1], ["praise"] * 2), "--dry-run"]
    )
    assert "1 answer is about an item that was drawn at random: it measures" in one
    assert "1 answer only teaches" in one
