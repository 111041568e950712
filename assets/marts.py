"""The SQL: staging and marts, all of them in one dbt call."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from assets import tables
from orchestration.resources.dbt import TaskTranslator, manifest, project, target, variables
from orchestration.resources.table import Table
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task


def marts(task: Task) -> dg.AssetsDefinition:
    """Declare the staging and marts of ``task``."""

    @dbt_assets(
        manifest=manifest(),
        project=project(),
        dagster_dbt_translator=TaskTranslator(task),
        name=f"{task.name}_marts",
    )
    def marts(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse
    ) -> Iterator[Any]:
        warehouse.ensure(*(table for table in vars(tables).values() if isinstance(table, Table)))
        (task.published / ".build").mkdir(parents=True, exist_ok=True)
        with warehouse.turn():
            build = ["build", "--vars", variables(task)]
            yield from dbt.cli(build, context=context, target_path=target(task)).stream()

    return marts
