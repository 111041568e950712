"""The SQL: staging and marts, all of them in one dbt call."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from resources.store.dbt import UNWRITTEN, TaskTranslator, project, target, variables
from resources.store.given import GivenWarehouse
from resources.store.manifest import manifest
from resources.task.task import Task
from resources.tracking.opened import import_ahead


def marts(task: Task) -> dg.AssetsDefinition:
    """Declare the staging and marts of ``task``."""

    @dbt_assets(
        manifest=manifest(),
        project=project(),
        dagster_dbt_translator=TaskTranslator(task),
        name=f"{task.name}_marts",
    )
    def marts(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: GivenWarehouse
    ) -> Iterator[Any]:
        with warehouse.connect():  # every source stands
            pass
        (task.published / ".build").mkdir(parents=True, exist_ok=True)
        # unit tests try the SQL on invented rows, and not on what this task has
        tested = ["--exclude-resource-type", "unit_test"]
        build = ["build", UNWRITTEN, *tested, "--vars", variables(task)]
        said = dbt.cli(build, context=context, target_path=target(task)).stream()
        import_ahead()  # runs are tracked next, and dbt keeps one processor busy
        yield from to_the_end(said, warehouse.turn())

    return marts


def to_the_end(said: Iterable[Any], turn: AbstractContextManager[Any]) -> Iterator[Any]:
    """Take all that dbt says in one turn, and hand it on after that, up to where it failed.

    Whoever takes the events may fail in the middle, and would keep dbt and the warehouse waiting.
    """
    events: list[Any] = []
    try:
        with turn:
            for event in said:
                events.append(event)  # noqa: PERF402 - what was said before a fault is handed on
    finally:
        yield from events
