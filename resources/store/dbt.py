"""The dbt project, as Dagster sees it for one task."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
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
from filelock import FileLock
from packaging.version import Version

from resources.dagster.conditions import when_batches_settle
from resources.task.errors import TaskError
from resources.task.task import Task

TRANSFORMS = Path(__file__).parents[2] / "transforms"

DBT = Path(sys.executable).with_name("dbt")
"""The dbt beside our Python, whether or not its environment is activated."""

WRITTEN_WITH = {"model_use": "models", "class_report": "overall", "drift_series": "drift"}
"""Tables that are no asset of their own, to the asset that writes them."""


class TaskTranslator(DagsterDbtTranslator):
    """Names the models and sources of the dbt project after the task that they work for."""

    def __init__(self, task: Task) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self.task = task

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Task, schema, table."""
        schema = dbt_resource_props.get("source_name") or dbt_resource_props["config"]["schema"]
        name = str(dbt_resource_props["name"])
        return dg.AssetKey([self.task.name, schema, WRITTEN_WITH.get(name, name)])

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


def manifest(transforms: Path = TRANSFORMS) -> Path:
    """Return the path of dbt's manifest, which is built first where it is missing or not of these files.

    Raises
    ------
    TaskError
        If dbt cannot read the project, with what it says.
    """
    path = transforms / "target" / "manifest.json"
    if changed_files(transforms):
        path.parent.mkdir(exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if changed_files(transforms):
                _parse(transforms)
    return path


def changed_files(transforms: Path = TRANSFORMS) -> list[str]:
    """Return the files of the dbt project that are newer than its manifest or gone; all if there is none."""
    path = transforms / "target" / "manifest.json"
    built = path.stat().st_mtime if path.is_file() else 0.0
    sources = sorted(p for p in transforms.rglob("*") if p.suffix in {".sql", ".yml"})
    made = {"target", "logs"}
    own = [p for p in sources if made.isdisjoint(p.relative_to(transforms).parts)]
    newer = [p.name for p in own if p.stat().st_mtime > built]
    return newer or [name for name in _listed(path) if not (transforms / name).is_file()]


def _listed(path: Path) -> list[str]:
    """Return the files that a manifest was made of, relative to the project."""
    read = json.loads(path.read_text(encoding="utf-8"))
    parts = (
        node for kind in ("nodes", "sources", "macros") for node in read.get(kind, {}).values()
    )
    own = (part for part in parts if part["package_name"] == "touchstone")
    return sorted({part["original_file_path"] for part in own})


def _parse(transforms: Path) -> None:
    where = ["--project-dir", str(transforms), "--profiles-dir", str(transforms)]
    ran = subprocess.run(  # noqa: S603
        [str(DBT), "--quiet", "parse", *where], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        said = (ran.stdout + ran.stderr).strip()
        raise TaskError(f"dbt cannot read {transforms}: {said}; `make setup` builds its manifest")
    (transforms / "target" / "manifest.json").touch()  # dbt leaves the file where nothing changed


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
    return [str(DBT), "--quiet", "parse", *where, *kept, "--vars", variables(task)]


def variables(task: Task) -> str:
    """Tell dbt which task's file to work on."""
    return json.dumps({"warehouse": str(task.warehouse), "published": str(task.published)})
