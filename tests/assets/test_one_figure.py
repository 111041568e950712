"""A quantity has one value: in every table, in MLflow, Dagster, the report and on the terminal."""

import json
import re
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.everyday.status import status_of
from resources.dagster.instance import open_instance
from resources.store.manifest import manifest
from resources.store.tables import ACCURACY, DRIFT, OVERALL, STUDENT_VOTES
from resources.store.warehouse import warehouse_of
from tests.assets.figures import ALL, SHARE, classified, differences, of_tables, pairs
from tests.conftest import DAYS

ESTIMATE = re.compile(r"_(low|high)$|^(accuracy|precision|recall|f1|ece)$")


@pytest.fixture(scope="module")
def tables(ran_task) -> dict[str, pa.Table]:
    paths = ran_task.task.published.glob("*.parquet")
    return {path.stem: pq.ParquetFile(path).read() for path in paths}


@pytest.fixture(scope="module")
def rows(tables) -> dict[str, list[dict[str, Any]]]:
    return {name: table.to_pylist() for name, table in tables.items()}


@pytest.fixture(scope="module")
def page(ran_task) -> dict[str, list[dict[str, Any]]]:
    """Tables that the report's charts and lists are drawn from."""
    html = ran_task.task.report.read_text(encoding="utf-8")
    found = re.search(
        r'<script type="application/json" id="payload">(.*?)</script>', html, re.DOTALL
    )
    assert found is not None
    return json.loads(found[1])["tables"]


def test_no_mart_holds_an_estimate_or_an_interval(ran_task):
    nodes = json.loads(manifest().read_text(encoding="utf-8"))["nodes"].values()
    promised = {
        f"{node['name']}.{column}"
        for node in nodes
        if node["resource_type"] == "model"
        for column in node["columns"]
    }
    columns = warehouse_of(ran_task.task).ask(
        "select table_name || '.' || column_name as name from information_schema.columns"
        " where table_schema in ('marts', 'staging')"
    )
    built = set(columns["name"].to_pylist())
    assert built == promised
    assert [name for name in built if ESTIMATE.search(str(name).partition(".")[2])] == []


def test_every_published_number_is_known_to_stand_alone_or_is_compared(tables):
    for name, table in tables.items():
        numbers = {
            field.name
            for field in table.schema
            if pa.types.is_floating(field.type) or pa.types.is_integer(field.type)
        }
        assert classified(name) == numbers, name


def test_a_figure_has_the_same_value_in_every_published_table(rows):
    figures = list(of_tables(rows))
    assert differences(figures) == []
    assert len(figures) > 500
    assert {
        ("class_report", "overall"), ("class_report", "scores"), ("confusion", "overall"),
        ("drift_series", "scores"), ("labels", "quality_by_batch"), ("overall", "queue_gain"),
        ("overall", "rule_analysis"), ("overall", "voter_scorecard"), ("quality_by_batch", "scores"),
        ("voter_scorecard", "votes"),
    } <= pairs(figures)  # fmt: skip


def test_mlflow_holds_the_figures_of_the_rows(ran_task, rows):
    from mlflow.tracking import MlflowClient

    client = MlflowClient(ran_task.task.tracking_uri)
    experiment = client.get_experiment_by_name(ran_task.task.name)
    assert experiment is not None
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    student = {
        row["batch"]: row
        for row in rows["scores"]
        if (row["series"], row["version"], row["span"]) == ("voter/student", None, "batch")
    }
    for row in rows["quality_by_batch"]:
        told = runs[row["batch"]].data.metrics
        shown = {name: value for name, value in row.items() if name in told}
        assert {*SHARE, "items", "labelled", "coverage", "conflict", "cost_usd"} <= shown.keys()
        assert shown == {name: told[name] for name in shown}
        of_student = student[row["batch"]]
        assert told["student_accuracy"] == of_student["accuracy"]
        assert told["student_judged_on"] == of_student["reviewed"]
    history = runs["history"].data.metrics
    last = runs[DAYS[-1]].data.metrics
    assert {name: history[name] for name in last} == last
    scored = {
        f"accuracy of {row['series']}{' over the window' * (row['span'] == 'window')}": row[
            "accuracy"
        ]
        for row in rows["scores"]
        if (row["batch"], row["version"], row["class"]) == (DAYS[-1], None, ALL)
    }
    named = {
        name: value for name, value in history.items() if name.startswith("accuracy of voter/")
    }
    assert len(named) > 4
    assert named == {name: scored[name] for name in named}
    assert "accuracy of voter/student" not in named, "it is student_accuracy already"


def test_dagster_holds_the_figures_of_the_rows(ran_task, rows):
    def shown(table, batch=None):
        wanted = dg.AssetRecordsFilter(
            table.asset(ran_task.task.name), asset_partitions=batch and [batch]
        )
        with open_instance(ran_task.project / "var") as instance:
            (record,) = instance.fetch_materializations(wanted, limit=1).records
        assert record.asset_materialization is not None
        return {k: v.value for k, v in record.asset_materialization.metadata.items()}

    for row in rows["quality_by_batch"]:
        measured, watched = shown(ACCURACY, row["batch"]), shown(DRIFT, row["batch"])
        assert {name: measured[name] for name in (*SHARE, "labelled")} == {
            name: row[name] for name in (*SHARE, "labelled")
        }
        assert watched["log_evidence"] == row["log_evidence"]
        assert watched["log_limit"] == row["evidence_limit"]
        for score in rows["scores"]:
            if (score["batch"], score["span"]) == (row["batch"], "batch"):
                told = measured.get(f"accuracy of {score['series']}")
                whole = score["version"] is None and score["class"] == ALL
                assert not whole or told in (score["accuracy"], None)
        assert not any(name.startswith("student_") for name in shown(STUDENT_VOTES, row["batch"]))
    (labels,) = (r for r in rows["overall"] if (r["series"], r["class"]) == ("labels", ALL))
    whole = shown(OVERALL)
    assert {name: whole[name] for name in SHARE} == {name: labels[name] for name in SHARE}


def test_the_report_draws_the_rows(rows, page):
    of_classes = [
        row for row in rows["class_report"] if row["span"] == "all" and row["class"] != "(macro)"
    ]
    for name, table, key in (
        ("quality_by_batch", rows["quality_by_batch"], ("batch",)),
        ("class_quality", of_classes, ("class",)),
        ("class_shares", rows["label_distribution"], ("batch", "label")),
        ("voter_scorecard", rows["voter_scorecard"], ("voter", "version")),
        ("evidence", rows["drift_series"], ("batch", "series")),
    ):
        of = {tuple(row[k] for k in key): row for row in table}
        assert page[name], name
        for row in page[name]:
            whole = of[tuple(row[k] for k in key)]
            for column, value in row.items():
                told = whole[column]
                rounded = isinstance(told, float)
                assert value == (pytest.approx(told, rel=1e-5) if rounded else told)


def test_run_status_and_the_report_say_what_the_rows_say(ran_task, rows):
    from assets.published.report import report_data
    from console.dashboard.findings import findings
    from console.dashboard.summary import headline

    of_batches = rows["quality_by_batch"]
    assert ran_task.outcome.rows == of_batches
    told = status_of(ran_task.task)
    last = [row for row in of_batches if row["accuracy"] is not None][-1]
    assert told["accuracy"] == {name: last[name] for name in told["accuracy"]}
    for name in ("items", "labelled"):
        assert told[name] == sum(row[name] for row in of_batches)
    owed = sum(row["queue_size"] for row in of_batches)
    assert told["reviews_owed"].get("queue", 0) == owed > 0
    data = report_data(ran_task.task)
    tiles = {one.name: one for one in headline(data)}
    assert tiles["Reviews"].remark == f"{owed} waiting in the queue"
    assert tiles["Reviews"].value == str(sum(row["reviewed"] for row in of_batches))
    assert tiles["Accuracy, last measured batch"].value == f"{last['accuracy']:.1%}"
    measured = {
        row["series"].removeprefix("voter/"): row
        for row in rows["overall"]
        if row["version"] is None and row["class"] == ALL and row["reviewed"]
    }
    (beliefs,) = (one for one in findings(data.published) if one.key == "voter-beliefs")
    at = beliefs.columns.index("Right on gold")
    for line in beliefs.lines:
        row = measured.get(line.cells[0])
        assert line.cells[at] == ("" if row is None else f"{100 * row['accuracy']:.1f} %")
