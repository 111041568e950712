"""Where task.yaml names another place of the state than the last run knew, nothing is done until that is meant."""

import json

import pytest

from assets.landing.moved_state import check_moved_state, mark_of_move
from resources.task.errors import TaskError
from resources.task.task import load_task


@pytest.fixture
def folder(ran_task, tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return ran_task.copy_to(tmp_path / "project") / "tasks" / "letters"


def with_state(folder, address):
    with (folder / "task.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nstate: {{postgres: {address}}}\n")
    return load_task(folder)


@pytest.mark.parametrize("noted", [True, False], ids=["noted", "of an earlier version"])
def test_a_run_refuses_until_the_note_names_the_new_place(folder, postgres, noted, touchstone):
    task = load_task(folder)
    note = task.var / "state.txt"
    assert note.read_text(encoding="utf-8").strip() == "files"
    if not noted:
        note.unlink()
    task = with_state(folder, postgres.database())
    said = touchstone("run", "letters", at=folder.parents[1])
    assert said.code == 2
    told = " ".join(said.err.split())
    assert (
        f"kept in files in {task.var} at the last run, and task.yaml names {task.state} now" in told
    )
    said = touchstone("status", "letters", at=folder.parents[1], columns=400)
    assert "where they are not read" in said.out
    said = touchstone("doctor", "letters", at=folder.parents[1], columns=400)
    assert "where they are not read" in said.out
    note.write_text(f"{task.state}\n", encoding="utf-8")
    check_moved_state(task)


def test_doctor_tells_of_a_move_that_was_not_finished_and_how_it_is(folder, touchstone):
    task = load_task(folder)
    new = "postgres://me@db.example/labels"
    mark_of_move(task).write_text(json.dumps({"old": None, "new": new, "token": 1, "aside": "a"}))
    said = touchstone("doctor", "letters", "--json", at=folder.parents[1])
    (found,) = [one for one in json.loads(said.out)["findings"] if new in one["found"]]
    assert found["state"] == "mend"
    assert found["todo"] == f"touchstone move letters --state '{new}'"
    assert f"the task works from files in {task.var}" in found["found"]


def test_taking_the_setting_out_again_is_told_too(folder, postgres):
    before = (folder / "task.yaml").read_text(encoding="utf-8")
    task = with_state(folder, postgres.database())
    (task.var / "state.txt").write_text(f"{task.state}\n", encoding="utf-8")
    (folder / "task.yaml").write_text(before, encoding="utf-8")
    with pytest.raises(
        TaskError, match=r"kept in postgres://\S+, schema touchstone_state_letters at"
    ):
        check_moved_state(load_task(folder))
