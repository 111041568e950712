"""The numbers beside each asset in Dagster are those of its table, after a task was really run."""

import dagster as dg
import pytest

from resources.dagster.instance import open_instance
from resources.store.tables import (
    CONSENSUS,
    DRIFT,
    EARLY_WARNINGS,
    OVERALL,
    RELEASED,
    REVIEWS,
    SCRIPTED,
)
from resources.store.warehouse import warehouse_of
from tests.conftest import DAYS


@pytest.fixture
def shown(ran_task):
    """Return the newest metadata of a table's asset."""

    def of(table, batch: str | None = None):
        only = None if batch is None else [batch]
        wanted = dg.AssetRecordsFilter(table.asset(ran_task.task.name), asset_partitions=only)
        with open_instance(ran_task.project / "var") as instance:
            (record,) = instance.fetch_materializations(wanted, limit=1).records
        assert record.asset_materialization is not None
        return {k: v.value for k, v in record.asset_materialization.metadata.items()}

    return of


@pytest.fixture
def read(ran_task):
    return lambda sql, *values: warehouse_of(ran_task.task).ask(sql, list(values)).to_pylist()


@pytest.mark.parametrize("day", DAYS)
def test_early_warnings_are_named_or_none_is(shown, read, day):
    found = shown(EARLY_WARNINGS, day)
    rows = read("select signal, warned, effect from quality.early_warnings where batch = ?", day)
    warned = {row["signal"] for row in rows if row["warned"]}
    assert found["warnings"] == len(warned)
    assert set(found["which"].split(", ")) == (warned or {"none"})
    assert {f"effect of {r['signal']}": r["effect"] for r in rows}.items() <= found.items()


def test_accuracy_and_f1_of_all_batches_are_those_of_their_tables(shown, read):
    found = shown(OVERALL)
    (labels,) = read("from quality.overall where series = 'labels' and class = '(all)'")
    names = ("reviewed", "accuracy", "accuracy_low", "accuracy_high")
    assert [found[name] for name in names] == [labels[name] for name in names]
    (macro,) = read("from quality.class_report where class = '(macro)' and span = 'all'")
    assert found["macro_f1"] == macro["f1"]


@pytest.mark.parametrize("day", DAYS)
def test_the_share_that_is_decided_is_counted_over_the_batch(shown, read, day):
    (row,) = read(
        "select count(label) / count(*) as share from labels.consensus where batch = ?", day
    )
    assert shown(CONSENSUS, day)["decided"] == pytest.approx(row["share"])
    assert shown(RELEASED, day)["dagster/partition_row_count"] == 31


@pytest.mark.parametrize("day", DAYS)
def test_a_series_says_who_promised_once_something_is_promised(shown, read, day):
    rows = read("from quality.drift_series where batch = ?", day)
    assert {row["promised_by"] for row in rows if row["promised"] is None} <= {None}
    by = {row["series"]: row["promised_by"] for row in rows if row["promised"] is not None}
    assert by.pop("labels") == "task.yaml"
    assert set(by.values()) <= {"reference"}
    found = shown(DRIFT, day)
    assert found["series_watched"] == len(by) + 1
    assert found["which"] == "none"


@pytest.mark.parametrize("day", DAYS)
def test_what_the_script_answered_is_counted(shown, read, day):
    rows = read("from people.reviews where batch = ?", day)
    found = shown(REVIEWS, day)
    answered = shown(SCRIPTED, day)["dagster/partition_row_count"]
    assert answered == found["dagster/partition_row_count"] == len(rows) > 0
