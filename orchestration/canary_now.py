"""Ask the canary of a task at this moment, in this process: what ``touchstone canary --now`` does."""

from datetime import UTC, datetime
from typing import Any

from labeling.llm.canary.rounds import unfinished
from labeling.llm.ledger.opening import open_ledger
from orchestration.canary_schedule import newest_labelled, round_at
from orchestration.definitions import definitions
from orchestration.one_job import run_job
from orchestration.planning import is_published
from orchestration.running import Progress
from resources.dagster.instance import instance_of
from resources.dagster.tags import ROUND_TAG
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task


def ask_now(task: Task, progress: Progress) -> list[dict[str, Any]]:
    """Ask every prompt the panel, and publish what is new.

    A round that a crash or a budget cut short within the last hours is gone on with.

    Returns
    -------
    list of dict
        The rows of ``quality.canary`` of this round; empty where there is no panel yet.

    Raises
    ------
    TaskError
        If the task has no canary, no batch is labelled yet, or the models cannot be asked.
    """
    if task.spec.models is None or task.spec.models.canary is None:
        raise TaskError(
            f"{task.folder / 'task.yaml'}: models.canary: the task has no canary; "
            "write `canary: {items: 60}` under models"
        )
    warehouse = warehouse_of(task)
    defs = definitions(task)
    with instance_of(task) as instance:
        batch = newest_labelled(instance, task)
        if batch is None:
            raise TaskError(
                f"task {task.name!r} has labelled nothing yet; `touchstone run {task.name}` does"
            )
        with open_ledger(task.ledger) as ledger:
            name = unfinished(ledger) or round_at(datetime.now(UTC))
        progress("asking the canary", 0, 2)
        run_job(defs, instance, f"{task.name}_ask_canary", batch, {ROUND_TAG: name})
        if not is_published(task, warehouse):
            progress("publishing", 1, 2)
            run_job(defs, instance, f"{task.name}_publish", None)
    return warehouse.rows("orchestration.canary_now.round", round=name)
