"""What every asset declares alike: key, group, kinds, owners, columns, batches."""

from collections.abc import Sequence
from typing import Any

from orchestration.conditions import when_inputs_are_clean
from orchestration.partitions import batches
from orchestration.resources.table import Table
from orchestration.task.task import Task


def once(
    task: Task, table: Table, *, group: str, deps: Sequence[Table] = (), kinds: Sequence[str] = ()
) -> dict[str, Any]:
    """Arguments for ``dg.asset``: a table that is made as a whole."""
    return {
        "key": table.key(task.name),
        "group_name": group,
        "kinds": {"python", "duckdb", *kinds},
        "owners": [f"team:{task.spec.owner}"],
        "deps": [dep.key(task.name) for dep in deps],
        "metadata": {"dagster/column_schema": table.dagster_schema},
    }


def by_batch(
    task: Task,
    table: Table,
    *,
    group: str,
    deps: Sequence[Table] = (),
    kinds: Sequence[str] = (),
    automatic: bool = False,
) -> dict[str, Any]:
    """Arguments for ``dg.asset``: a table of which one batch is made at a time."""
    arguments = once(task, table, group=group, deps=deps, kinds=kinds)
    arguments["partitions_def"] = batches(task)
    if automatic:
        arguments["automation_condition"] = when_inputs_are_clean
    return arguments
