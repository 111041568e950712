"""What Dagster loads: the same for both tasks, fully described, and quickly."""

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.definitions import definitions_for
from resources.store.published import marts, published
from resources.store.tables import DRIFT, EVERY

ROOT = Path(__file__).parents[2]
TASKS = ("support_inbox", "youtube_spam", "road_cracks")
MORE_THAN_BARE = 1_000
"""Loading a task imports at most so many modules beside those of Dagster and its dbt side."""

KEYS = """
labels/consensus labels/released
marts/batch_counts marts/label_distribution marts/labels
marts/voter_counts marts/votes
people/audit_sample people/gold people/planned people/queue people/rereviews people/reviews people/scripted
published/parquet published/report
quality/accuracy quality/alarms quality/canary quality/drift quality/early_warnings quality/overall quality/queue_gain
quality/rule_analysis quality/tracked
raw/arrivals raw/items
staging/stg_audit staging/stg_votes
votes/certainty votes/models votes/rules votes/student votes/zero_shot
"""
"""Every asset of a task. An asset that goes or comes is a change of this list."""


@pytest.fixture(scope="module", params=TASKS)
def loaded(request: pytest.FixtureRequest) -> tuple[str, dg.Definitions]:
    return request.param, definitions_for(ROOT / "tasks" / request.param)


@pytest.fixture(scope="module")
def nodes(loaded):
    _, defs = loaded
    graph = defs.resolve_asset_graph()
    return {"/".join(key.path[1:]): graph.get(key) for key in graph.get_all_asset_keys()}


FOLLOWS_ANSWERS = {"people": {"gold"}, "raw": set(), "votes": set(), "labels": set()}
"""What Dagster makes by itself, of that which is no figure. No vote, label or sample is among it:
nothing that asks a model or a person."""


@pytest.mark.parametrize("name", TASKS)
def test_only_figures_that_answers_change_are_made_without_a_run(name):
    graph = definitions_for(ROOT / "tasks" / name).resolve_asset_graph()
    automatic = [key for key in graph.get_all_asset_keys() if graph.get(key).automation_condition]
    made = {tuple(key.path[1:]) for key in automatic}
    for schema, names in FOLLOWS_ANSWERS.items():
        assert {name for of, name in made if of == schema} == names
    assert {("quality", name) for name in ("accuracy", "drift", "overall", "alarms")} <= made


def test_definitions_are_valid(loaded):
    dg.Definitions.validate_loadable(loaded[1])


def test_every_asset_is_on_the_list_and_named_after_its_task(loaded, nodes):
    name, _ = loaded
    assert sorted(nodes) == sorted(KEYS.split())
    assert {node.key.path[0] for node in nodes.values()} == {name}


def test_every_asset_is_described_grouped_owned_and_has_a_kind(nodes):
    bare = [
        key
        for key, node in nodes.items()
        if not (node.description and node.owners and node.kinds and node.group_name != "default")
    ]
    assert bare == []


def columns_of(table):
    return {name: (column.type, column.full_description) for name, column in table.columns.items()}


def test_dagster_shows_the_columns_of_every_table_at_the_asset_that_writes_it(nodes):
    for table in EVERY:
        writer = table.written_with or table
        shown = nodes[f"{writer.schema}/{writer.name}"].metadata
        shown = shown["dagster/column_schema" if writer is table else table.sql_name]
        shown = getattr(shown, "schema", shown)
        assert {c.name: (c.type, c.description) for c in shown.columns} == columns_of(table)
    for mart in marts():
        shown = nodes[f"marts/{mart.name}"].metadata["dagster/column_schema"]
        assert {c.name: c.type for c in shown.columns} == {
            name: column.type for name, column in mart.columns.items()
        }


def test_every_asset_is_of_a_table_a_mart_or_a_view_or_is_what_is_published(nodes):
    of_tables = {f"{t.schema}/{t.name}" for t in (*EVERY, *marts()) if t.written_with is None}
    others = {name for name in nodes if not name.startswith("staging/")} - of_tables
    assert others == {"published/parquet", "published/report"}


def test_what_is_published_waits_for_every_asset_that_it_shows(loaded, nodes):
    name, _ = loaded
    waits_for = nodes["published/parquet"].parent_keys
    shown = {table.asset(name) for table in (*published().values(), *marts())}
    assert waits_for == {*shown, DRIFT.asset(name)}


def test_the_workspace_has_one_code_location_for_each_task():
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
    locations = {
        entry["python_file"]["location_name"]: entry["python_file"]["relative_path"]
        for entry in workspace["load_from"]
    }
    folders = {path.parent.name for path in (ROOT / "tasks").glob("*/task.yaml")}
    assert locations == {name: f"tasks/{name}/definitions.py" for name in folders}
    assert all((ROOT / path).is_file() for path in locations.values())


def test_jobs_schedule_and_sensors_are_there_and_switched_on(loaded):
    name, defs = loaded
    repository = defs.get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs()}
    assert {
        f"{name}_{job}" for job in ("land", "label", "measure", "publish", "ask_canary")
    } <= jobs
    sensors = {sensor.name: sensor for sensor in repository.sensor_defs}
    assert sorted(sensors) == sorted(
        f"{name}_{what}"
        for what in (
            "new_files",
            "new_batches",
            "publish_landing",
            "new_reviews",
            "alerts",
            "alarm_trail",
            "automation",
        )
    )
    assert all(s.default_status is dg.DefaultSensorStatus.RUNNING for s in sensors.values())
    (schedule,) = repository.schedule_defs
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_every_run_that_is_asked_for_waits_for_the_others_of_its_task(loaded):
    name, defs = loaded
    repository = defs.get_repository_def()
    for job in repository.get_all_jobs():
        if job.name.startswith(name):
            assert job.tags["touchstone/task"] == name
    automation = next(s for s in repository.sensor_defs if s.name.endswith("_automation"))
    assert automation.run_tags["touchstone/task"] == name


def test_published_files_grow_stale_after_two_batches_without_news(loaded, nodes):
    name, _ = loaded
    policy = nodes["published/parquet"].freshness_policy
    days = {"support_inbox": 2, "youtube_spam": 62, "road_cracks": 14}[name]
    assert policy.fail_window.to_timedelta().days == days
    assert policy.warn_window.to_timedelta() < policy.fail_window.to_timedelta()


def modules_after(program: str) -> set[str]:
    report = "import json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; {report}"], cwd=ROOT, capture_output=True, check=True
    )
    return set(json.loads(done.stdout))


def test_a_code_location_loads_without_what_only_steps_need():
    ours = modules_after("import runpy; runpy.run_path('tasks/support_inbox/definitions.py')")
    heavy = {
        "aiohttp", "altair", "great_expectations", "httpx", "litellm", "mlflow", "pandas", "scipy",
        "sklearn",
    }  # fmt: skip
    assert heavy & ours == set()
    assert len(ours - modules_after("import dagster, dagster_dbt")) <= MORE_THAN_BARE
