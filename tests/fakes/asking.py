"""A short way through Dagster: read the files and ask the models, without what comes after."""

import dagster as dg

from orchestration.definitions import definitions
from orchestration.jobs import QUIET
from resources.store.tables import ITEMS, MODEL_VOTES, RULE_VOTES
from resources.store.warehouse import warehouse_of
from resources.task.task import Task


def ask_models(task: Task) -> list[dict[str, object]]:
    """Run the task's own assets up to the votes of models; return these, by item and voter."""
    defs = definitions(task)
    warehouse = warehouse_of(task)
    with dg.DagsterInstance.ephemeral() as instance:
        defs.resolve_job_def(f"{task.name}_land").execute_in_process(
            instance=instance, run_config=QUIET
        )
        found = warehouse.ask("select distinct batch from raw.arrivals order by batch")
        for batch in found["batch"].to_pylist():
            defs.resolve_job_def(f"{task.name}_label").execute_in_process(
                instance=instance,
                partition_key=batch,
                run_config=QUIET,
                asset_selection=[t.asset(task.name) for t in (ITEMS, RULE_VOTES, MODEL_VOTES)],
            )
    return warehouse.ask(
        "select item_id, voter, label from votes.models order by item_id, voter"
    ).to_pylist()
