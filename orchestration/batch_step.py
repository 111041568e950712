"""One step makes everything of a batch: each asset and each check in turn, in the order data flows.

A run may take several batches: they are made one after another, in the order of time, so that the
gold of a batch teaches those behind it and never itself.
"""

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from labeling.errors import LabelingError
from resources.dagster.partitions import batches
from resources.store.given import GivenWarehouse
from resources.task.errors import TaskError
from resources.task.task import Task

begins: ContextVar[Callable[[str], object]] = ContextVar("begins", default=lambda _: None)
"""Called with each batch before anything of it is made."""


def in_one_step(
    task: Task,
    assets: Sequence[dg.AssetsDefinition],
    checks: Sequence[dg.AssetChecksDefinition],
) -> list[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """Put all that is made by batch into one definition; the rest stays as it is declared.

    A step of Dagster's costs more than the work on a small batch, and these always run together. Any
    part can still be made by itself: Dagster selects assets and checks, as if each were a step.

    Parameters
    ----------
    assets : sequence of AssetsDefinition
        In the order data flows.
    """
    by_batch = [one for one in assets if one.partitions_def is not None]
    keys = {one.key for one in by_batch}
    checking = [one for one in checks if {spec.asset_key for spec in one.check_specs} <= keys]

    @dg.multi_asset(
        name=f"{task.name}_batch",
        specs=[spec for one in by_batch for spec in one.specs],
        check_specs=[spec for one in checking for spec in one.check_specs],
        partitions_def=batches(task),
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def batch(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> Iterator[Any]:
        for name in _batches(context):
            begins.get()(name)
            yield from _make(OneBatch(context, name), by_batch, checking, warehouse)

    rest = [one for one in (*assets, *checks) if one not in by_batch and one not in checking]
    return [batch, *rest]


class OneBatch:
    """What an asset or a check of a batch sees of the step: as if the run had this batch alone."""

    def __init__(self, context: dg.AssetExecutionContext, batch: str) -> None:
        self._context = context
        self.partition_key = batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def _batches(context: dg.AssetExecutionContext) -> list[str]:
    if not (context.has_partition_key or context.has_partition_key_range):
        raise TaskError("this is made by batch: choose the batches (partitions) it is to run on")
    return [context.partition_key] if context.has_partition_key else sorted(context.partition_keys)


def _make(
    context: Any,
    assets: Sequence[dg.AssetsDefinition],
    checks: Sequence[dg.AssetChecksDefinition],
    warehouse: GivenWarehouse,
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """Make what is selected of one batch, and nothing that follows from what a blocking check refused.

    What is yielded is about this batch alone; a result of Dagster's would be about all of the run's.
    """
    unsound: set[dg.AssetKey] = set()
    for asset in assets:
        (spec,) = asset.specs
        if unsound.intersection(dep.asset_key for dep in spec.deps):
            unsound.add(spec.key)
            continue
        if spec.key in context.selected_asset_keys:
            for made in _run(asset, context, warehouse):
                yield dg.AssetMaterialization(
                    spec.key, metadata=made.metadata, partition=context.partition_key
                )
        of_asset = [check for check in checks if _asked(check, spec.key, context)]
        about = _newest(context, spec.key) if of_asset else None
        for check in of_asset:
            blocking = {one.name: one.blocking for one in check.check_specs}
            for found in _run(check, context, warehouse):
                told = dg.AssetCheckEvaluation(
                    asset_key=spec.key,
                    check_name=found.check_name,
                    passed=found.passed,
                    metadata=found.metadata,
                    target_materialization_data=about,
                    severity=found.severity,
                    description=found.description,
                    blocking=blocking[found.check_name],
                    partition=context.partition_key,
                )
                yield told
                if told.blocking and not told.passed and told.severity.name == "ERROR":
                    unsound.add(spec.key)


def _asked(check: dg.AssetChecksDefinition, asset: dg.AssetKey, context: Any) -> bool:
    of_asset = {spec.key for spec in check.check_specs if spec.asset_key == asset}
    return bool(of_asset & context.selected_asset_check_keys)


def _newest(
    context: Any, asset: dg.AssetKey
) -> AssetCheckEvaluationTargetMaterializationData | None:
    """Return what a check is about: the batch as it was made last."""
    of_batch = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[context.partition_key])
    found = context.instance.fetch_materializations(of_batch, limit=1).records
    return next(
        (
            AssetCheckEvaluationTargetMaterializationData(
                storage_id=one.storage_id, run_id=one.run_id, timestamp=one.timestamp
            )
            for one in found
        ),
        None,
    )


def _run(
    what: dg.AssetsDefinition | dg.AssetChecksDefinition, context: Any, warehouse: GivenWarehouse
) -> Iterator[Any]:
    """Run what an asset or a check declares; a bug says where it was."""
    function: Any = what.op.compute_fn
    try:
        made = function.decorated_fn(context, warehouse)
        yield from made if isinstance(made, Iterator) else [made]
    except LabelingError:
        raise
    except Exception as error:
        error.add_note(f"while making {what.op.name} of {context.partition_key}")
        raise
