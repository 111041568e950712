"""One step makes everything of a batch: each asset and each check in turn, in the order data flows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import dagster as dg

from labeling.errors import LabelingError
from resources.dagster.partitions import batches
from resources.store.given import GivenWarehouse
from resources.task.task import Task

Made = dg.MaterializeResult | dg.AssetCheckResult


def in_one_step(
    task: Task,
    assets: Sequence[dg.AssetsDefinition],
    checks: Sequence[dg.AssetChecksDefinition],
) -> list[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """Put all that is made by batch into one definition; the rest stays as it is declared.

    A step of Dagster's costs more than the work on a small batch, and these always run together. Any
    part can still be made by itself: Dagster selects assets and checks, as before.

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
        can_subset=True,
    )
    def batch(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> Iterator[Made]:
        held: set[dg.AssetKey] = set()
        for asset in by_batch:
            (spec,) = asset.specs
            if held.intersection(dep.asset_key for dep in spec.deps):
                held.add(spec.key)  # what follows from rows that cannot be right is not made
                continue
            if spec.key in context.selected_asset_keys:
                for made in _made(asset, context, warehouse):
                    yield dg.MaterializeResult(asset_key=spec.key, metadata=made.metadata)
            for check in checking:
                blocking = {one.name for one in check.check_specs if one.blocking}
                if not _asked(check, spec.key, context):
                    continue
                for found in _made(check, context, warehouse):
                    yield found
                    failed = not found.passed and found.severity is dg.AssetCheckSeverity.ERROR
                    if failed and found.check_name in blocking:
                        held.add(spec.key)

    rest = [one for one in (*assets, *checks) if one not in by_batch and one not in checking]
    return [batch, *rest]


def _asked(
    check: dg.AssetChecksDefinition, asset: dg.AssetKey, context: dg.AssetExecutionContext
) -> bool:
    of_asset = {spec.key for spec in check.check_specs if spec.asset_key == asset}
    return bool(of_asset & context.selected_asset_check_keys)


def _made(
    what: dg.AssetsDefinition | dg.AssetChecksDefinition,
    context: dg.AssetExecutionContext,
    warehouse: GivenWarehouse,
) -> Iterable[Any]:
    """Run what an asset or a check declares; a bug says where it was."""
    function: Callable[..., Any] = what.op.compute_fn.decorated_fn  # pyright: ignore
    try:
        made = function(context, warehouse)
        yield from made if isinstance(made, Iterator) else [made]
    except LabelingError:
        raise
    except Exception as error:
        error.add_note(f"while making {what.op.name}")
        raise
