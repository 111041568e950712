"""``touchstone canary``: rounds told, and a new reference taken."""

import json
from datetime import datetime

import pyarrow as pa
import pytest

from labeling.llm.ledger.ledger import Ledger
from resources.store.tables import CANARY
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task

ROUND = {
    "why": None, "voter": "llm/judge", "version": "v1", "items": 60, "accuracy": 0.9, "accuracy_before": None,
    "flips": 0, "evidence": 1.0, "needed": 200.0, "changed": False, "fingerprint_changed": False,
    "verdict": "llm/judge: this round is the reference", "calls": 60, "cost_usd": 0.01,
}  # fmt: skip


@pytest.fixture
def project(ran_task, tmp_path):
    folder = tmp_path / "project"
    ran_task.copy_to(folder)
    return folder


def test_without_a_canary_it_says_what_is_needed(project, touchstone):
    said = touchstone("canary", "letters", at=project, columns=200)
    assert said.code == 0
    assert "task.yaml needs `models.canary`" in said.out


def test_rounds_are_told_and_a_changed_model_can_be_accepted(project, touchstone):
    task = load_task(project / "tasks" / "letters")
    changed = {**ROUND, "accuracy": 0.6, "accuracy_before": 0.9, "changed": True}
    for batch, row in (("2026-03-02", ROUND), ("2026-03-03", changed)):
        asked_at = datetime.fromisoformat(f"{batch}T06:00:00+00:00")
        told = {"round": f"canary {batch}", "asked_at": asked_at, "batch": batch, **row}
        warehouse_of(task).replace_batch(CANARY, batch, pa.Table.from_pylist([told]))
    said = touchstone("canary", "letters", at=project, columns=200)
    assert "reference" in said.out
    assert "the model changed" in said.out
    told = json.loads(
        touchstone("canary", "letters", "--accept", "llm/judge", "--json", at=project).out
    )
    assert told["accepted"] == "llm/judge"
    with Ledger(task.ledger) as book:
        rows = book.execute("select voter, version from canary_accepted")
    assert [tuple(row) for row in rows] == [("llm/judge", "v1")]
    wrong = touchstone("canary", "letters", "--accept", "llm/other", at=project, columns=200)
    assert wrong.code == 2
    assert "asked were llm/judge" in wrong.err


def test_rounds_can_be_read_on_a_terminal_of_80_columns():
    from rich.console import Console

    from cli.models.canary import _table

    at = datetime.fromisoformat("2026-03-02T06:00:00+00:00")
    rounds = [
        {**ROUND, "voter": "llm/a-judge-with-quite-a-name@openai/gpt-4o-mini", "asked_at": at,
         "batch": "2026-03-02", "flips": 12, "evidence": 123.456, "changed": True,
         "accuracy_before": 0.9},
        {**ROUND, "asked_at": at, "batch": "a-file-with-a-long-name-2026", "why": "too few items",
         "accuracy": None, "flips": None},
    ]  # fmt: skip
    console = Console(width=80, record=True)
    console.print(_table(rounds[0]["voter"], rounds, 80))
    said = console.export_text()
    assert "llm/a-judge-with-quite-a-name@openai/gpt-4o-mini: rounds of the canary" in said
    for whole in ("2026-03-02 06:00", "90.0% of 60", "123 of 200", "the model changed"):
        assert whole in said
    assert "…" not in said
