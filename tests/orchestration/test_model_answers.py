"""A task whose models are asked by batch endpoint, from its first run to labels with their votes."""

import shutil
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from cli.new.new import create
from orchestration.definitions import definitions
from orchestration.planning import answers_to_come, batches_to_label
from orchestration.running import Outcome, run_task
from orchestration.sensors.model_answers import model_answer_sensors
from resources.dagster.instance import open_instance
from resources.models.task_models import collect_answers
from resources.store.tables import MODEL_VOTES
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.settings.demo import Demo, SimulatedModel
from resources.task.task import Task, load_task
from tests.fakes.provider.server import FakeProvider

USE = (
    "select batch, calls, cost_usd, quoted_usd, waiting, partial, p95_s from votes.model_use"
    " order by batch"
)


@dataclass
class HandedIn:
    """A project whose one task has run once, and the provider that has its two batches."""

    project: Path
    provider: FakeProvider
    outcome: Outcome
    kept: dict[str, Any]


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory) -> Iterator[HandedIn]:
    project = tmp_path_factory.mktemp("project")
    with FakeProvider(lambda _: "praise") as provider, pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        patch.setenv("OPENAI_API_KEY", "sk-batch")
        folder = create(project, "letters")
        for path in sorted((folder / "items").iterdir())[2:]:
            path.unlink()
        spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
        spec["models"] = {"model": "openai/fake", "api_base": provider.url, "batch": True}
        (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        (folder / "prompts" / "classify.md").write_text(
            "---\nmodel: any\nprice: {input: 1, output: 2}\n"
            "output: {format: text, confidence: none}\n---\nSort these."
        )
        outcome = quietly(load_task(folder))
        yield HandedIn(project, provider, outcome, deepcopy(provider.batches._batches))


@pytest.fixture
def provider(handed_in) -> FakeProvider:
    """The provider, as it stood when it had taken the batches."""
    provider = handed_in.provider
    provider.batches._batches = deepcopy(handed_in.kept)
    provider.batches.polls_until_done = 1
    provider.meter.clear()
    return provider


@pytest.fixture
def task(handed_in, provider, tmp_path, monkeypatch) -> Task:
    """A copy of the task, which waits for answers."""
    del provider
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-batch")
    shutil.copytree(handed_in.project, tmp_path / "project")
    return load_task(tmp_path / "project" / "tasks" / "letters")


def quietly(task: Task):
    return run_task(task, lambda *_: None)


def used(task: Task) -> list[dict]:
    return warehouse_of(task).ask(USE).to_pylist()


def count(task: Task, table: str) -> int:
    return warehouse_of(task).ask(f"select count(*) as n from {table}")["n"][0].as_py()


def test_a_first_run_labels_without_the_answers_that_are_to_come(handed_in, task):
    waiting = used(task)
    assert handed_in.outcome.labelled == [row["batch"] for row in waiting]
    assert count(task, "labels.released") > 0
    assert count(task, "votes.models") == 0
    assert all(row["waiting"] == row["calls"] > 0 for row in waiting)
    assert not any(row["partial"] for row in waiting)
    assert not any("the_batch_is_complete" in line for line in handed_in.outcome.warnings)
    assert all(row["cost_usd"] == 0 < row["quoted_usd"] for row in waiting)
    assert any("answers are to come" in line for line in handed_in.outcome.warnings)


def test_a_run_does_nothing_while_answers_are_out_and_labels_again_once_they_are_there(
    handed_in, task, provider
):
    provider.batches.polls_until_done = 2
    waiting = used(task)
    still = quietly(task)
    assert (still.labelled, still.published) == ([], False)
    second = quietly(task)
    assert second.labelled == handed_in.outcome.labelled
    assert count(task, "votes.models") == sum(row["calls"] for row in waiting)
    now = used(task)
    full = sum(m.prompt_tokens * 1e-6 + m.completion_tokens * 2e-6 for m in provider.charged)
    assert sum(row["cost_usd"] for row in now) == pytest.approx(full / 2)
    assert all(row["cost_usd"] <= row["quoted_usd"] for row in now)
    assert [(r["waiting"], r["partial"], r["p95_s"]) for r in now] == [(0, False, None)] * len(now)
    assert [r["quoted_usd"] for r in now] == [r["quoted_usd"] for r in waiting]
    assert list(batches_to_label(task, warehouse_of(task))) == []
    assert len(provider.charged) == sum(row["calls"] for row in waiting)


def test_what_expired_is_handed_in_again_by_the_run_that_takes_the_rest(task, provider):
    provider.batches.finishes = [2]
    quietly(task)
    first, second = used(task)
    assert second["waiting"] == 0 < first["waiting"]
    assert first["calls"] == second["calls"] + first["waiting"]
    # the second day's turn has fetched them already
    assert list(batches_to_label(task, warehouse_of(task))) == [first["batch"]]


def test_the_sensor_fetches_and_then_new_batches_asks_for_runs(handed_in, task, provider):
    provider.batches.polls_until_done = 2
    (sensor,) = model_answer_sensors(task)
    repository = definitions(task).get_repository_def()
    assert repository.has_sensor_def(f"{task.name}_model_answers")
    batches = repository.get_sensor_def(f"{task.name}_new_batches")
    with open_instance(task.var.parent) as instance:
        cursor = None

        def asked() -> list[str | None]:
            nonlocal cursor
            context = dg.build_sensor_context(instance, cursor=cursor, repository_def=repository)
            result = batches(context)
            assert isinstance(result, dg.SensorResult | dg.SkipReason)
            if isinstance(result, dg.SkipReason):
                return []
            cursor = result.cursor or cursor
            return [request.partition_key for request in result.run_requests or []]

        def fetched() -> str:
            result = sensor(dg.build_sensor_context(instance))
            assert isinstance(result, dg.SkipReason)
            return str(result.skip_message)

        assert asked() == []
        assert "2 batches are at work" in fetched()
        assert asked() == []
        assert fetched().startswith(f"{sum(r['calls'] for r in used(task))} answers came")
        assert asked() == handed_in.outcome.labelled
        assert fetched() == "no provider's batch is out"
    assert answers_to_come(task) == set()


def test_a_provider_that_is_away_is_told_by_the_sensor_and_loses_nothing(task):
    out = answers_to_come(task)
    models = task.spec.models.model_copy(update={"api_base": "http://127.0.0.1:9/v1"})
    away = Task(task.folder, task.spec.model_copy(update={"models": models}), task.var)
    (sensor,) = model_answer_sensors(away)
    with open_instance(task.var.parent) as instance:
        said = sensor(dg.build_sensor_context(instance))
    assert isinstance(said, dg.SkipReason)
    assert "0 answers came" in str(said.skip_message)
    assert answers_to_come(task) == out


def test_why_a_run_stopped_is_told_by_the_check_of_its_batch(task):
    models = task.spec.models.model_copy(update={"api_base": "http://127.0.0.1:9/v1"})
    away = Task(task.folder, task.spec.model_copy(update={"models": models}), task.var)
    prompt = task.folder / "prompts" / "classify.md"
    prompt.write_text(prompt.read_text() + " Please.")  # another question, which nobody answered
    batch = used(task)[0]["batch"]
    with open_instance(task.var.parent) as instance:
        result = (
            definitions(away)
            .resolve_job_def("letters_label")
            .execute_in_process(
                partition_key=batch,
                instance=instance,
                asset_selection=[MODEL_VOTES.asset("letters")],
                raise_on_error=False,
            )
        )
    (check,) = [
        one
        for one in result.get_asset_check_evaluations()
        if one.check_name == "the_batch_is_complete"
    ]
    assert not check.passed
    assert "the provider did not take a batch: no connection" in str(check.description)
    first = used(task)[0]
    assert first["partial"]
    assert first["waiting"] == 0


def test_a_task_without_real_models_has_no_such_sensor(ran_task):
    assert model_answer_sensors(ran_task.task) == []


def test_answers_that_are_out_are_kept_while_a_simulation_stands_in_for_the_model(task):
    out = answers_to_come(task)
    change = {
        "models": task.spec.models.model_copy(update={"batch": False}),
        "demo": Demo(simulated=SimulatedModel(truth="truth.csv")),
    }
    stand_in = Task(task.folder, task.spec.model_copy(update=change), task.var)
    assert answers_to_come(stand_in) == set()
    assert astuple(collect_answers(stand_in)) == (0, 0, 0, 0.0, ())
    assert answers_to_come(task) == out != set()


def test_a_simulated_model_cannot_be_asked_by_batch(task):
    path = task.folder / "task.yaml"
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    spec["models"]["simulated"] = {"truth": "truth.csv"}
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    with pytest.raises(TaskError, match="a simulated model has no batch endpoint"):
        load_task(task.folder)
