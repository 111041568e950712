"""The code location of a task: everything Dagster loads, listed once."""

from pathlib import Path

import dagster as dg

from orchestration.jobs import jobs
from resources.environment import prepare
from resources.task.task import Task, load_task


def definitions_for(folder: Path) -> dg.Definitions:
    """Build the code location of the task in ``folder``; ``workspace.yaml`` points there.

    Raises
    ------
    TaskError
        If task.yaml is wrong.
    """
    return definitions(load_task(folder))


def definitions(task: Task) -> dg.Definitions:
    """Assemble assets, checks, jobs, schedules, sensors and resources of ``task``."""
    prepare()
    from assets.graph import assets
    from expectations.checks import checks
    from orchestration.batch_step import in_one_step
    from orchestration.schedules import schedules
    from orchestration.sensors.files import sensors
    from orchestration.sensors.label_studio import label_studio_sensors
    from orchestration.sensors.model_answers import model_answer_sensors
    from resources.dagster.machines.executor import signing_executor
    from resources.store.dbt import dbt_resource
    from resources.store.warehouse import warehouse_of

    made = in_one_step(task, assets(task), checks(task))
    return dg.Definitions(
        assets=made,
        jobs=jobs(task),
        schedules=schedules(task),
        sensors=[*sensors(task), *model_answer_sensors(task), *label_studio_sensors(task)],
        resources={"warehouse": warehouse_of(task), "dbt": dbt_resource()},
        executor=signing_executor,
    )
