"""A short way through Dagster: read the files and ask the models, without what comes after."""

import dagster as dg

from orchestration.definitions import definitions
from orchestration.jobs import QUIET
from resources.store.table import Table
from resources.store.tables import ITEMS, MODEL_VOTES, RULE_VOTES
from resources.store.warehouse import warehouse_of
from resources.task.task import Task


def ask_models(task: Task) -> list[dict[str, object]]:
    """Run the task's own assets up to the votes of models; return these, by item and voter."""
    make(task, ITEMS, RULE_VOTES, MODEL_VOTES)
    return (
        warehouse_of(task)
        .ask("select item_id, voter, label from votes.models order by item_id, voter")
        .to_pylist()
    )


def make(task: Task, *tables: Table, since: str = "") -> None:
    """Read the files, and make some tables of each batch, or of those from ``since`` on."""
    defs = definitions(task)
    warehouse = warehouse_of(task)
    with dg.DagsterInstance.ephemeral() as instance:
        defs.resolve_job_def(f"{task.name}_land").execute_in_process(
            instance=instance, run_config=QUIET
        )
        found = warehouse.ask(
            "select distinct batch from raw.arrivals where batch >= ? order by batch", [since]
        )
        for batch in found["batch"].to_pylist():
            defs.resolve_job_def(f"{task.name}_label").execute_in_process(
                instance=instance,
                partition_key=batch,
                run_config=QUIET,
                asset_selection=[table.asset(task.name) for table in tables],
            )
