"""Which files of a task are damaged, and what to do about each: looked at when something went wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labeling.files import sqlite
from labeling.files.sqlite import rescue
from labeling.student.whole import is_whole
from resources.store.place import named, stands
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task


@dataclass(frozen=True, slots=True)
class Damage:
    """A file or a lake that cannot be read, what is wrong with it, and the way out."""

    path: Path | str
    fault: str
    remedy: str


def damage_around(arguments: list[str]) -> list[Damage]:
    """Return the damaged files of the tasks that a command may have worked on."""
    tasks: dict[str, Task] = {}
    for given in [
        None,
        *(Path(argument) for argument in arguments if not argument.startswith("-")),
    ]:
        try:
            task = find_task(given)
        except (TaskError, OSError):
            continue
        tasks[task.name] = task
    return [damage for task in tasks.values() for damage in damaged_files(task, everything=True)]


def damaged_files(task: Task, *, everything: bool = False) -> list[Damage]:
    """Return the damaged files of a task; with ``everything`` the warehouse is read through too."""
    found = [
        Damage(path, fault, remedy)
        for path, remedy in _stores(task)
        if path.is_file() and (fault := sqlite.fault(path)) is not None
    ]
    again = f"`touchstone run {task.name}` makes it anew"
    published = sorted(task.published.glob("*.parquet"))
    found += [
        Damage(path, "a folder stands where the file belongs", "move the folder away")
        for path in (*(path for path, _ in _stores(task)), task.warehouse, task.report, *published)
        if path.is_dir()
    ]
    found += [
        Damage(path, fault, again)
        for path in published
        if path.is_file() and (fault := _fault_of_parquet(path)) is not None
    ]
    found += [
        Damage(path, "it is cut, or no student", again)
        for path in sorted(task.students.glob("*.joblib"))
        if not is_whole(path)
    ]
    if everything and stands(task):
        fault = _fault_of_warehouse(task)
        if fault is not None:
            found.append(
                Damage(
                    named(task),
                    fault,
                    f"`touchstone reset {task.name}` begins it anew; reviews and answers stand elsewhere",
                )
            )
    return found


def _stores(task: Task) -> Iterator[tuple[Path, str]]:
    """Yield each SQLite file and its remedy; what cannot be made again comes first."""
    anew = (
        f"or move it away, `touchstone reset {task.name}` and run again: all is asked for and paid "
        "again"
    )
    if (reviews := task.reviews.file) is not None:
        yield reviews, f"it holds what people answered: {rescue(reviews)}"
    if (ledger := task.ledger.file) is not None:
        yield ledger, f"it holds what models answered: {rescue(ledger)}; {anew}"
    if (trail := task.alarm_trail.file) is not None:
        yield trail, f"it holds what was done about alarms: {rescue(trail)}"
    yield task.pilots, f"it holds which prompts were promoted: {rescue(task.pilots)}"
    if (alerts := task.alerts.file) is not None:
        yield alerts, "move it away: alarms that are open are told once more"
    yield task.embeddings, f"it holds vectors of texts: {rescue(task.embeddings)}; {anew}"
    yield task.small_copies, "delete it: small pictures are made again"
    var = task.var.parent
    yield task.mlflow_store, "move it away: the next run writes its runs anew"
    history = "move the folder dagster away: the history of runs is lost, labels are not"
    for path in sorted((var / "dagster").rglob("*.db")):
        yield path, history


def _fault_of_parquet(path: Path) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.ParquetFile(path).close()
    except (pa.ArrowInvalid, OSError) as error:
        return str(error).splitlines()[0]
    return None


def _fault_of_warehouse(task: Task) -> str | None:
    from resources.store.warehouse import warehouse_of

    try:
        warehouse_of(task, 5.0).read_through()
    except TaskError as error:
        return str(error)
    return None
