"""The dbt project, as Dagster sees it for one task."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    DbtProject,
)
from packaging.version import Version

from resources.dagster.conditions import when_batches_settle
from resources.store.manifest import DBT, TRANSFORMS
from resources.store.place.lake.address import lake_of
from resources.store.table import DECLARED
from resources.store.tables import FAMILIES
from resources.task.task import Task

UNWRITTEN = "--no-write-json"
"""Has dbt leave out its artifacts, which nobody reads: a tenth of what it computes."""


class TaskTranslator(DagsterDbtTranslator):
    """Names the models and sources of the dbt project after the task that they work for."""

    def __init__(self, task: Task) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self.task = task

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Task, schema, table."""
        name = str(dbt_resource_props["name"])
        if source := dbt_resource_props.get("source_name"):
            return DECLARED[f"{source}.{name}"].asset(self.task.name)
        return dg.AssetKey([self.task.name, dbt_resource_props["config"]["schema"], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The schema: staging or marts."""
        return str(dbt_resource_props.get("config", {}).get("schema") or "marts")

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The task's owner."""
        del dbt_resource_props
        return [f"team:{self.task.spec.owner}"]

    def get_automation_condition(
        self, dbt_resource_props: Mapping[str, Any]
    ) -> dg.AutomationCondition[Any]:
        """Build again when what it is made of has changed, whichever batch."""
        del dbt_resource_props
        return when_batches_settle(self.task.name)


class Dbt(DbtCliResource):
    """Runs dbt without the seconds that dagster-dbt spends on what we do not use.

    It would start dbt once more to ask its version, and load dbt into our own process so that row
    counts can be fetched, which would keep the warehouse open; see the pin of dagster-dbt.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        del args


def project() -> DbtProject:
    """Return the dbt project."""
    return DbtProject(project_dir=TRANSFORMS, profiles_dir=TRANSFORMS)


def dbt_resource() -> DbtCliResource:
    """Return what runs dbt."""
    return Dbt(project_dir=str(TRANSFORMS), profiles_dir=str(TRANSFORMS), dbt_executable=str(DBT))


def target(task: Task) -> Path:
    """Return the folder in which dbt keeps what it knows of the project for one task.

    dbt reads the project anew whenever its variables change, and those name the task's files.
    """
    return task.var / "dbt"


def parse_command(task: Task) -> list[str] | None:
    """Return what has dbt read the project for a task; ``None`` where it has done so before."""
    if (target(task) / "partial_parse.msgpack").is_file():
        return None
    where = ["--project-dir", str(TRANSFORMS), "--profiles-dir", str(TRANSFORMS)]
    kept = ["--target-path", str(target(task)), "--log-path", str(target(task))]
    return [str(DBT), "--quiet", "parse", UNWRITTEN, *where, *kept, "--vars", variables(task)]


def variables(task: Task) -> str:
    """Tell dbt which task's file or lake to work on, and which tables of votes there are."""
    paths = {"warehouse": str(task.warehouse), "published": str(task.published)}
    several = task.kind.composed(task.classes)
    sets: dict[str, object] = {"sets_of": list(task.classes)} if several else {}
    if task.kind.marks_text:
        sets["spans"] = True
    if (lake := lake_of(task)) is not None:
        sets["lake"] = asdict(lake)
    return json.dumps({**paths, "families": FAMILIES, **sets})
