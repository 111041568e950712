"""Suites, judged on frames: what fails, which rows, and what a broken suite is."""

from dataclasses import replace
from pathlib import Path

import dagster as dg
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from expectations.expected import SUITES, Expected, Suite, read_suite
from expectations.suite import _fault, judge, suite_checks
from orchestration.batch_step import in_one_step
from resources.dagster.partitions import batches
from resources.store import tables
from resources.store.given import GivenWarehouse
from resources.store.warehouse import Warehouse
from resources.task.task import Task, load_task

ROOT = Path(__file__).parents[2]
BATCH = "2026-03-02"
KEY = dg.AssetKey(["t", "labels", "released"])
IN_SET = Expected(
    "names_a_class",
    "why",
    True,
    None,
    "expect_column_values_to_be_in_set",
    {"column": "label", "value_set": ["HAM", "SPAM"]},
)


@pytest.fixture
def task() -> Task:
    return load_task(ROOT / "tasks" / "support_inbox")


def judged(expected: Expected, frame: pd.DataFrame) -> dg.AssetCheckResult:
    (result,) = judge(KEY, [expected], [frame])
    return result


def test_a_sound_frame_passes():
    result = judged(IN_SET, pd.DataFrame({"item_id": ["a", "b"], "label": ["HAM", None]}))
    assert result.passed
    assert "which" not in result.metadata


def test_a_failed_expectation_shows_which_rows():
    frame = pd.DataFrame({"item_id": ["a", "b", "c"], "label": ["HAM", "EGGS", "BACON"]})
    result = judged(IN_SET, frame)
    assert not result.passed
    assert result.severity is dg.AssetCheckSeverity.ERROR
    assert result.metadata["unexpected"].value == 2
    shown = result.metadata["which"].value
    assert "`b`" in shown
    assert "`EGGS`" in shown
    assert "`c`" in shown
    assert "`a`" not in shown


def test_only_the_first_rows_of_many_are_shown_and_the_rest_counted():
    frame = pd.DataFrame({"item_id": [f"i{n}" for n in range(50)], "label": ["EGGS"] * 50})
    shown = judged(IN_SET, frame).metadata["which"].value
    assert "and 30 more" in shown


@pytest.mark.parametrize(("wrong", "more"), [(3, ""), (4, "; and 1 more"), (9, "; and 6 more")])
def test_numbers_of_a_query_are_told_as_far_as_a_sentence_goes(wrong, more):
    few = Expected(
        "few_errors",
        "why.",
        False,
        "select",
        "expect_column_values_to_be_between",
        {"column": "share", "max_value": 0.5},
        told="{name}: {share:.0%} of {allowed:.0%}",
    )
    names = [f"n{at}" for at in range(wrong)]
    frame = pd.DataFrame({"name": ["sound", *names], "share": [0.1] + [0.75] * wrong})
    said = "; ".join(f"{name}: 75% of 50%" for name in names[:3])
    assert judged(few, frame).description == f"why. {said}{more}."


def test_texts_are_never_shown():
    text = Expected(
        "t",
        "why",
        True,
        None,
        "expect_column_values_to_not_match_regex",
        {"column": "text", "regex": "secret"},
    )
    frame = pd.DataFrame({"item_id": ["a"], "text": ["a secret thing"]})
    result = judged(text, frame)
    assert not result.passed
    assert "secret thing" not in str(result.metadata)


def test_a_warning_does_not_block():
    frame = pd.DataFrame({"item_id": ["a"], "label": ["EGGS"]})
    assert judged(replace(IN_SET, critical=False), frame).severity is dg.AssetCheckSeverity.WARN


def test_a_suite_that_cannot_be_evaluated_is_a_bug_and_no_failed_check():
    with pytest.raises(RuntimeError, match="names_a_class cannot be evaluated"):
        judged(IN_SET, pd.DataFrame({"item_id": ["a"]}))


@pytest.mark.parametrize("key", [None, "metric"])
def test_what_gx_swallowed_is_found_told_once_or_for_each_metric(key):
    sound = {"raised_exception": False, "exception_message": None}
    broken = {"raised_exception": True, "exception_message": "no such column"}
    assert _fault({"first": sound, key: broken} if key else broken) == "no such column"
    assert _fault({"first": sound, key: sound} if key else sound) is None


@pytest.mark.parametrize("path", sorted(SUITES.glob("*.yml")), ids=lambda path: path.stem)
def test_every_suite_is_about_columns_that_its_table_has(path, task):
    suite = read_suite(path, task)
    known = {t.sql_name: t for t in tables.EVERY}
    assert set(suite.columns) <= set(known[suite.table].columns)
    for expected in suite.expected.values():
        if expected.query is None and "column" in expected.kwargs:
            assert expected.kwargs["column"] in suite.columns


@pytest.mark.parametrize("path", sorted(SUITES.glob("*.yml")), ids=lambda path: path.stem)
def test_what_is_critical_holds_back_what_follows_and_nothing_else_does(path, task):
    suite = read_suite(path, task)
    blocking = {s.name: s.blocking for s in suite_checks(task, path.stem).check_specs}
    assert blocking == {name: expected.critical for name, expected in suite.expected.items()}


@pytest.mark.parametrize(("critical", "goes_on"), [(True, False), (False, True)])
def test_labels_that_fail_a_critical_expectation_go_no_further(
    task, tmp_path, monkeypatch, critical, goes_on
):
    suite = Suite(
        "labels.released", ["item_id", "label"], {"a": replace(IN_SET, critical=critical)}
    )
    monkeypatch.setattr("expectations.suite.read_suite", lambda *_: suite)
    checks = suite_checks(task, "labels")
    key = next(iter(checks.check_specs)).asset_key
    went_on = []

    @dg.asset(key=key, partitions_def=batches(task))
    def released(context, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        row = {"item_id": "m1", "batch": context.partition_key, "label": "no such class"}
        columns = dict.fromkeys(tables.RELEASED.columns)
        warehouse.replace_batch(tables.RELEASED, BATCH, pa.Table.from_pylist([columns | row]))
        return dg.MaterializeResult()

    @dg.asset(deps=[key], partitions_def=batches(task))
    def after(context, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        went_on.append((context.partition_key, warehouse))
        return dg.MaterializeResult()

    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(batches(task).name), [BATCH])
        dg.materialize(
            in_one_step(task, [released, after], [checks]),
            partition_key=BATCH,
            resources={"warehouse": Warehouse(path=str(tmp_path / "w.duckdb"))},
            instance=instance,
            raise_on_error=False,
        )
    assert bool(went_on) is goes_on


def test_what_the_task_says_is_filled_in(task):
    suite = read_suite(SUITES / "labels.yml", task)
    assert suite.expected["released_names_a_class"].kwargs["value_set"] == list(task.classes)


def test_an_entry_with_two_expectations_is_refused(tmp_path, task):
    path = tmp_path / "bad.yml"
    entry = {"check": "x", "why": "y", "severity": "critical", "expect_a": {}, "expect_b": {}}
    path.write_text(yaml.safe_dump({"table": "raw.items", "columns": [], "checks": [entry]}))
    with pytest.raises(ValueError, match=r"'x' needs one expect_... key"):
        read_suite(path, task)


def test_expectations_of_one_frame_are_told_apart():
    frame = pd.DataFrame({"item_id": ["a", "b"], "label": ["HAM", "EGGS"]})
    other = pd.DataFrame({"item_id": ["c"], "label": ["HAM"]})
    loose = replace(IN_SET, check="loose", kwargs={**IN_SET.kwargs, "mostly": 0.5})
    chosen = [IN_SET, replace(IN_SET, check="of_another_frame"), loose]
    results = list(judge(KEY, chosen, [frame, other, frame]))
    assert {r.check_name: r.passed for r in results} == {
        "names_a_class": False,
        "of_another_frame": True,
        "loose": True,
    }
