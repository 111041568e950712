"""What ``touchstone doctor`` looks at; each check says what it found and what to do."""

import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from cli.doctor.finding import Finding
from cli.doctor.task_checkup import task
from resources.environment import var_folder

ROOT = Path(__file__).parents[2]
OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 1_000_000_000
"""Free disk below this deserves a word: MLflow keeps a report and a student for each batch."""


def examine(project: Path, only: Path | None = None) -> Iterator[Finding]:
    """Check installation and project, quickest first; of the tasks that in ``only`` alone, where one is named."""
    yield python()
    yield packages(ROOT / "requirements.lock")
    yield manifest(ROOT / "transforms")
    yield writing(var_folder(project))
    yield from ports()
    yield browser()
    yield from workspace(project)
    for folder in task_folders(project) if only is None else [only]:
        yield from task(folder)


def task_folders(project: Path) -> list[Path]:
    """List the folders of the tasks of a project."""
    return sorted(path.parent for path in (project / "tasks").glob("*/task.yaml"))


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
    """Whether dbt's manifest was built, and of the models of today: Dagster shows what it lists."""
    from resources.store.manifest import changed_files

    path = transforms / "target" / "manifest.json"
    if not path.is_file():
        return Finding("dbt manifest", "note", "it was never built", "the next run builds it")
    changed = changed_files(transforms)
    if changed:
        return Finding("dbt manifest", "note", f"older than {changed[0]}", "the next run builds it")
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

    from cli.everyday.up import up

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
