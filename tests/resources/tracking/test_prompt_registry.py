"""MLflow's registry of prompts holds each version once, with its figures, and the alias of what is asked."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from mlflow.tracking import MlflowClient

from cli.new.new import create
from resources.pilots.rows import Candidate
from resources.task.errors import TaskError
from resources.task.task import Task, load_task
from resources.tracking import prompt_registry
from resources.tracking.prompt_registry import ALIAS, Tried, register_prompts, registered_name

SHORT = Candidate("short", "short", "gpt-4o-mini", "a1", "---\nmodel: gpt-4o-mini\n---\nSpam?")
LONG = replace(
    SHORT, name="long", file="long", version="b2", text="---\nmodel: m\n---\nIs it spam?"
)


@pytest.fixture
def task(tmp_path, monkeypatch) -> Task:
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return load_task(create(tmp_path / "project", "letters"))


def client(task: Task) -> MlflowClient:
    return MlflowClient(task.tracking_uri)


def tags(task: Task, name: str, number: int = 1) -> dict[str, str]:
    found = client(task).get_prompt_version(name, number)
    assert found is not None
    return found.tags


def promoted(task: Task) -> dict[str, int]:
    return {
        one.name: int(one.aliases[ALIAS])
        for one in client(task).search_registered_models(
            filter_string="tag.`mlflow.prompt.is_prompt` = 'true'"
        )
        if ALIAS in one.aliases
    }


def test_a_version_is_registered_once_and_its_figures_are_brought_up_to_date(task):
    register_prompts(task, [Tried(SHORT, {"pilot.accuracy": "0.8"}), Tried(LONG)])
    register_prompts(task, [Tried(SHORT, {"pilot.accuracy": "0.9"}), Tried(LONG)])
    edited = replace(SHORT, version="c3", text="---\nmodel: gpt-4o-mini\n---\nSpam or ham?")
    register_prompts(task, [Tried(edited, {"pilot.accuracy": "0.7"})])
    numbers = [int(one.version) for one in client(task).search_prompt_versions("letters.short")]
    assert sorted(numbers) == [1, 2]
    assert [tags(task, "letters.short", n)["pilot.accuracy"] for n in (1, 2)] == ["0.9", "0.7"]
    kept = client(task).load_prompt("letters.short", 2)
    assert (kept.template, kept.model_config) == (edited.text, {"model_name": "gpt-4o-mini"})
    (experiment,) = [e for e in client(task).search_experiments() if e.name == "letters"]
    found = client(task).search_prompts(f"experiment_id = '{experiment.experiment_id}'")
    assert sorted(one.name for one in found) == ["letters.long", "letters.short"]


def test_the_alias_stands_where_the_full_run_asks_and_nowhere_else(task):
    register_prompts(task, [Tried(SHORT, promoted=True), Tried(LONG)])
    assert promoted(task) == {"letters.short": 1}
    edited = replace(SHORT, version="c3", text="---\nmodel: gpt-4o-mini\n---\nSpam or ham?")
    register_prompts(task, [Tried(edited, promoted=True), Tried(LONG, promoted=True), Tried(SHORT)])
    assert promoted(task) == {"letters.short": 2, "letters.long": 1}
    register_prompts(task, [Tried(SHORT, promoted=True), Tried(LONG)])
    assert promoted(task) == {"letters.short": 1}
    register_prompts(task, [])
    assert promoted(task) == {}


def test_what_stands_already_asks_mlflow_for_nothing(task, monkeypatch):
    whole = [Tried(SHORT, {"pilot.accuracy": "0.8"}, promoted=True), Tried(LONG)]
    register_prompts(task, whole)

    def no(_: object) -> None:
        raise AssertionError("MLflow was opened")

    monkeypatch.setattr(prompt_registry, "open_tracking", no)
    register_prompts(task, whole)
    with pytest.raises(AssertionError):
        register_prompts(task, [Tried(SHORT)])


def test_names_that_mlflow_does_not_take_stay_apart(task):
    names = ["p@ollama/a-b", "p@ollama/a/b", "größe", "gr--e", "p"]
    tried = [
        Tried(replace(SHORT, name=name, version=f"v{n}"), promoted=True)
        for n, name in enumerate(names)
    ]
    register_prompts(task, tried)
    assert len(promoted(task)) == len(names)
    for one in tried:
        name = registered_name(task, one.candidate)
        assert tags(task, name)["candidate"] == one.candidate.name


def test_a_version_that_somebody_deleted_is_registered_again(task):
    register_prompts(task, [Tried(SHORT, promoted=True)])
    client(task).delete_prompt_version("letters.short", "1")
    register_prompts(task, [Tried(SHORT, promoted=True)])
    assert promoted(task) == {"letters.short": 2}


def test_a_file_that_somebody_holds_or_that_is_damaged_is_told_and_left_alone(task, monkeypatch):
    monkeypatch.setattr(prompt_registry, "BUSY_S", 0.1)
    register_prompts(task, [Tried(SHORT)])
    with closing(sqlite3.connect(task.mlflow_store, isolation_level=None)) as db:
        db.execute("begin exclusive")
        with pytest.raises(TaskError, match=r"mlflow\.db: database is locked"):
            register_prompts(task, [Tried(SHORT, promoted=True)])
        db.execute("rollback")
    register_prompts(task, [Tried(SHORT, promoted=True)])
    assert promoted(task) == {"letters.short": 1}
    task.mlflow_store.write_bytes(b"nonsense" * 100)
    with pytest.raises(TaskError, match=r"mlflow\.db: file is not a database"):
        register_prompts(task, [Tried(SHORT)])
    assert task.mlflow_store.read_bytes() == b"nonsense" * 100


def test_a_model_of_that_name_is_told(task):
    register_prompts(task, [Tried(LONG)])
    client(task).create_registered_model("letters.short")
    with pytest.raises(TaskError, match=r"letters\.short"):
        register_prompts(task, [Tried(SHORT)])
