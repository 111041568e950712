"""The canary by the clock, on a small task that was really run: no batch arrives, it is asked."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pyarrow.parquet as pq
import pytest
import yaml

from labeling.llm.canary.rounds import accept
from labeling.llm.ledger.ledger import Ledger
from orchestration.canary_now import ask_now
from orchestration.canary_schedule import round_at
from orchestration.definitions import definitions
from orchestration.one_job import run_job
from orchestration.planning import is_published
from resources.dagster.instance import open_instance
from resources.dagster.tags import ROUND_TAG
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.reading import read_spec
from resources.task.task import Task, load_task
from tests.fakes.provider import faults as wire
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import Answer, FakeProvider

FIRST, NEWEST = "2026-03-02", "2026-03-03"
PRICE = "price: {input: 1, output: 2}\nparameters:"


@pytest.fixture
def model(ran_task):
    """Answers with the truth, while ``said`` is empty; named by a fingerprint."""
    said: dict[str, str] = {}
    of = {f"{text}": label for text, label in texts(ran_task).items()}

    def answer(body) -> Answer:
        wrong = said.get("label")
        return Answer(wrong or of[item_text(body)], fingerprint=said.get("fingerprint", "fp_1"))

    with FakeProvider(answer) as provider:
        provider.said = said  # type: ignore[attr-defined]
        yield provider


def texts(ran_task) -> dict[str, str]:
    rows = warehouse_of(ran_task.task).ask("select item_id, text from raw.items").to_pylist()
    return {row["text"]: ran_task.truth[row["item_id"]] for row in rows}


@pytest.fixture
def task(ran_task, model, tmp_path, monkeypatch) -> Task:
    """A copy of the task that asks the model, with gold enough for a panel in its first batch."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    project = tmp_path / "project"
    ran_task.copy_to(project)
    folder = project / "tasks" / "letters"
    prompt = folder / "prompts" / "classify.md"
    text = prompt.read_text(encoding="utf-8").replace("parameters:", PRICE, 1)
    prompt.write_text(text.replace("format: text", "format: text\n  confidence: none", 1))
    monkeypatch.setenv("LETTERS_KEY", "sk-letters-0123456789")
    spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
    spec["models"] = {
        "prompts": ["prompts/classify.md"],
        "model": "openai/fake",
        "api_base": model.url,
        "api_key_variable": "LETTERS_KEY",
        "canary": {"items": 20, "cron": "0 6 * * *"},
    }
    (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    task = load_task(folder)
    with warehouse_of(task).connect() as db:
        db.execute("delete from people.gold")
        for item, label in ran_task.truth.items():
            db.execute(
                "insert into people.gold (item_id, batch, label, origin, probability, reviews)"
                " select item_id, batch, ?, 'audit', 0.5, 1 from raw.items"
                " where batch = ? and item_id = ?",
                [label, FIRST, item],
            )
    return task


def asked(task: Task) -> list[dict]:
    return warehouse_of(task).ask("from quality.canary order by asked_at").to_pylist()


def ask(task: Task, name: str, batch: str = NEWEST) -> list[str]:
    with open_instance(task.var.parent) as instance:
        return run_job(
            definitions(task), instance, f"{task.name}_ask_canary", batch, {ROUND_TAG: name}
        )


def test_by_hand_it_is_asked_at_once_and_told_everywhere(task, model, touchstone):
    project = task.folder.parents[1]
    ask(task, "clock 2026-03-04T06:00:00+00:00")
    assert len(model.meter) == 2 * 20
    model.said["label"] = "praise"
    told = touchstone("canary", "letters", "--now", at=project, columns=250)
    assert told.code == 0
    assert "llm/classify: the model changed" in told.out
    rounds = json.loads(touchstone("canary", "letters", "--json", at=project).out)["rounds"]
    assert [row["accuracy_before"] for row in rounds] == [None, 1.0]
    first, second = asked(task)
    assert (first["batch"], first["changed"], second["changed"]) == (NEWEST, False, True)
    assert first["round"].startswith("clock ")
    published = pq.ParquetFile(task.published / "canary.parquet").read()
    assert published.num_rows == 2
    assert "the model changed" in task.report.read_text(encoding="utf-8")
    assert is_published(task, warehouse_of(task))
    status = touchstone("status", "letters", at=project, columns=250)
    assert "the model changed" in status.out
    metrics = tracked(task)
    assert metrics[NEWEST]["canary_changed"] == 1
    assert metrics[NEWEST]["canary_accuracy"] == second["accuracy"]
    assert "canary_accuracy" not in metrics[FIRST]


def tracked(task: Task) -> dict[str, dict[str, float]]:
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=task.tracking_uri)
    found = client.get_experiment_by_name(task.name)
    return {
        run.info.run_name: run.data.metrics for run in client.search_runs([found.experiment_id])
    }


def test_a_round_that_was_cut_short_goes_on_and_is_paid_for_once(task, model):
    model.script.extend([None] * 5 + [wire.FORBIDDEN] * 15)
    slow = with_models(task, concurrency=1)
    ask(slow, "clock 1")
    (row,) = asked(task)
    assert "check the key" in row["why"]
    assert row["accuracy"] is None
    model.script.clear()
    paid = len(model.charged)
    # another tick, and another after that: it is the round of the first, and then a new one
    ask(slow, "clock 2")
    (row,) = asked(task)
    assert (row["round"], row["why"], row["items"]) == ("clock 1", None, 20)
    assert paid == 5
    assert len(model.charged) == 2 * 20
    assert row["calls"] == len(model.meter)
    ask(slow, "clock 1")
    assert len(model.charged) == 2 * 20
    ask(slow, "clock 2")
    assert [row["round"] for row in asked(task)] == ["clock 1", "clock 2"]
    assert len(model.charged) == 3 * 20


def with_models(task: Task, **changed) -> Task:
    models = task.spec.models.model_copy(update=changed)
    return replace(task, spec=task.spec.model_copy(update={"models": models}))


def check_of(task: Task, name: str) -> dg.AssetCheckEvaluation:
    with open_instance(task.var.parent) as instance:
        result = (
            definitions(task)
            .resolve_job_def(f"{task.name}_ask_canary")
            .execute_in_process(
                partition_key=NEWEST,
                instance=instance,
                tags={ROUND_TAG: name},
                raise_on_error=False,
            )
        )
        assert result.success
        (check,) = result.get_asset_check_evaluations()
        return check


def test_another_fingerprint_warns_and_a_proven_change_is_an_error_that_blocks_nothing(task, model):
    assert check_of(task, "clock 1").passed
    model.said["fingerprint"] = "fp_2"
    warned = check_of(task, "clock 2")
    assert (warned.passed, warned.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "another model or fingerprint" in warned.description
    model.said["label"] = "praise"
    failed = check_of(task, "clock 3")
    assert (failed.passed, failed.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert not failed.blocking
    model.script.extend([wire.FORBIDDEN] * 20)
    unknown = check_of(task, "clock 4")
    assert (unknown.passed, unknown.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "Whether a model changed is not known" in unknown.description
    with Ledger(task.ledger) as ledger:
        accept(ledger, "llm/classify", asked(task)[-1]["version"])
    model.script.clear()
    assert check_of(task, "clock 5").passed


def test_with_a_time_of_its_own_a_batch_asks_nothing_unless_it_is_told_to(task, model):
    with open_instance(task.var.parent) as instance:

        def label(these: Task) -> None:
            run_job(definitions(these), instance, f"{task.name}_ask_canary", NEWEST)

        label(task)
        assert model.meter == []
        both = task.spec.models.canary.model_copy(update={"every": 1})
        label(with_models(task, canary=both))
        assert len(model.meter) == 2 * 20
        label(with_models(task, canary=both))
        assert len(model.meter) == 2 * 20
    (row,) = asked(task)
    assert row["round"] == f"canary {NEWEST}"


def test_the_schedule_asks_once_a_tick_for_the_newest_labelled_batch(task):
    repository = definitions(task).get_repository_def()
    schedule = repository.get_schedule_def(f"{task.name}_ask_canary")
    assert schedule.cron_schedule == "0 6 * * *"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    at = datetime(2026, 3, 9, 6, tzinfo=UTC)
    with open_instance(task.var.parent) as instance:

        def tick(moment: datetime):
            context = dg.build_schedule_context(
                instance=instance, scheduled_execution_time=moment, repository_def=repository
            )
            return schedule.evaluate_tick(context)

        (request,) = tick(at).run_requests
        assert (request.partition_key, request.run_key) == (NEWEST, round_at(at))
        assert request.tags[ROUND_TAG] == round_at(at)
        assert tick(at).run_requests[0].run_key == request.run_key
        job = repository.get_job(f"{task.name}_ask_canary")
        assert job.tags["touchstone/task"] == task.name
        # what a stopped daemon missed comes all at once, and is one moment of the model
        instance.create_run_for_job(job, tags=request.tags)
        late = tick(at + timedelta(days=1))
        assert not late.run_requests
        assert "under way" in late.skip_message


def test_a_time_that_is_none_is_told_with_its_line(task):
    path = task.folder / "task.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("0 6 * * *", "at six"))
    with pytest.raises(TaskError, match=r"models\.canary\.cron.*'at six' is no time"):
        read_spec(task.folder)


def test_before_there_is_a_panel_nothing_is_asked_and_it_says_why(task, model):
    with warehouse_of(task).connect() as db:
        db.execute("delete from people.gold")
    assert ask_now(task, lambda *_: None) == []
    assert model.meter == []
    without = with_models(task, canary=None)
    with pytest.raises(TaskError, match="the task has no canary"):
        ask_now(without, lambda *_: None)


def test_gold_that_was_corrected_judges_all_rounds_and_examples_stay_what_they_were(task):
    from assets.quality.canary_panel import canary_examples, canary_panel
    from labeling.llm.prompts.prompt import parse_prompts

    warehouse = warehouse_of(task)
    (shows,) = parse_prompts("---\nmodel: m\nexamples: {choose: balanced}\n---\nSort.", "p")
    with warehouse.connect() as db:
        db.execute(
            "update people.gold set origin = 'queue' where item_id in"
            " (select item_id from people.gold where item_id not in"
            "  (select item_id from people.audit_sample) order by item_id limit 5)"
        )
    before = canary_panel(warehouse, NEWEST, 20)
    pool = canary_examples(warehouse, [shows], None)
    assert pool is not None
    assert len(pool.item_id) == 5
    item = before["item_id"][0].as_py()
    with warehouse.connect() as db:
        db.execute("update people.gold set label = 'corrected' where item_id = ?", [item])
        db.execute("update people.gold set origin = 'queue'")
    after = canary_panel(warehouse, NEWEST, 20)
    assert after["item_id"].to_pylist() == before["item_id"].to_pylist()
    assert after["label"][0].as_py() == "corrected"
    again = canary_examples(warehouse, [shows], None)
    assert again is not None
    assert list(again.item_id) == list(pool.item_id)
