"""What ``touchstone doctor`` looks at; each check says what it found and what to do."""

import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from labeling.errors import LabelingError
from labeling.files.found import find_files
from orchestration.environment import secret, var_folder
from orchestration.task.errors import TaskError
from orchestration.task.task import Task, load_task

ROOT = Path(__file__).parents[2]
OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 1_000_000_000
"""Free disk below this deserves a word: MLflow keeps a report and a student for each batch."""

PATIENCE_S = 5.0

State = Literal["fine", "note", "mend"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it stands, what was found, and what to do about it."""

    what: str
    state: State
    found: str
    todo: str = ""


def examine(project: Path) -> Iterator[Finding]:
    """Check installation and project, quickest first."""
    yield python()
    yield packages(ROOT / "requirements.lock")
    yield manifest(ROOT / "transforms")
    yield writing(var_folder(project))
    yield from ports()
    yield browser()
    yield from workspace(project)
    for path in sorted((project / "tasks").glob("*/task.yaml")):
        yield from task(path.parent)


def python() -> Finding:
    """Whether the interpreter is new enough."""
    found = f"{platform.python_version()} in {sys.prefix}"
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return Finding("Python", "fine", found)
    return Finding("Python", "mend", found, "install Python 3.11 or newer, then run make setup")


def packages(lock: Path) -> Finding:
    """Whether what is installed is what the lock names, version by version."""
    if not lock.is_file():
        return Finding(
            "packages", "note", f"{lock} does not stand", "install from a clone to check"
        )
    pins = dict(
        line.split(" ", 1)[0].split(";")[0].split("==", 1)
        for line in lock.read_text(encoding="utf-8").splitlines()
        if "==" in line and line[:1].isalnum()
    )
    wrong: list[str] = []
    for name, version in pins.items():
        try:
            found = metadata.version(name.partition("[")[0])
        except metadata.PackageNotFoundError:
            found = "missing"
        if found != version:
            wrong.append(f"{name} {found} instead of {version}")
    if not wrong:
        return Finding("packages", "fine", f"all {len(pins)} as requirements.lock has them")
    more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return Finding("packages", "mend", ", ".join(wrong[:3]) + more, "rm .venv/.ready && make setup")


def manifest(transforms: Path) -> Finding:
    """Whether dbt's manifest was built, and after the newest model: Dagster shows what it lists."""
    path = transforms / "target" / "manifest.json"
    if not path.is_file():
        return Finding("dbt manifest", "mend", "it was never built", "make setup")
    sources = [p for p in transforms.rglob("*") if p.suffix in {".sql", ".yml"}]
    newer = [
        p.name
        for p in sources
        if "target" not in p.parts and p.stat().st_mtime > path.stat().st_mtime
    ]
    if newer:
        return Finding("dbt manifest", "note", f"older than {newer[0]}", "make setup")
    return Finding("dbt manifest", "fine", str(path))


def writing(var: Path) -> Finding:
    """Whether everything that is made can be written, and how much room there is."""
    folder = var
    while not folder.exists():
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        todo = f"give yourself the right to write to {folder}, or set TOUCHSTONE_VAR"
        return Finding("var folder", "mend", f"{var}: {error.strerror}", todo)
    told = f"{var}, {free / 1e9:.1f} GB free"
    if free < NEEDED_BYTES:
        return Finding("var folder", "note", told, "make room, or set TOUCHSTONE_VAR")
    return Finding("var folder", "fine", told)


def ports() -> Iterator[Finding]:
    """Whether the ports that ``touchstone up`` takes first are free."""
    import inspect

    from orchestration.commands.up import up

    for name, parameter in inspect.signature(up).parameters.items():
        if not name.endswith("_port"):
            continue
        with socket.socket() as probe:
            taken = probe.connect_ex(("127.0.0.1", parameter.default)) == 0
        option = "--" + name.replace("_", "-")
        yield Finding(
            f"port {parameter.default}",
            "note" if taken else "fine",
            "taken" if taken else "free",
            f"touchstone up takes the next free one, or give {option}" if taken else "",
        )


def browser() -> Finding:
    """Whether tests in a real browser can run."""
    path = shutil.which("chromium")
    if path is None:
        todo = "only browser tests need it: apt-get install chromium"
        return Finding("chromium", "note", "not installed", todo)
    return Finding("chromium", "fine", path)


def workspace(project: Path) -> Iterator[Finding]:
    """Whether workspace.yaml names every task, and only files that stand."""
    import yaml

    path = project / "workspace.yaml"
    names = {p.parent.name for p in (project / "tasks").glob("*/task.yaml")}
    if not names:
        yield Finding("tasks", "note", f"none under {project / 'tasks'}", "touchstone new NAME")
        return
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))["load_from"] or []
        files = [one["python_file"]["relative_path"] for one in loaded if "python_file" in one]
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        first = str(error).splitlines()[0]
        yield Finding("workspace.yaml", "mend", f"cannot be read: {first}", f"mend {path}")
        return
    gone = [name for name in files if not (project / name).is_file()]
    unnamed = sorted(name for name in names if f"tasks/{name}/definitions.py" not in files)
    if gone:
        todo = "write the file, or take the location out of workspace.yaml"
        yield Finding("workspace.yaml", "mend", f"{gone[0]} does not stand", todo)
    elif unnamed:
        todo = "add its definitions.py to load_from, or Dagster does not see it"
        yield Finding("workspace.yaml", "mend", f"task {unnamed[0]} is not in it", todo)
    else:
        yield Finding("workspace.yaml", "fine", f"{len(files)} code locations")


def task(folder: Path) -> Iterator[Finding]:
    """Whether a task's files can be read, its keys are there and its database opens."""
    try:
        found = load_task(folder)
    except TaskError as error:
        yield Finding(f"{folder.name}: task.yaml", "mend", str(error), "mend the lines named")
        return
    checks: tuple[tuple[str, Callable[[Task], Finding]], ...] = (
        ("rules", _rules),
        ("input", _input),
        ("models", _models),
        ("warehouse", _warehouse),
    )
    for name, check in checks:
        what = f"{folder.name}: {name}"
        try:
            told = check(found)
            yield Finding(what, told.state, told.found, told.todo)
        except LabelingError as error:
            yield Finding(what, "mend", str(error), "mend what is named")
        except ImportError as error:
            yield Finding(what, "mend", str(error), "rm .venv/.ready && make setup")


def _rules(task: Task) -> Finding:
    from assets.rules import load_rules

    return Finding("", "fine", f"{len(load_rules(task))} rules")


def _input(task: Task) -> Finding:
    if task.spec.source.files is None:
        return Finding("", "fine", "a query")
    pattern = task.path(task.spec.source.files)
    files = find_files(pattern)
    if files:
        return Finding("", "fine", f"{len(files)} files")
    if task.spec.source.generator:
        return Finding("", "fine", "no file yet; the generator writes them in the first run")
    return Finding("", "mend", f"no file matches {pattern}", "put files there")


def _models(task: Task) -> Finding:
    models = task.spec.models
    if models is None:
        return Finding("", "fine", "none; rules alone")
    from orchestration.resources.models import prompts_of

    voters = ", ".join(prompt.model for prompt in prompts_of(task))
    variable = models.api_key_variable
    if models.simulated is not None:
        return Finding("", "fine", f"{voters}; simulated, needs no key")
    if variable is None:
        todo = "name the key's variable in models.api_key_variable, if the model needs one"
        return Finding("", "note", f"{voters}; task.yaml names no key", todo)
    if secret(variable) is None:
        return Finding("", "mend", f"{voters}; {variable} is not set", f"export {variable}=...")
    return Finding("", "fine", f"{voters}; {variable} is set")


def _warehouse(task: Task) -> Finding:
    if not task.warehouse.is_file():
        return Finding("", "fine", "not made yet; the first run makes it")
    import duckdb

    from orchestration.resources.warehouse import Warehouse

    if not os.access(task.warehouse, os.W_OK):
        return Finding("", "mend", f"{task.warehouse} is read-only", "give yourself the right")
    try:
        Warehouse(path=str(task.warehouse), patience_s=PATIENCE_S).read("select 1")
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        todo = f"move {task.warehouse} away and run again; reviews and answers are kept elsewhere"
        return Finding("", "mend", f"does not open: {first}", todo)
    except TaskError:
        return Finding("", "note", "another process has it open", "look again when it has ended")
    return Finding("", "fine", f"opens, {task.warehouse.stat().st_size / 1e6:.1f} MB")
