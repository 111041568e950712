"""Dagster's event log in SQLite, with one connection a file."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SQLITE_BUSY_TIMEOUT_SECONDS,
    SqliteEventLogStorage,
    create_db_conn_string,
)
from dagster._serdes.config_class import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, StaticPool

MOST_RUNS = 2
"""Files of runs that are kept open beside the index: a run writes to one at a time."""


class EventLog(SqliteEventLogStorage):
    """Dagster's own storage, file for file, that does not open a file for each statement.

    A batch writes some hundred events, each in up to five statements; with Dagster's own class four
    fifths of the time goes into engines and connections that serve one statement, and into waiting
    for the disk. ``dagster.yaml`` names this class.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._blank: bytes | None = None
        super().__init__(base_dir, inst_data)
        self.has_table = cache(self.has_table)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "EventLog":
        """Build it from ``dagster.yaml``."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Generator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            with engine.connect() as connection, connection.begin():
                file: Any = connection.connection.dbapi_connection
                before = file.total_changes
                yield connection
            if file.total_changes != before:
                # who watches a run waits for its file to change, which SQLite leaves until it closes
                os.utime(self.path_for_shard(shard))

    def _engine(self, shard: str) -> Engine:
        address = self.conn_string_for_shard(shard)
        timeout = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
        if shard not in self._initialized_dbs:
            if not self._copied(Path(self.path_for_shard(shard))):
                self._initdb(create_engine(address, poolclass=NullPool, connect_args=timeout))
            self._initialized_dbs.add(shard)
        engine = self._engines.pop(shard, None)
        if engine is None:
            runs = [name for name in self._engines if name != INDEX_SHARD_NAME]
            for name in runs[: max(0, len(runs) + 1 - MOST_RUNS)]:
                self._engines.pop(name).dispose()
            shared = {**timeout, "check_same_thread": False}  # one thread at a time: _db_lock
            engine = create_engine(address, poolclass=StaticPool, connect_args=shared)
            event.listen(engine, "connect", _prepare)
        self._engines[shard] = engine  # the one used last stands last
        return engine

    def _copied(self, path: Path) -> bool:
        """Make the file of a run out of the first one's, which took Dagster 0.1 s and 40 statements."""
        if path.exists():
            return False
        if self._blank is None:
            with TemporaryDirectory(dir=self._base_dir) as folder:
                address = create_db_conn_string(folder, "blank")
                self._initdb(create_engine(address, poolclass=NullPool))
                self._blank = (Path(folder) / "blank.db").read_bytes()
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        unfinished.write_bytes(self._blank)
        try:
            os.link(unfinished, path)  # unlike a move, it leaves alone what another process made
        except OSError:
            return False
        finally:
            unfinished.unlink()
        return True

    def wipe(self) -> None:
        """Delete everything."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close all files."""
        super().dispose()
        self._close()

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _prepare(connection: Any, record: object) -> None:
    """Let commits survive the process, as they must, and leave power cuts to the next checkpoint."""
    del record
    connection.execute("pragma synchronous = normal")
