"""What Dagster loads: the same for both tasks, fully described, and quickly."""

import json
import math
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

from orchestration.definitions import definitions_for
from resources.store import tables
from resources.store.dbt import manifest
from resources.store.table import Table

ROOT = Path(__file__).parents[2]
TASKS = ("support_inbox", "youtube_spam", "road_cracks")
MOST_OF_BARE = 2.0
"""Loading a task takes at most so many times what importing Dagster and its dbt side takes."""

KEYS = """
labels/consensus labels/released
marts/class_quality marts/label_distribution marts/labels marts/quality_by_batch
marts/voter_scorecard marts/votes
people/audit_sample people/gold people/queue people/rereviews people/reviews
published/parquet published/report
quality/accuracy quality/alarms quality/canary quality/drift quality/early_warnings quality/overall quality/queue_gain
quality/rule_analysis quality/tracked
raw/arrivals raw/items
staging/stg_audit staging/stg_votes
votes/models votes/rules votes/student
"""
"""Every asset of a task. An asset that goes or comes is a change of this list."""

INSIDE = {
    "people.canary_panel",
    "people.canary_examples",
    "people.audit_design",
    "quality.agreement",
    "quality.alarm_events",
    "quality.alarm_items",
    "quality.alarm_slices",
    "quality.class_report",
    "quality.confusion",
    "quality.drift_series",
    "quality.mistakes",
    "quality.new_words",
    "quality.reliability",
    "quality.shift_examples",
    "quality.scores",
    "raw.files",
    "raw.quarantine",
    "votes.rule_failures",
    "votes.rule_versions",
    "votes.rule_changes",
    "votes.model_abstentions",
    "votes.model_use",
    "labels.student_opinions",
    "quality.class_balance",
    "quality.consensus_calibration",
    "quality.label_model",
    "quality.rule_suggestions",
    "quality.student_switches",
    "quality.voter_beliefs",
    "quality.voter_confusions",
    "quality.voter_pairs",
}
"""Tables that an asset writes besides its own."""


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


def test_every_table_shows_the_columns_that_python_writes(nodes):
    written = {t.sql_name: t for t in vars(tables).values() if isinstance(t, Table)}
    assert {name for name in written if name.replace(".", "/") not in nodes} == INSIDE
    for name in set(written) - INSIDE:
        shown = nodes[name.replace(".", "/")].metadata["dagster/column_schema"]
        assert {c.name: c.type for c in shown.columns} == {
            column: kind for column, (kind, _) in written[name].columns.items()
        }
        assert all(column.description for column in shown.columns), name


def test_python_and_dbt_agree_on_the_sources():
    sources = json.loads(manifest().read_text(encoding="utf-8"))["sources"].values()
    written = {t.sql_name for t in vars(tables).values() if isinstance(t, Table)}
    assert {f"{s['source_name']}.{s['name']}" for s in sources} <= written


def test_each_mart_has_the_columns_of_its_contract(ran_task):
    """What dbt promises in YAML, what dbt builds, and what readers find in the Parquet files."""
    import pyarrow.parquet as pq

    models = [
        node
        for node in json.loads(manifest().read_text(encoding="utf-8"))["nodes"].values()
        if node["resource_type"] == "model" and node["schema"].endswith("marts")
    ]
    assert len(models) == 6
    for model in models:
        found = pq.ParquetFile(ran_task.task.published / f"{model['name']}.parquet")
        assert model["contract"]["enforced"], model["name"]
        assert list(model["columns"]) == found.schema_arrow.names, model["name"]
        assert all(column["description"] for column in model["columns"].values()), model["name"]


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
            "landing_told",
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


def told_by(program: str) -> list[object]:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True
    )
    return json.loads(done.stdout)


def test_a_code_location_loads_fast_and_without_what_only_steps_need():
    report = "print(json.dumps([time.process_time(), sorted(sys.modules)]))"
    ours = f"import json, runpy, sys, time; runpy.run_path('tasks/support_inbox/definitions.py'); {report}"
    bare = f"import json, sys, time; import dagster, dagster_dbt; {report}"
    cpu_s = bare_s = math.inf
    for _ in range(3):  # a busy machine is slow: once fast is fast
        took_s, modules = told_by(ours)
        cpu_s, bare_s = min(cpu_s, took_s), min(bare_s, told_by(bare)[0])
        if cpu_s < MOST_OF_BARE * bare_s:
            break
    heavy = {
        "great_expectations", "litellm", "mlflow", "pandas", "scipy", "sklearn", "altair",
    }  # fmt: skip
    assert heavy & set(modules) == set()
    assert cpu_s < MOST_OF_BARE * bare_s, f"{cpu_s:.1f} s, Dagster and dbt alone {bare_s:.1f} s"
