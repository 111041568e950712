"""dbt's manifest, built where it is missing or old; and the sources that dbt is told of."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml
from filelock import FileLock

from resources.store.tables import EVERY, FAMILIES
from resources.task.errors import TaskError

TRANSFORMS = Path(__file__).parents[2] / "transforms"

DBT = Path(sys.executable).with_name("dbt")
"""The dbt beside our Python, whether or not its environment is activated."""

SOURCES = Path("models") / "sources.yml"
"""Made by :func:`manifest`: the tables that Python writes, as they describe themselves."""


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
                _tell_sources(transforms / SOURCES)
                _parse(transforms)
    return path


def changed_files(transforms: Path = TRANSFORMS) -> list[str]:
    """Return the files of the dbt project that are newer than its manifest, gone, or not as tables are."""
    path = transforms / "target" / "manifest.json"
    built = path.stat().st_mtime if path.is_file() else 0.0
    sources = sorted(p for p in transforms.rglob("*") if p.suffix in {".sql", ".yml"})
    made = {"target", "logs"}
    own = [p for p in sources if made.isdisjoint(p.relative_to(transforms).parts)]
    newer = [p.name for p in own if p.stat().st_mtime > built]
    if newer or not built:
        return newer
    told = transforms / SOURCES
    as_told = told.is_file() and told.read_text(encoding="utf-8") == sources_yml()
    gone = [name for name in _listed(path) if not (transforms / name).is_file()]
    return gone if as_told else [told.name, *gone]


def sources_yml() -> str:
    """Describe every table that Python writes, as dbt reads it."""
    schemas: dict[str, list[dict[str, str]]] = {}
    for one in EVERY:
        schemas.setdefault(one.schema, []).append(
            {"name": one.name, "description": one.full_description}
        )
    sources = [{"name": name, "tables": tables} for name, tables in schemas.items()]
    return yaml.safe_dump({"version": 2, "sources": sources}, sort_keys=False, width=1000)


def _listed(path: Path) -> list[str]:
    """Return the files that a manifest was made of, relative to the project."""
    read = json.loads(path.read_text(encoding="utf-8"))
    parts = (
        node for kind in ("nodes", "sources", "macros") for node in read.get(kind, {}).values()
    )
    own = (part for part in parts if part["package_name"] == "touchstone")
    return sorted({part["original_file_path"] for part in own})


def _tell_sources(path: Path) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_text(sources_yml(), encoding="utf-8")
    unfinished.replace(path)


def _parse(transforms: Path) -> None:
    where = ["--project-dir", str(transforms), "--profiles-dir", str(transforms)]
    ran = subprocess.run(  # noqa: S603
        [str(DBT), "--quiet", "parse", *where, "--vars", json.dumps({"families": FAMILIES})],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        said = (ran.stdout + ran.stderr).strip()
        raise TaskError(f"dbt cannot read {transforms}: {said}; `make setup` builds its manifest")
    (transforms / "target" / "manifest.json").touch()  # dbt leaves the file where nothing changed
