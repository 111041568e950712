"""What every asset declares alike; key, group and columns are those of its table."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import dagster as dg

from resources.dagster.conditions import when_batches_settle, when_inputs_are_clean
from resources.dagster.partitions import batches
from resources.store.table import Table
from resources.store.tables import written_along
from resources.task.task import Task

Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]


def once(
    task: Task,
    table: Table,
    *,
    deps: Sequence[Table] = (),
    kinds: Sequence[str] = (),
    automatic: bool = False,
) -> Decorator:
    """Declare an asset that is made as a whole; its docstring is its description."""
    return cast(
        "Decorator",
        dg.asset(
            **_common(task, table, deps, kinds),
            automation_condition=when_batches_settle(task.name) if automatic else None,
        ),
    )


def by_batch(
    task: Task,
    table: Table,
    *,
    deps: Sequence[Table] = (),
    kinds: Sequence[str] = (),
    automatic: bool = False,
) -> Decorator:
    """Declare an asset of which one batch is made at a time."""
    return cast(
        "Decorator",
        dg.asset(
            **_common(task, table, deps, kinds),
            partitions_def=batches(task),
            automation_condition=when_inputs_are_clean if automatic else None,
        ),
    )


def _common(
    task: Task, table: Table, deps: Sequence[Table], kinds: Sequence[str]
) -> dict[str, Any]:
    return {
        "key": table.asset(task.name),
        "group_name": table.group,
        "kinds": {"python", "duckdb", *kinds},
        "owners": [f"team:{task.spec.owner}"],
        "deps": [dep.asset(task.name) for dep in deps],
        "metadata": {
            "dagster/column_schema": table.dagster_schema,
            **{one.sql_name: one.dagster_schema for one in written_along(table)},
        },
    }
