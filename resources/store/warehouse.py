"""The store of a task, wherever its tables lie: short connections that wait their turn."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from resources.store.place.held import HeldPlace
from resources.store.place.lake.address import LakeAddress, lake_of
from resources.store.place.lake.holding import Holding, holding
from resources.store.place.lake.opening import OpenLake
from resources.store.place.lake.versions import Version, restore, versions
from resources.store.place.opening import open_place
from resources.store.session import Session
from resources.store.table import Table
from resources.store.tables import EVERY, VIEWS
from resources.task.errors import LostRaceError, NoVersionsError
from resources.task.task import Task


@dataclass(frozen=True)
class Warehouse:
    """Opens the warehouse for one process at a time, so that nobody sees a lock error.

    DuckDB lets one process write, and then nobody else may even read; so every connection, ours
    and dbt's, first takes a lock beside the place. See :mod:`resources.store.place`.

    Parameters
    ----------
    path : str
        The DuckDB file.
    patience_s : float
        How long others are waited for, in seconds.
    lake : LakeAddress, optional
        Where the tables lie instead of in the file.
    """

    path: str
    patience_s: float = 300.0
    lake: LakeAddress | None = None

    @property
    def _place(self) -> HeldPlace:
        return open_place(self.lake or self.path)

    @property
    def _lake(self) -> OpenLake:
        place = self._place
        if not isinstance(place, OpenLake):
            raise NoVersionsError(
                f"{place.name} keeps no earlier version: a lake does. `touchstone move` brings the tables "
                "into one, and what is written from then on can be looked at as it was"
            )
        return place

    @contextmanager
    def turn(self) -> Generator[None]:
        """Wait until nobody has the place open, and hold it without opening it (for dbt).

        Raises
        ------
        TaskError
            After ``patience_s``, naming the place and what to do.
        """
        with self._place.closed(self.patience_s):
            yield

    @contextmanager
    def lock(self) -> Generator[None]:
        """Wait as for a turn, and hold the place whatever state it is in, to move or delete it."""
        with self._place.closed(self.patience_s, usable=False):
            yield

    @contextmanager
    def connect(self) -> Generator[Session]:
        """Yield a session with the lock held. Read or write, then leave: compute outside.

        Every table stands there, with every column, whichever version made the place.
        """
        place = self._place
        with place.cursor(self.patience_s) as connection:
            connection.execute("set timezone = 'UTC'")
            session = Session(connection, place.made)
            session.ensure(*EVERY, *VIEWS)
            yield session

    @contextmanager
    def as_of(self, version: int) -> Generator[Session]:
        """Yield a session that reads everything as it was in a version.

        Raises
        ------
        NoVersionsError
            Where the tables lie in a file.
        """
        with self._lake.past(self.patience_s, version) as connection:
            connection.execute("set timezone = 'UTC'")
            yield Session(connection, set())

    def versions(self) -> list[Version]:
        """List the versions that are kept, the oldest first.

        Raises
        ------
        NoVersionsError
            Where the tables lie in a file.
        """
        with self._lake.cursor(self.patience_s) as connection:
            return versions(connection)

    def holding(self) -> Holding:
        """Tell how much a lake holds.

        Raises
        ------
        NoVersionsError
            Where the tables lie in a file.
        """
        with self._lake.cursor(self.patience_s) as connection:
            return holding(connection)

    def read_a_row_of_each_table(self) -> None:
        """Read where the rows lie: a catalog opens though the files that it names are gone.

        Raises
        ------
        TaskError
            If they cannot be read.
        """
        with self.connect() as session:
            for table in EVERY:
                session.execute(f"from {table.sql_name} limit 1").fetchall()

    def restore(self, version: int, tables: Iterable[Table]) -> list[str]:
        """Let tables hold what they held in a version, all or none; name those that were another.

        Raises
        ------
        NoVersionsError
            Where the tables lie in a file.
        """
        with self._lake.cursor(self.patience_s) as connection:
            return restore(connection, version, [table.sql_name for table in tables])

    def close(self) -> None:
        """Give the place to others at once, and not only when they ask for it."""
        self._place.close()

    def read(self, name: str, /, **parameters: object) -> pa.Table:
        """Return all rows of one query."""
        with self.connect() as session:
            return session.read(name, **parameters)

    def ask(self, sql: str, given: Any = None) -> pa.Table:
        """Return all rows of SQL of one's own, for tests and for looking; the project asks by name."""
        with self.connect() as session:
            return session.execute(sql, given).to_arrow_table()

    def rows(self, name: str, /, **parameters: object) -> list[dict[str, Any]]:
        """Return all rows of one query with a small answer, by the names of their columns."""
        return self.read(name, **parameters).to_pylist()

    def column(self, name: str, /, **parameters: object) -> list[Any]:
        """Return the first column of all rows of one query."""
        with self.connect() as session:
            return session.column(name, **parameters)

    def tuples(self, name: str, /, **parameters: object) -> list[tuple[Any, ...]]:
        """Return all rows of one query, each as a tuple."""
        with self.connect() as session:
            return session.tuples(name, **parameters)

    def value(self, name: str, /, **parameters: object) -> Any:
        """Return the first column of the first row of one query; ``None`` where there is none."""
        with self.connect() as session:
            return session.value(name, **parameters)

    def read_through(self) -> None:
        """Read every value of every table, so that damage shows."""
        with self.connect() as session:
            session.read_through()

    def replace(self, written: Mapping[Table, pa.Table], **where: object) -> None:
        """Write tables anew, or only the rows that :meth:`Session.delete` would find, all or none."""
        try:
            self._replace(written, where)
        except LostRaceError:  # what is written does not hang on what stood there
            self._replace(written, where)

    def _replace(self, written: Mapping[Table, pa.Table], where: Mapping[str, object]) -> None:
        batch = where.get("batch", "")
        wrote = f"{', '.join(table.sql_name for table in written)} {batch}".rstrip()
        with self.connect() as session, session.transaction():
            self._place.note(session.db, wrote)
            for table, rows in written.items():
                session.delete(table, **where)
                session.insert(table, rows)

    def replace_batch(self, table: Table, batch: str, rows: pa.Table) -> int:
        """Replace what ``table`` holds of ``batch``.

        Returns
        -------
        int
            Number of rows written. Written again, the table is the same.
        """
        self.replace({table: rows}, batch=batch)
        return rows.num_rows


def warehouse_of(task: Task, patience_s: float = 300.0) -> Warehouse:
    """Return the store of a task; it waits ``patience_s`` seconds for others to leave it."""
    return Warehouse(path=str(task.warehouse), patience_s=patience_s, lake=lake_of(task))
