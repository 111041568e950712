"""Labels as they were before a batch was labelled last: a lake keeps them."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import dagster as dg

from orchestration.changes.resetting import PATIENCE_S, refuse_if_run
from orchestration.definitions import definitions
from orchestration.one_job import run_job
from orchestration.turn import turn
from resources.dagster.instance import instance_of
from resources.dagster.living import end_lost_runs
from resources.dagster.tags import COMMAND_TAG
from resources.store.history import version_before
from resources.store.published import marts
from resources.store.tables import EVERY
from resources.store.warehouse import warehouse_of
from resources.task.task import Task

BACK = [table for table in EVERY if table.stays != "good"]
"""Tables that are brought back: all but what was paid for and cannot be made again."""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What a rollback did: since when all is as it is now, and which tables were another."""

    at: datetime
    tables: list[str]


def roll_back(task: Task, batch: str) -> RolledBack:
    """Bring back what stood before ``batch`` was labelled last, and publish it.

    Reviews, answers of models and students stay as they are. Given again it finds nothing to do, unless
    the batch was labelled again.

    Raises
    ------
    TaskError
        If the task has no lake, the lake never saw the batch labelled, or the task is being run.
    """
    warehouse = warehouse_of(task)
    with turn(task, lambda _: None, PATIENCE_S), instance_of(task) as instance:
        end_lost_runs(instance, task.name)
        refuse_if_run(task, instance)
        version = version_before(task, warehouse, batch)
        changed = warehouse.restore(version.number, BACK)
        task.publication.unlink(
            missing_ok=True
        )  # whoever is killed before it is published, publishes
        command = {COMMAND_TAG: uuid.uuid4().hex}
        # figures came back with the rest: none is worked out from rules that may be others by now
        shown = [dg.AssetKey([task.name, "published", name]) for name in ("parquet", "report")]
        only = [*(one.asset(task.name) for one in marts()), *shown]
        run_job(definitions(task), instance, f"{task.name}_publish", None, command, only)
        warehouse.close()
    return RolledBack(version.at, changed)
