"""What a batch's stamp follows: every field of its items that a voter may look at."""

import pyarrow as pa
import pytest

from assets.reading.stamp import settings_hash, stamp_of, stamps_of
from resources.store.tables import ARRIVALS
from resources.store.warehouse import Warehouse
from resources.task.task import load_task

YAML = """
name: letters
classes: [{name: praise}, {name: complaint}]
source: {files: "*.csv"}
"""
ROW = {
    "file": "a.csv", "row": 1, "item_id": "m1", "batch": "2026-03-02", "text": "Thank you",
    "image": None, "time": None, "metadata": '{"channel": "mail"}',
}  # fmt: skip


@pytest.fixture
def landed(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    folder = tmp_path / "tasks" / "letters"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(YAML, encoding="utf-8")
    task = load_task(folder)
    warehouse = Warehouse(path=str(task.warehouse))
    rows = pa.Table.from_pylist([ROW, ROW | {"item_id": "m2", "row": 2, "text": None}])
    with warehouse.connect() as db:
        db.db.register("rows", rows)
        db.execute(f"insert into {ARRIVALS.sql_name} by name from rows")
    return task, warehouse


def changed(landed, edit):
    task, warehouse = landed
    with warehouse.connect() as db:
        before = stamp_of(task, db, "2026-03-02")
        db.execute(f"update raw.arrivals set {edit}")
        return before != stamp_of(task, db, "2026-03-02")


@pytest.mark.parametrize("item", ["m1", "m2"])
@pytest.mark.parametrize(
    "edit",
    [
        "text = 'Thanks'",
        'metadata = \'{"channel": "phone"}\'',
        "image = 'b.png'",
        "item_id = 'm3'",
        "batch = '2026-03-03'",
    ],
)
def test_labels_are_made_again_once_a_field_of_an_item_is_another(landed, edit, item):
    assert changed(landed, f"{edit} where item_id = '{item}'")


def test_the_place_of_an_item_in_its_file_remakes_nothing(landed):
    assert not changed(landed, "row = row + 10")


def test_many_batches_have_the_stamps_that_each_has_alone(landed):
    task, warehouse = landed
    days = ["2026-03-01", "2026-03-02", "2026-03-03"]
    again = ROW | {"file": "b.csv", "batch": days[0], "text": "the second of its id counts nowhere"}
    late = ROW | {"file": "b.csv", "row": 2, "item_id": "m3", "batch": days[2]}
    with warehouse.connect() as db:
        db.db.register("more", pa.Table.from_pylist([again, late]))
        db.execute(f"insert into {ARRIVALS.sql_name} by name from more")
        alone = {day: stamp_of(task, db, day) for day in days}
        assert stamps_of(task, db, days) == alone
    assert len(set(alone.values())) == len(days)


SPANS = """
name: notes
kind: spans
classes: [{name: Drug}]
source: {files: "*.csv"}
rules: {files: [rules.yaml]}
"""
MARKS = """
rules:
  - {name: listed, dictionary: drugs.csv, type_column: kind}
  - {name: web, spacy: web, labels: {CHEM: Drug}}
"""


@pytest.fixture
def notes(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_VAR", str(tmp_path / "var"))
    folder = tmp_path / "tasks" / "notes"
    (folder / "web").mkdir(parents=True)
    for name, text in {
        "task.yaml": SPANS, "rules.yaml": MARKS, "drugs.csv": "term,kind\naspirin,Drug\n",
        "web/config.cfg": "", "web/meta.json": '{"pipeline": ["ner"]}', "web/model": "one",
    }.items():  # fmt: skip
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "same"),
    [
        ("drugs.csv", "aspirin", "salsalate", False),
        ("web/model", "one", "another", False),
        ("rules.yaml", "CHEM: Drug", "DRUG: Drug", False),
        ("rules.yaml", "rules:", "# by Ann\nrules:", True),
    ],
)
def test_what_rules_that_mark_spans_name_is_part_of_the_stamp(notes, file, old, new, same):
    before = settings_hash(load_task(notes))
    path = notes / file
    path.write_text(path.read_text().replace(old, new))
    assert (settings_hash(load_task(notes)) == before) == same
