"""One lake, opened: attached to a DuckDB in memory that this process keeps, with its extensions loaded."""

import re
from collections.abc import Generator
from contextlib import contextmanager

import duckdb

from resources.store.place.held import HeldPlace
from resources.store.place.lake.address import LakeAddress
from resources.store.place.lake.advisory import AdvisoryTurnstile
from resources.store.place.lake.attaching import ALIAS, attach, cut_off, unreadable
from resources.store.place.lake.extensions import OFFLINE
from resources.store.place.lake.versions import note
from resources.store.place.turnstile import FileTurnstile
from resources.task.errors import LostRaceError, TaskError

CUT = re.compile(
    r"Unable to connect to Postgres|server closed the connection|terminating connection|no connection to"
    r" the server|connection (?:refused|reset|to server .* failed)|SSL connection has been closed|could not"
    r" receive data from server|could not send data to server|Failed to execute query \"ROLLBACK\"",
    re.IGNORECASE,
)
"""What PostgreSQL's library says of a line that was cut; of a commit DuckDB tells the rollback alone."""


class OpenLake(HeldPlace):
    """A lake with one committer at a time: DuckLake lets two write one batch twice.

    A file of a catalog has its locks beside it, as the tables' file would; PostgreSQL keeps them itself.
    """

    def __init__(self, lake: LakeAddress) -> None:
        turnstile = AdvisoryTurnstile(lake) if lake.file is None else FileTurnstile(lake.file)
        super().__init__(lake.catalog_of_task, turnstile)
        self.lake = lake
        self._memory: duckdb.DuckDBPyConnection | None = None

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._memory is None:  # loading the extensions takes twenty times as long as attaching
            self._memory = duckdb.connect(config=dict(OFFLINE))
        attach(self._memory, self.lake)
        return self._memory

    def _shut(self, database: duckdb.DuckDBPyConnection) -> None:
        try:
            database.execute(f"detach {ALIAS}")
        except duckdb.Error:  # after a fault that DuckDB does not survive
            self._memory = None
            database.close()

    def _identity(self) -> tuple[int, int] | None:
        if self.lake.file is None or not self.lake.file.exists():
            return None
        found = self.lake.file.stat()
        return found.st_dev, found.st_ino

    def _enter(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"use {ALIAS}")

    def note(self, connection: duckdb.DuckDBPyConnection, wrote: str) -> None:
        """See :class:`~resources.store.protocol.Place`."""
        note(connection, wrote)

    @contextmanager
    def past(self, patience_s: float, version: int) -> Generator[duckdb.DuckDBPyConnection]:
        """Give a connection to the lake as it was in a version; nothing can be written.

        Raises
        ------
        TaskError
            As for :meth:`cursor`.
        """
        with self.closed(patience_s), duckdb.connect(config=dict(OFFLINE)) as database:
            attach(database, self.lake, version)
            self._enter(database)
            yield database

    def _told(self, error: duckdb.Error) -> TaskError | None:
        said = str(error)
        if self.lake.file is None and CUT.search(said):
            return cut_off(self.lake, said)
        if self.lake.folder is None and isinstance(error, duckdb.HTTPException):
            return TaskError(
                f"{self.lake.data}: the lake's data cannot be read or written ({said.splitlines()[0]}); see "
                "that the bucket stands and AWS_ACCESS_KEY_ID may use it, then give the command again: "
                "what was finished stands"
            )
        if "Transaction conflict" in said:
            return LostRaceError(
                f"{self.name}: another program wrote to the tables of this task at the same time; nothing "
                "of ours was written: let it only read, and give the command again"
            )
        if isinstance(error, duckdb.IOException) and self.lake.data in said:
            return unreadable(self.lake, error)
        if isinstance(error, duckdb.FatalException) or "Corrupt database" in said:
            return unreadable(self.lake, error)
        return None
