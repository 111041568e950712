"""What every asset declares alike: key, group, kinds, owners, columns, batches."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import dagster as dg

from resources.dagster.conditions import when_batches_settle, when_inputs_are_clean
from resources.dagster.partitions import batches
from resources.store.table import Table
from resources.task.task import Task

Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]


def once(
    task: Task,
    table: Table,
    *,
    group: str,
    deps: Sequence[Table] = (),
    kinds: Sequence[str] = (),
    automatic: bool = False,
) -> Decorator:
    """Declare an asset that is made as a whole; its docstring is its description."""
    return cast(
        "Decorator",
        dg.asset(
            **_common(task, table, group, deps, kinds),
            automation_condition=when_batches_settle(task.name) if automatic else None,
        ),
    )


def by_batch(
    task: Task,
    table: Table,
    *,
    group: str,
    deps: Sequence[Table] = (),
    kinds: Sequence[str] = (),
    automatic: bool = False,
) -> Decorator:
    """Declare an asset of which one batch is made at a time."""
    return cast(
        "Decorator",
        dg.asset(
            **_common(task, table, group, deps, kinds),
            partitions_def=batches(task),
            automation_condition=when_inputs_are_clean if automatic else None,
        ),
    )


def _common(
    task: Task, table: Table, group: str, deps: Sequence[Table], kinds: Sequence[str]
) -> dict[str, Any]:
    return {
        "key": table.key(task.name),
        "group_name": group,
        "kinds": {"python", "duckdb", *kinds},
        "owners": [f"team:{task.spec.owner}"],
        "deps": [dep.key(task.name) for dep in deps],
        "metadata": {"dagster/column_schema": table.dagster_schema},
    }
