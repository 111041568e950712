"""Run a Great Expectations suite as Dagster checks of one batch, one check an expectation."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import yaml

from orchestration.partitions import batches
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task

if TYPE_CHECKING:
    import pandas as pd

SUITES = Path(__file__).parent / "suites"
SHOWN_ROWS = 20
"""Offending rows shown with a failed check."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One entry of a suite file."""

    check: str
    description: str
    critical: bool
    query: str | None
    type: str
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite file: what must hold of a table."""

    table: str
    columns: list[str]
    expected: dict[str, Expected]


def read_suite(path: Path, task: Task) -> Suite:
    """Read a suite; ``$classes`` and ``$bad_rows_at_most`` stand for what the task says.

    Raises
    ------
    ValueError
        If an entry does not hold exactly one ``expect_...`` key.
    """
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    expected: dict[str, Expected] = {}
    for entry in raw["checks"]:
        rules = [key for key in entry if key.startswith("expect_")]
        if len(rules) != 1:
            raise ValueError(
                f"{path.name}: {entry['check']!r} needs one expect_... key, has {rules}"
            )
        expected[entry["check"]] = Expected(
            entry["check"],
            entry["why"],
            entry["severity"] == "critical",
            entry.get("query"),
            rules[0],
            {key: _filled(value, task) for key, value in entry[rules[0]].items()},
        )
    return Suite(raw["table"], raw["columns"], expected)


def suite_checks(task: Task, name: str) -> dg.AssetChecksDefinition:
    """Build the checks of ``suites/<name>.yml`` on the asset that writes its table."""
    suite = read_suite(SUITES / f"{name}.yml", task)
    asset = dg.AssetKey([task.name, *suite.table.split(".")])
    with warnings.catch_warnings():
        # the one way to a check's state by batch; in preview, so its arguments are pinned by tests
        warnings.simplefilter("ignore", dg.PreviewWarning)
        specs = [
            dg.AssetCheckSpec(
                expected.check,
                asset=asset,
                description=expected.description,
                blocking=expected.critical,
                partitions_def=batches(task),
            )
            for expected in suite.expected.values()
        ]

    @dg.multi_asset_check(name=f"{task.name}_{name}_suite", specs=specs, can_subset=True)
    def run_suite(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.AssetCheckResult]:
        batch = context.run.tags["dagster/partition"]
        chosen = [suite.expected[key.name] for key in context.selected_asset_check_keys]
        with warehouse.connect() as db:
            columns = ", ".join(suite.columns)
            frame = db.execute(f"select {columns} from {suite.table} where batch = ?", [batch]).df()
            frames = [
                frame if e.query is None else db.execute(e.query, {"batch": batch}).df()
                for e in chosen
            ]
        yield from judge(asset, chosen, frames)

    return run_suite


def judge(
    asset: dg.AssetKey, chosen: Sequence[Expected], frames: Sequence["pd.DataFrame"]
) -> Iterator[dg.AssetCheckResult]:
    """Hold each expectation against its frame, and show the rows that break it.

    Expectations of one and the same frame are evaluated together: GX then computes what they share
    once.

    Raises
    ------
    RuntimeError
        If an expectation itself cannot be evaluated: a broken suite is no failed check.
    """
    for frame in {id(frame): frame for frame in frames}.values():
        together = [e for e, of in zip(chosen, frames, strict=True) if of is frame]
        index = [name for name in ("item_id", "review_id", "voter") if name in frame.columns]
        for expected, outcome in zip(together, _evaluate(together, frame, index), strict=True):
            yield _result(asset, expected, outcome, len(frame), index)


def _evaluate(chosen: Sequence[Expected], frame: "pd.DataFrame", index: list[str]) -> list[Any]:
    """Return GX's outcomes, in the order of the expectations."""
    import great_expectations as gx
    from great_expectations.expectations.expectation_configuration import (
        ExpectationConfiguration,
    )

    suite = gx.ExpectationSuite(
        name="checks",
        expectations=[
            ExpectationConfiguration(
                type=e.type, kwargs=e.kwargs, meta={"check": e.check}
            ).to_domain_obj()
            for e in chosen
        ],
    )
    validated = (
        _frames()
        .get_batch({"dataframe": frame})
        .validate(
            suite,
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": index},
        )
    )
    by_check = {o.expectation_config.meta["check"]: o for o in validated.results}
    return [by_check[e.check] for e in chosen]


def _result(
    asset: dg.AssetKey, expected: Expected, outcome: Any, n_rows: int, index: list[str]
) -> dg.AssetCheckResult:
    fault = _fault(outcome.exception_info or {})
    if fault is not None:
        raise RuntimeError(f"{expected.check} cannot be evaluated: {fault}")
    result = outcome.result
    metadata: dict[str, Any] = {"rows": n_rows}
    if "unexpected_count" in result:
        metadata["unexpected"] = int(result["unexpected_count"])
    if "observed_value" in result:
        metadata["observed"] = str(result["observed_value"])
    if not outcome.success:
        metadata["which"] = dg.MetadataValue.md(_which(expected, result, index))
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=expected.check,
        passed=bool(outcome.success),
        severity=dg.AssetCheckSeverity.ERROR if expected.critical else dg.AssetCheckSeverity.WARN,
        description=expected.description,
        metadata=metadata,
    )


@cache
def _frames() -> Any:
    """Return GX's door for data frames; making it costs more than most checks."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("warehouse")
    return source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")


def _fault(info: dict[str, Any]) -> str | None:
    """Return what GX swallowed: one entry, or one for each metric that failed."""
    entries = [info] if "raised_exception" in info else list(info.values())
    raised = [entry for entry in entries if entry.get("raised_exception")]
    return str(raised[0]["exception_message"]) if raised else None


def _which(expected: Expected, result: dict[str, Any], index: list[str]) -> str:
    """List the offending rows by id; texts are not shown, they may hold anything."""
    column = expected.kwargs.get("column")
    rows = result.get("unexpected_index_list") or []
    if not rows or not isinstance(rows[0], dict):
        return f"observed {result.get('observed_value')}, allowed {expected.kwargs}"
    shown = [name for name in (*index, column) if name and name != "text"]
    shown = list(dict.fromkeys(shown))
    lines = ["| " + " | ".join(shown) + " |", "|" + "---|" * len(shown)]
    lines += [
        "| " + " | ".join(f"`{row.get(name)}`" for name in shown) + " |"
        for row in rows[:SHOWN_ROWS]
    ]
    more = len(rows) - SHOWN_ROWS
    return "\n".join(lines) + (f"\n\nand {more} more" if more > 0 else "")


def _filled(value: Any, task: Task) -> Any:
    if value == "$classes":
        return list(task.classes)
    if value == "$bad_rows_at_most":
        return task.spec.source.bad_rows_at_most
    if value == "$rule_failures_at_most":
        return task.spec.rules.failures_at_most
    return value
