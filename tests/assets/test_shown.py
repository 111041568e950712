"""What the console gets to show, after a task was really run."""

import json
import sqlite3
from contextlib import closing


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
