"""One DuckDB file, opened."""

from pathlib import Path

import duckdb

from resources.store.place.held import HELD, HeldPlace
from resources.store.place.turnstile import FileTurnstile
from resources.task.errors import DamagedError, TaskError


class OpenFile(HeldPlace):
    """A DuckDB file, with its locks beside it.

    Parameters
    ----------
    path : Path
        Absolute; made by the first use.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), FileTurnstile(path))
        self.path = path

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            return duckdb.connect(str(self.path))
        except duckdb.IOException as error:
            if HELD.search(str(error)):
                raise
            raise self._unreadable(error) from None

    def _shut(self, database: duckdb.DuckDBPyConnection) -> None:
        database.close()

    def _enter(self, connection: duckdb.DuckDBPyConnection) -> None:
        pass

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _told(self, error: duckdb.Error) -> TaskError | None:
        if isinstance(error, duckdb.FatalException) or (
            isinstance(error, duckdb.IOException) and "Corrupt database" in str(error)
        ):
            return self._unreadable(error)
        return None

    def _unreadable(self, error: duckdb.Error) -> DamagedError:
        fault = str(error).partition("\n")[0].rstrip("!.")
        return DamagedError(
            f"{self.path} cannot be read: {fault}. If it is damaged, `touchstone reset "
            f"{self.path.parent.name}` begins it anew; reviews and model answers stand elsewhere"
        )
