"""What ``touchstone doctor --scale`` looks at: what a task would be worked on with past one machine."""

import contextlib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from cli.doctor.finding import Finding
from cli.doctor.task_checkup import PATIENCE_S, scale, state_elsewhere, warehouse
from labeling.counted import counted
from labeling.errors import LabelingError
from labeling.rules.cores import usable_cores
from labeling.state.postgres import PostgresSchema
from resources.dagster.machines.database import Database
from resources.dagster.machines.signs import DAEMON, holders
from resources.environment import var_folder
from resources.reviews.arrow_tables import count_answers
from resources.store.place import named, stands
from resources.store.place.lake.address import lake_of
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task, read_task

EXTRAS = {
    "dask": ("distributed",),
    "ray": ("ray",),
    "lake": (
        "duckdb-extension-ducklake",
        "duckdb-extension-postgres-scanner",
        "duckdb-extension-httpfs",
        "psycopg",
    ),
    "postgres": ("psycopg",),
    "dagster-postgres": ("dagster-postgres", "psycopg2-binary"),
}
"""Packages of each extra, besides those that a set-up always brings."""


def examine_scale(folders: list[Path]) -> Iterator[Finding]:
    """Say which engines and stores there are, and for each task which it has and how they stand."""
    import psutil

    free = psutil.virtual_memory().available / 1e9
    cores = counted(usable_cores(), "core")
    yield Finding("this machine", "fine", f"{cores}, {free:.1f} GB of memory free")
    yield Finding("DuckDB", "fine", metadata.version("duckdb"))
    tasks: list[Task] = []
    for folder in folders:
        try:
            tasks.append(read_task(folder))
        except TaskError as error:
            yield Finding(f"{folder.name}: task.yaml", "mend", str(error), "mend what is named")
    for extra in EXTRAS:
        yield installed(extra, [task.name for task in tasks if wants(task, extra)])
    for project in sorted({task.project for task in tasks}):
        try:
            yield dagster(project)
        except LabelingError as error:
            yield Finding("Dagster", "mend", str(error), "mend what is named")
    checks: tuple[tuple[str, Callable[[Task], Finding]], ...] = (
        ("engine", scale),
        ("store", store),
        ("state", state),
    )
    for task in tasks:
        for what, check in checks:
            try:
                found = check(task)
                yield Finding(f"{task.name}: {what}", found.state, found.found, found.todo)
            except LabelingError as error:
                yield Finding(f"{task.name}: {what}", "mend", str(error), "mend what is named")


def wants(task: Task, extra: str) -> bool:
    """Return whether a task says what an extra is needed for."""
    if extra == "lake":
        return task.spec.store.lake is not None
    if extra == "postgres":
        return task.spec.state.postgres is not None
    if extra == "dagster-postgres":
        return False  # of a project: what is said of Dagster tells it
    return task.spec.scale.engine == extra


def installed(extra: str, needed_by: list[str]) -> Finding:
    """Whether the packages of an extra are there; a task that says what they are for needs them."""
    versions: dict[str, str] = {}
    for package in EXTRAS[extra]:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    missing = [package for package in EXTRAS[extra] if package not in versions]
    if not missing:
        told = ", ".join(f"{package} {version}" for package, version in versions.items())
        return Finding(f"touchstone[{extra}]", "fine", told)
    because = f"; {', '.join(needed_by)} cannot run without" if needed_by else ""
    told = f"{', '.join(missing)} not installed{because}"
    todo = f"pip install 'touchstone[{extra}]'"
    return Finding(f"touchstone[{extra}]", "mend" if needed_by else "note", told, todo)


def dagster(project: Path) -> Finding:
    """Where Dagster keeps the runs of a project, and on which machine its daemon works."""
    database = Database.of_project(project)
    if database is None:
        return Finding("Dagster", "fine", f"files of SQLite in {var_folder(project) / 'dagster'}")
    where = f"PostgreSQL {database.server()}, {database}"
    if not database.check():
        return Finding("Dagster", "note", f"{where}: not made yet; the first run makes it")
    daemon = next(iter(holders(database, DAEMON).values()), "on no machine")
    return Finding("Dagster", "fine", f"{where}; its daemon: {daemon}")


def state(task: Task) -> Finding:
    """Where answers of people and models are kept, and how many people gave."""
    if (elsewhere := state_elsewhere(task)) is not None:
        return elsewhere
    kept = task.reviews
    if not isinstance(kept, PostgresSchema):
        return Finding("", "fine", f"files of SQLite in {task.var}")
    held = kept.holding()
    where = f"PostgreSQL {held.version}, {kept}"
    if not held.tables:
        return Finding("", "note", f"{where}: not made yet; the first run makes it")
    answers = counted(count_answers(kept), "review")
    return Finding("", "fine", f"{where}: {counted(held.tables, 'table')}, {answers}")


def store(task: Task) -> Finding:
    """Whether the tables of a task can be read, where they lie and how much there is."""
    found = warehouse(task)
    if found.state != "fine" or lake_of(task) is None or not stands(task):
        return found
    opened = warehouse_of(task, PATIENCE_S)
    held = opened.holding()
    kept = len(opened.versions())
    opened.close()
    told = (
        f"a lake, format {held.format}, catalog {named(task)}: {counted(held.tables, 'table')} in "
        f"{counted(held.files, 'file')} of {held.of_bytes / 1e6:.1f} MB, {counted(kept, 'version')}"
    )
    return Finding("", "fine", told)
