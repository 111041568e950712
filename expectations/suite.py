"""Run a Great Expectations suite as Dagster checks of one batch, one check an expectation.

A check blocks only where rows cannot be right. Every other tells what it found, in which rows and
what to do about it, and lets the batch go on.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import dagster as dg

from expectations import failed, held
from expectations.configurations import configurations_kept, rows_unmarked
from expectations.expected import SUITES, Expected, Suite, read_suite
from resources.dagster.partitions import batches
from resources.store.given import GivenWarehouse
from resources.store.tables import DECLARED
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("item_id", "review_id", "voter")
"""Columns that name a row."""


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
        context: dg.AssetCheckExecutionContext, warehouse: GivenWarehouse
    ) -> Iterator[dg.AssetCheckResult]:
        batch = context.partition_key
        selected = {key.name for key in context.selected_asset_check_keys if key.asset_key == asset}
        chosen = [one for one in suite.expected.values() if one.check in selected]
        yield from check_batch(asset, suite, chosen, warehouse, batch)

    return run_suite


def check_batch(
    asset: dg.AssetKey,
    suite: Suite,
    chosen: Sequence[Expected],
    warehouse: Warehouse,
    batch: str,
) -> Iterator[dg.AssetCheckResult]:
    """Hold the chosen expectations of a suite against what the warehouse has of a batch."""

    def ask(query: str) -> "pd.DataFrame":
        with warehouse.connect() as db:
            return db.frame(query, batch=batch)

    with warehouse.connect() as db:
        frame = db.frame_of(DECLARED[suite.table], *suite.columns, batch=batch)
    frames = [frame if e.query is None else ask(e.query) for e in chosen]
    yield from judge(asset, chosen, frames, ask)


def judge(
    asset: dg.AssetKey,
    chosen: Sequence[Expected],
    frames: Sequence["pd.DataFrame"],
    at_fault: Callable[[str], "pd.DataFrame"] | None = None,
) -> Iterator[dg.AssetCheckResult]:
    """Hold each expectation against its frame, and show the rows that break it.

    ``at_fault`` runs an expectation's query of rows, which is done only where it fails.

    Expectations of one and the same frame are evaluated together: GX then computes what they share
    once. What held of the same values before is not evaluated again.

    Raises
    ------
    RuntimeError
        If an expectation itself cannot be evaluated: a broken suite is no failed check.
    """
    anew: list[tuple[Expected, pd.DataFrame]] = []
    for expected, frame in zip(chosen, frames, strict=True):
        told = held.recall(expected, frame)
        if told is None:
            anew.append((expected, frame))
        else:
            yield _result(asset, expected, True, expected.description, {"rows": len(frame), **told})
    for frame in {id(frame): frame for _, frame in anew}.values():
        together = [expected for expected, of in anew if of is frame]
        keys = () if any(e.told for e in together) else KEYS  # GX gives places where it has no keys
        index = [name for name in keys if name in frame.columns]
        for expected, outcome in zip(together, _evaluate(together, frame, index), strict=True):
            told = _figures(expected, outcome)
            metadata: dict[str, Any] = {"rows": len(frame), **told}
            description = expected.description
            if outcome.success:
                held.keep(expected, frame, told)
            else:
                ask = at_fault if expected.rows is not None else None
                rows = None if ask is None else ask(str(expected.rows))
                description = failed.sentence(expected, outcome.result, frame)
                if which := failed.which(expected, outcome.result, index, rows):
                    metadata["which"] = dg.MetadataValue.md(which)
            yield _result(asset, expected, bool(outcome.success), description, metadata)


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
    with configurations_kept(), rows_unmarked():
        batch = _frames().get_batch({"dataframe": frame})
        validated = batch.validate(
            suite,
            result_format={"result_format": "COMPLETE", "unexpected_index_column_names": index},
        )
    by_check = {o.expectation_config.meta["check"]: o for o in validated.results}
    return [by_check[e.check] for e in chosen]


def _figures(expected: Expected, outcome: Any) -> dict[str, Any]:
    """Return the numbers of an outcome."""
    fault = _fault(outcome.exception_info or {})
    if fault is not None:
        raise RuntimeError(f"{expected.check} cannot be evaluated: {fault}")
    told: dict[str, Any] = {}
    if "unexpected_count" in outcome.result:
        told["unexpected"] = int(outcome.result["unexpected_count"])
    if "observed_value" in outcome.result:
        told["observed"] = str(outcome.result["observed_value"])
    return told


def _result(
    asset: dg.AssetKey,
    expected: Expected,
    passed: bool,
    description: str,
    metadata: dict[str, Any],
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=expected.check,
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR if expected.critical else dg.AssetCheckSeverity.WARN,
        description=description,
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
