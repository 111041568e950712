"""Batches as Dagster's partitions."""

import dagster as dg

from resources.task.task import Task


def batches(task: Task) -> dg.DynamicPartitionsDefinition:
    """Return the batches of ``task``: one for each window that has items, added when items land."""
    return dg.DynamicPartitionsDefinition(name=f"{task.name}_batches")
