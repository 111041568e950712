"""A labelling task: its folder, what it says, and where what it makes lives."""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from labeling.class_changes import ClassChange, class_today
from labeling.errors import LabelingError
from labeling.files.found import bare, find_files
from labeling.files.sqlite import rescue
from labeling.items.batches import batch_of
from labeling.items.columns import Columns
from labeling.kinds.kind import Kind
from labeling.kinds.registry import kind_of
from labeling.kinds.several.limits import Limits
from labeling.state.address import named
from labeling.state.place import Place, SqliteFile
from labeling.state.postgres import PostgresSchema
from resources.environment import var_folder
from resources.task.classes.files import write_files
from resources.task.classes.record import ordered, read_changes
from resources.task.errors import DamagedError, TaskError
from resources.task.reading import read_spec
from resources.task.settings.schema import TaskSpec


@dataclass(frozen=True)
class Task:
    """One folder under ``tasks/``.

    Parameters
    ----------
    folder : Path
        Where task.yaml, the rules and the prompts are.
    spec : TaskSpec
        What task.yaml says.
    var : Path
        Where everything made for this task is written.
    """

    folder: Path
    spec: TaskSpec
    var: Path

    @property
    def name(self) -> str:
        """The task's name; first part of every asset key."""
        return self.spec.name

    @property
    def project(self) -> Path:
        """The folder in which ``tasks/`` stands."""
        return self.folder.parents[1]

    @cached_property
    def changes(self) -> list[ClassChange]:
        """What became of its classes so far."""
        return read_changes(self.reviews)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their indices: as they were first recorded.

        Another order in task.yaml is shown, and changes nothing else.
        """
        return ordered(self.changes, [c.name for c in self.spec.classes])

    @cached_property
    def kind(self) -> Kind:
        """What is asked about an item."""
        spec = self.spec
        return kind_of(
            spec.kind,
            Limits(spec.at_most, spec.none_allowed is not False, spec.excludes),
            overlap=spec.overlap == "allowed",
        )

    def answer_today(self, answer: str) -> str | None:
        """Return what an answer means among today's classes; None where nobody can say."""
        return self.kind.carried(answer, self.class_today)

    def class_today(self, label: str) -> str | None:
        """Return what a label means among today's classes; None if it is none, or nobody can say."""
        today = class_today(self.changes, label)
        return today if today in self.classes else None

    @property
    def former_classes(self) -> frozenset[str]:
        """Names that classes had before and that answers may still come with."""
        names = {name for change in self.changes for name in change.moves}
        return frozenset(n for n in names if n not in self.classes and self.class_today(n))

    def forget_changes(self) -> None:
        """Read the record of class changes anew when it is asked for next."""
        for name in ("changes", "classes"):
            self.__dict__.pop(name, None)

    @property
    def zone(self) -> ZoneInfo:
        """Where days begin, and where times without a zone are from."""
        return ZoneInfo(self.spec.batch.timezone)

    @property
    def columns(self) -> Columns:
        """Which columns of the source are which."""
        source = self.spec.source
        return Columns(
            source.id,
            source.text,
            source.image,
            source.time,
            source.metadata,
            self.zone,
            source.time_format,
        )

    def files(self) -> dict[str, Path]:
        """Find the files of the source, by name.

        Raises
        ------
        TaskError
            If there is none.
        """
        pattern = self.path(str(self.spec.source.files))
        found = find_files(pattern)
        if not found:
            raise TaskError(
                f"{self.folder / 'task.yaml'}: source.files: no file matches {pattern}; "
                "put files there, or correct the pattern"
                + ("; the first run writes them" if self.spec.demo.generator else "")
            )
        return found

    def batch_of(self, time: datetime | None, file: str) -> str:
        """Name the batch of an item by its time (UTC), or by the name of its file."""
        every = self.spec.batch.every
        return bare(file) if every == "file" else batch_of(time, every, self.zone)

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.var / "warehouse.duckdb"

    @property
    def reviews(self) -> Place:
        """What people answered, and the record of class changes."""
        return self._state("reviews", "reviews")

    @property
    def ledger(self) -> Place:
        """What models answered, and what it cost."""
        return self._state("ledger", "calls")

    @property
    def pilots(self) -> Path:
        """The SQLite file of pilots: what was drawn, and which prompts were promoted."""
        return self.var / "pilots.sqlite"

    @property
    def alarm_trail(self) -> Place:
        """What people did about alarms."""
        return self._state("alarms", "alarm_events")

    @property
    def alerts(self) -> Place:
        """Alerts that were sent."""
        return self._state("alerts", "alerts")

    @property
    def embeddings(self) -> Path:
        """The SQLite file of texts as vectors."""
        return self.var / "embeddings.sqlite"

    @property
    def image_folder(self) -> Path:
        """Where the paths of items' pictures start; nothing outside it is read."""
        return self.path(self.spec.source.image_folder)

    @property
    def small_copies(self) -> Path:
        """The SQLite file of small copies of items' pictures."""
        return self.var / "pictures.sqlite"

    @property
    def published(self) -> Path:
        """The folder of results that anybody may read at any time."""
        return self.var / "published"

    @property
    def report(self) -> Path:
        """The report, one HTML file."""
        return self.published / "report.html"

    @property
    def publication(self) -> Path:
        """The stamp of what is published."""
        return self.published / "stamp.txt"

    @property
    def students(self) -> Path:
        """The folder of trained students, a file a batch."""
        return self.var / "students"

    @property
    def mlflow_store(self) -> Path:
        """MLflow's file, shared by all tasks."""
        return self.var.parent / "mlflow.db"

    @property
    def tracking_uri(self) -> str:
        """MLflow's file as MLflow is told of it."""
        return f"sqlite:///{self.mlflow_store}"

    @property
    def mlflow_artifacts(self) -> Path:
        """Where MLflow keeps this task's artifacts."""
        return self.var.parent / "mlflow-artifacts" / self.name

    @property
    def state(self) -> str:
        """Where what must never be lost is kept, as messages name it."""
        address = self.spec.state.postgres
        return "files" if address is None else named(address, self._schema)

    @property
    def _schema(self) -> str:
        return f"touchstone_state_{self.name}"

    def _state(self, name: str, table: str) -> Place:
        """Return where one state is kept: a file, or its tables in PostgreSQL, ``table`` among them."""
        address = self.spec.state.postgres
        if address is None:
            return SqliteFile(self.var / f"{name}.sqlite")
        return PostgresSchema(address, self._schema, table)

    def path(self, pattern: str) -> Path:
        """Resolve a path of task.yaml: ``{var}`` is the task's var folder, else beside task.yaml."""
        return (self.folder / pattern.replace("{var}", str(self.var))).absolute()


def read_task(folder: Path) -> Task:
    """Read task.yaml in ``folder`` as it stands, and nothing of the task's state.

    Raises
    ------
    TaskError
        If task.yaml is missing or wrong, or a file stands where all that is made is to lie.
    """
    folder = folder.resolve()
    var = var_folder(folder.parents[1])
    if var.exists() and not var.is_dir():
        raise TaskError(
            f"{var} is a file, and what is made is to lie in it as in a folder: move it away, or "
            "name a folder in TOUCHSTONE_VAR"
        )
    return Task(folder, read_spec(folder), var / folder.name)


def load_task(folder: Path) -> Task:
    """Read the task in ``folder``.

    Raises
    ------
    TaskError
        If task.yaml is missing or wrong, or names another task than its folder; or the reviews are
        damaged.
    """
    task = read_task(folder)
    folder = task.folder
    try:
        if write_files(folder, task.reviews):  # which a killed `touchstone classes` left undone
            task = replace(task, spec=read_spec(folder))
    except LabelingError as error:
        raise TaskError(str(error)) from None
    except sqlite3.OperationalError:
        raise  # somebody else has it at the moment
    except sqlite3.DatabaseError as error:
        raise DamagedError(
            f"{task.reviews} is damaged ({error}): it holds what people answered"
            + ("" if task.reviews.file is None else f": {rescue(task.reviews.file)}")
        ) from None
    except OSError as error:
        raise TaskError(
            f"{error.filename} cannot be written ({error.strerror}), and `touchstone classes` has an "
            "edit of it to finish; make it writable"
        ) from None
    if task.name != folder.name:
        raise TaskError(
            f"{folder / 'task.yaml'}: name is {task.name!r} but the folder is {folder.name!r}; "
            "make them the same"
        )
    return task
