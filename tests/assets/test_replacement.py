"""Whether a model may replace a person: out of reviews that several people gave of the same items."""

import numpy as np
import pytest

from assets.quality.replacement import replacement_rows
from console.dashboard.findings import findings
from resources.store.table import as_arrow
from resources.store.tables import REPLACEMENT
from resources.store.warehouse import Warehouse
from resources.task.task import load_task

HEAD = """
name: letters
source: {files: "*.csv"}
audit: {per_batch: 60}
alarm: {accuracy_at_least: 0.85}
"""
CLASSES = "classes: [{name: praise}, {name: complaint}, {name: question}]"
WRITTEN = {
    "single": ["praise", "complaint", "question"],
    "several": ["[]", '["praise"]', '["complaint", "praise"]'],
    "spans": ["[]", '[[0, 4, "praise"]]', '[[0, 4, "praise"], [6, 9, "complaint"]]'],
}


def task_of(folder, kind="single"):
    folder = folder / "tasks" / "letters"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(f"{HEAD}{CLASSES}\nkind: {kind}\n")
    return load_task(folder)


def said(who, rates, n, texts, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=n)
    return [
        {"item": str(i), who: name, "label": texts[truth[i] if rng.random() < rate else (truth[i] + 1) % 3]}
        for name, rate in rates.items()
        for i in range(n)
    ]  # fmt: skip


PEOPLE = {"ada": 0.9, "bob": 0.9, "cleo": 0.9}


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_model_beside_three_people_has_a_verdict(tmp_path, kind):
    texts = WRITTEN[kind]
    answers = said("reviewer", PEOPLE, 120, texts)
    votes = said("voter", {"llm/good": 0.92, "llm/bad": 0.3}, 120, texts)
    rows = replacement_rows(task_of(tmp_path, kind), answers, votes)
    found = {row["voter"]: row for row in rows}
    assert (found["llm/good"]["may_replace"], found["llm/bad"]["may_replace"]) == ("yes", "no")
    assert found["llm/bad"]["agreement_high"] < found["llm/bad"]["people_agreement_low"]
    assert as_arrow(REPLACEMENT, rows).num_rows == 2


def test_two_people_or_few_shared_items_have_none(tmp_path):
    task, texts = task_of(tmp_path), WRITTEN["single"]
    votes = said("voter", {"llm/good": 0.92}, 120, texts)
    two = said("reviewer", {"ada": 0.9, "bob": 0.9}, 120, texts)
    assert replacement_rows(task, two, votes) == []
    assert replacement_rows(task, said("reviewer", PEOPLE, 29, texts), votes) == []
    assert replacement_rows(task, said("reviewer", PEOPLE, 60, texts), []) == []


def test_the_report_tells_the_verdict_in_words_and_is_silent_without_one(tmp_path):
    texts = WRITTEN["single"]
    rows = replacement_rows(
        task_of(tmp_path),
        said("reviewer", PEOPLE, 120, texts),
        said("voter", {"llm/good": 0.92}, 120, texts),
    )
    [shown] = findings({"replacement": as_arrow(REPLACEMENT, rows)})
    assert shown.title == "May a model replace a person?"
    assert "llm/good may replace a person" in shown.lines[0].cells[1]
    assert findings({"replacement": as_arrow(REPLACEMENT, [])}) == []


def test_models_are_read_on_the_items_that_people_answered(tmp_path):
    warehouse = Warehouse(path=str(tmp_path / "warehouse.duckdb"))
    with warehouse.connect() as connection:
        for item in ("seen", "unseen", "gone"):
            connection.execute(
                "insert into votes.models (item_id, batch, voter, label) values (?, 'b', 'llm/m', 'praise')",
                [item],
            )
        for item, superseded in (("seen", False), ("gone", True)):
            connection.execute(
                "insert into people.reviews (item_id, batch, reviewer, label, outcome, origin, superseded) "
                "values (?, 'b', 'ada', 'praise', 'label', 'audit', ?)",
                [item, superseded],
            )
    [row] = warehouse.rows("quality.overall.model_answers")
    assert row == {"item": "seen\x1fb", "voter": "llm/m", "label": "praise"}
