"""What was paid for is never asked again in silence: damaged, emptied or deleted, the file is named."""

import os
from pathlib import Path

import pytest

from cli.new.new import create
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.rows import Call
from labeling.llm.providers.transport import Reply, Usage
from resources.models.vectors.store import kept_vectors
from resources.store.tables import MODEL_VOTES
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task

MODELS = """
models: {prompts: [prompts/classify.md], model: openai/nobody}
student: {features: embeddings, embeddings: {model: openai/nobody}}
"""
TEXT = b"this is no database" * 300


def half(path):
    os.truncate(path, path.stat().st_size // 2)


def folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = {
    "cut": half,
    "another file": lambda path: path.write_bytes(TEXT),
    "emptied": lambda path: path.write_bytes(b""),
    "deleted": os.unlink,
    "a folder in its place": folder,
}


@pytest.fixture
def task(tmp_path, monkeypatch):
    """A task whose model is a real one that nobody reaches, with an answer, a vector and a vote."""
    import numpy as np

    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    where = create(tmp_path, "letters")
    path = where / "task.yaml"
    path.write_text(path.read_text(encoding="utf-8") + MODELS, encoding="utf-8")
    task = load_task(where)
    task.students.mkdir(parents=True)
    (task.students / "b.md").write_text("a card")
    kept_vectors(task.embeddings, "m", ["hi"], 1, lambda *_: ([np.ones(3, np.float32)], 0.0))
    with Ledger(task.ledger) as ledger:
        row = ledger.open_call(Call("k", "ask", "llm/p", "v", "m", "item", {}), "run", 0.1)
        ledger.settle(row, Reply("praise", usage=Usage(1, 1)), 0.01, 0.1)
    warehouse = warehouse_of(task)
    with warehouse.connect() as db:
        db.execute(
            f"insert into {MODEL_VOTES.sql_name} by name select 'i' as item_id, 'b' as batch,"
            " 'llm/p' as voter, 'praise' as label"
        )
    warehouse.close()
    for store in (task.ledger.path, task.embeddings):
        for suffix in ("-wal", "-shm"):
            store.with_name(store.name + suffix).unlink(missing_ok=True)
    return task


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("name", ["ledger", "embeddings"])
def test_a_damaged_or_lost_store_of_what_was_paid_stops_a_run_and_is_named(
    task, touchstone, name, damage
):
    path, project = Path(getattr(task, name)), task.folder.parents[1]
    damage(path)
    for command in ("status", "doctor", "run"):
        said = touchstone(
            command, *(["letters"] if command != "doctor" else []), at=project, columns=900
        )
        assert "Traceback" not in said.out + said.err
        if command != "status":
            assert said.code != 0
            assert str(path) in said.out + said.err
    assert "touchstone reset letters" in said.err or "move the folder away" in said.err


@pytest.mark.parametrize("name", ["ledger", "embeddings"])
def test_a_store_that_is_whole_stops_nothing(task, name):
    from assets.landing.lost_answers import lost_answers

    warehouse = warehouse_of(task)
    assert list(lost_answers(task, warehouse)) == []
    Path(getattr(task, name)).unlink()
    (told,) = lost_answers(task, warehouse)
    assert str(getattr(task, name)) in told


def test_a_student_on_words_that_is_to_read_vectors_from_now_on_lost_none(task):
    from assets.landing.lost_answers import lost_answers

    task.embeddings.unlink()
    (task.students / "b.joblib").write_bytes(b"a student on words")
    assert list(lost_answers(task, warehouse_of(task))) == []


def test_after_the_reset_that_is_named_nothing_stands_in_the_way(task, touchstone):
    from assets.landing.lost_answers import lost_answers

    task.ledger.path.unlink()
    task.embeddings.unlink()
    assert touchstone("reset", "letters", "--yes", at=task.folder.parents[1]).code == 0
    assert list(lost_answers(task, warehouse_of(task))) == []
