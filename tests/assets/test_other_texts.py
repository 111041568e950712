"""Answers follow the texts that land: of another text they neither teach nor measure."""

import json

import pytest

from assets.landing.arrivals import land
from assets.landing.other_texts import sentence
from assets.people.gold import gold_of
from cli.new.new import create
from orchestration.planning import batches_with_new_reviews
from orchestration.running import run_task
from resources.reviews.aside import set_aside
from resources.reviews.rows import Assignment, Review
from resources.reviews.store import ReviewStore
from resources.store import tables
from resources.store.table import as_arrow
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.conftest import write

DAY = "2026-03-02"
HEAD = ["item_id", "other_id", "received_at", "channel", "text", "note"]


class Inbox:
    """A task whose column ``note`` was taken for the text, and people's answers to it."""

    def __init__(self, folder):
        self.folder = folder
        self.write(
            [(f"i{n}", f"good text {n}, ask ann{n}@example.org", f"note {n}") for n in "1234"]
        )

    def write(self, rows, name="a.csv"):
        rows = [
            [i, f"i{5 - int(i[1])}", f"{DAY}T10:00:00", "mail", text, note]
            for i, text, note in rows
        ]
        write(self.folder / "items" / name, [HEAD, *rows])

    def set(self, **source):
        path = self.folder / "task.yaml"
        text = path.read_text(encoding="utf-8")
        for key, value in source.items():
            lines = [line for line in text.splitlines() if not line.startswith(f"  {key}:")]
            at = lines.index("source:") + 1
            text = "\n".join([*lines[:at], f"  {key}: {value}", *lines[at:]]) + "\n"
        path.write_text(text, encoding="utf-8")

    @property
    def task(self):
        return load_task(self.folder)

    def land(self):
        warehouse = warehouse_of(self.task)
        try:
            return land(self.task, warehouse)
        finally:
            warehouse.close()

    def answer(self, *ids):
        """People are shown what stands, and answer it; the run reads and settles the answers."""
        warehouse = warehouse_of(self.task)
        rows = warehouse.ask("select * from raw.arrivals order by item_id").to_pylist()
        warehouse.close()
        store = ReviewStore(self.task.reviews)
        chosen = [row for row in rows if row["item_id"] in ids]
        store.plan(
            Assignment(item_id=r["item_id"], batch=DAY, origin="queue", text=r["text"])
            for r in chosen
        )
        store.record_many(
            Review(item_id=r["item_id"], batch=DAY, reviewer="ann", outcome="label", label="praise",
                   origin="queue", seconds=1.0, idempotency_key=f"{r['item_id']} {r['text']}")
            for r in chosen
        )  # fmt: skip
        store.close()

    def gold(self):
        """What a run reads from the store, and what it settles on."""
        store = ReviewStore(self.task.reviews)
        warehouse = warehouse_of(self.task)
        warehouse.replace_batch(tables.REVIEWS, DAY, store.reviews())
        with warehouse.connect() as db:
            rows = gold_of(db, DAY)
        warehouse.replace_batch(tables.GOLD, DAY, rows)
        warehouse.close()
        store.close()
        return [row["item_id"] for row in rows.to_pylist()]

    def stored_gold(self):
        """What stands before anything is labelled anew: what learners would be taught."""
        warehouse = warehouse_of(self.task)
        found = warehouse.ask("select item_id from people.gold order by item_id")[
            "item_id"
        ].to_pylist()
        warehouse.close()
        return found


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    folder = create(tmp_path, "letters")
    for path in (folder / "items").iterdir():
        path.unlink()
    return Inbox(folder)


def test_answers_under_a_wrong_text_column_stop_counting_when_it_is_mended(inbox):
    inbox.set(text="note")
    inbox.land()
    inbox.answer("i1", "i2")
    assert inbox.gold() == ["i1", "i2"]
    inbox.set(text="text")
    assert inbox.land()["other_texts"] == 2
    assert inbox.stored_gold() == []
    assert inbox.gold() == []
    told = str(sentence(inbox.task))
    assert told.startswith("2 answers about 2 items are set aside")
    assert told.endswith("0 of the items were answered anew")
    inbox.answer("i1")
    assert inbox.gold() == ["i1"]
    assert str(sentence(inbox.task)).endswith("1 of the items were answered anew")
    inbox.set(text="note")
    inbox.land()
    assert inbox.gold() == ["i1", "i2"]
    assert str(sentence(inbox.task)).startswith(
        "1 answer about 1 item is set aside"
    )  # that of the other column


def test_the_same_ids_with_other_texts_in_the_file_set_only_their_answers_aside(inbox):
    inbox.land()
    inbox.answer("i1", "i2")
    inbox.write(
        [
            (f"i{n}", "another" if n == "1" else f"good text {n}, ask ann{n}@example.org", "")
            for n in "1234"
        ]
    )
    inbox.land()
    assert inbox.gold() == ["i2"]


def test_ids_that_mean_other_items_set_answers_aside(inbox):
    inbox.land()
    inbox.answer("i1", "i2")
    inbox.set(id="other_id")
    inbox.land()
    assert inbox.gold() == []
    inbox.set(id="item_id")
    inbox.land()
    assert inbox.gold() == ["i1", "i2"]


def test_redaction_switched_on_and_off_keeps_the_answers(inbox):
    inbox.land()
    inbox.answer("i1", "i2")
    inbox.set(redact="[email]")
    inbox.land()
    assert inbox.gold() == ["i1", "i2"]
    with ReviewStore(inbox.task.reviews).database.read() as db:
        texts = [row["text"] for row in db.execute("select text from items")]
    assert not any("@" in text for text in texts)
    inbox.set(redact="[]")
    inbox.land()
    assert inbox.gold() == ["i1", "i2"]
    assert sentence(inbox.task) is None


def test_the_canary_asks_about_no_item_that_was_answered_as_another(inbox):
    inbox.land()
    inbox.answer("i1", "i2")
    inbox.gold()
    warehouse = warehouse_of(inbox.task)
    with warehouse.connect() as db:
        db.execute("insert into raw.items by name select * exclude (file, row) from raw.arrivals")
        for table, more in (("canary_panel", f", '{DAY}'"), ("canary_examples", "")):
            db.execute(
                f"insert into people.{table} select item_id, batch, label{more} from people.gold"
            )
    assert panel(warehouse) == (["i1", "i2"], ["i1", "i2"])
    store = ReviewStore(inbox.task.reviews)
    store.plan([Assignment(item_id="i1", batch=DAY, origin="queue", text="another")])
    inbox.gold()
    assert panel(warehouse_of(inbox.task)) == (["i2"], ["i2"])
    warehouse.close()


def panel(warehouse):
    with warehouse.connect() as db:
        asked = db.column("quality.canary_panel.panel", batch=DAY)
        return asked, db.column("quality.canary_panel.examples")


def test_what_is_set_aside_is_read_anew_where_nothing_else_changed(inbox):
    inbox.land()
    inbox.answer("i1")
    inbox.gold()
    warehouse = warehouse_of(inbox.task)
    row = {"item_id": "i1", "batch": DAY, "label": "praise", "stamp": "s"}
    warehouse.replace_batch(tables.RELEASED, DAY, as_arrow(tables.RELEASED, [row]))
    assert batches_with_new_reviews(inbox.task, warehouse) == []
    ReviewStore(inbox.task.reviews).plan(
        [Assignment(item_id="i1", batch=DAY, origin="queue", text="another")]
    )
    assert batches_with_new_reviews(inbox.task, warehouse) == [DAY]
    warehouse.close()


def test_a_run_tells_what_it_set_aside_and_asks_again(ran_task, tmp_path, monkeypatch, touchstone):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    project = tmp_path / "project"
    ran_task.copy_to(project)
    task = load_task(project / "tasks" / "letters")
    path = next((task.folder / "items").glob("2026-03-03.csv"))
    path.write_text(path.read_text(encoding="utf-8").replace("The ", "The old "), encoding="utf-8")
    store = ReviewStore(task.reviews)
    before = store.reviews().num_rows
    outcome = run_task(task, lambda *_: None)
    assert outcome.labelled == ["2026-03-03"]
    aside = set_aside(store).to_pylist()
    assert aside
    audit = warehouse_of(task).ask(
        "select item_id from people.audit_sample join people.gold using (item_id, batch)"
        " where batch = '2026-03-03'"
    )
    anew = {row["item_id"] for row in aside if row["answered_anew"]}
    assert anew.intersection(audit["item_id"].to_pylist())  # the scripted reviewer was asked again
    assert store.reviews().num_rows >= before + len(anew)
    assert str(outcome.answers_aside).startswith(f"{len(aside)} answers about")
    assert any("reviews_are_of_the_text_that_stands" in told for told in outcome.warnings)
    (row,) = json.loads(touchstone("status", "letters", "--json", at=project).out)["tasks"]
    assert row["answers_aside"] == outcome.answers_aside
    assert "reviews set aside" in touchstone("status", "letters", at=project).out
    assert "Reviews set aside" in task.report.read_text(encoding="utf-8")
    said = touchstone("explain", aside[0]["item_id"], at=project, columns=200)
    assert "set aside" in said.out
    store.close()
    warehouse_of(task).close()
