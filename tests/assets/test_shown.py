"""What the console gets to show, after a task was really run."""

import json
import sqlite3
from contextlib import closing

import pytest

from assets.people.hints import with_hints
from resources.store.warehouse import warehouse_of


def test_items_come_with_their_columns_the_machine_label_and_what_rules_matched(ran_task):
    with closing(sqlite3.connect(ran_task.task.reviews)) as db:
        rows = db.execute("select item_id, text, context, suggestion from items").fetchall()
    assert len(rows) > 20
    marked = set()
    for item_id, text, kept, suggestion in rows:
        context = json.loads(kept)
        if not item_id.startswith("odd"):
            assert context["channel"] == "mail"
        assert suggestion is None or suggestion in ran_task.task.classes
        for span in context.get("highlights", []):
            marked.add((span["rule"], text[span["start"] : span["end"]].lower()))
    assert {("thanks", "thank you"), ("out_of_order", "broken"), ("asks", "when")} <= marked


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_plan_of_any_length_gets_its_hints(ran_task, n):
    sql = "select item_id, batch, text from raw.items where item_id like 'm%' order by 1 limit ?"
    warehouse = warehouse_of(ran_task.task)
    plan = warehouse.ask(sql, [n])
    with warehouse.connect() as db:
        shown = with_hints(ran_task.task, db, plan)
    assert shown["text"].to_pylist() == plan["text"].to_pylist()
    for context in shown["context"].to_pylist() if n else []:
        assert json.loads(context)["channel"] == "mail"
    assert n == 0 or set(shown["suggestion"].to_pylist()) <= {None, *ran_task.task.classes}
