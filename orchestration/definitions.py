"""The code location of a task: everything Dagster loads, listed once."""

from pathlib import Path

import dagster as dg

from orchestration.environment import prepare
from orchestration.jobs import jobs
from orchestration.task.task import Task, load_task


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
    from orchestration.label_studio import label_studio_sensors
    from orchestration.model_answers import model_answer_sensors
    from orchestration.resources.dbt import dbt_resource
    from orchestration.schedules import schedules, warehouse_of
    from orchestration.sensors import sensors

    return dg.Definitions(
        assets=assets(task),
        asset_checks=checks(task),
        jobs=jobs(task),
        schedules=schedules(task),
        sensors=[*sensors(task), *model_answer_sensors(task), *label_studio_sensors(task)],
        resources={"warehouse": warehouse_of(task), "dbt": dbt_resource()},
        executor=dg.in_process_executor,
    )
