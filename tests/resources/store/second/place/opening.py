"""A folder of Parquet files read into memory, and written anew, whole, where anything changed.

Each change is a folder of its own; ``newest`` names the one that counts, so a process that is
killed leaves the one before. What was read is kept until another process writes.
"""

import shutil
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from resources.task.errors import TaskError

TABLES = "select schema_name, table_name from duckdb_tables() where not temporary order by all"


class Folder:
    def __init__(self, path: Path) -> None:
        self.file, self.folder = path, path.with_suffix(".parquet")
        self.made: set[str] = set()
        self._kept: tuple[str | None, duckdb.DuckDBPyConnection, list] | None = None
        self._mine, self._lock = threading.RLock(), FileLock(f"{path}.lock", thread_local=False)

    @contextmanager
    def cursor(self, patience_s):
        with self._turn(patience_s):
            db, before = self._opened()
            try:
                with db.cursor() as connection:
                    connection.execute("use warehouse")
                    yield connection
            except BaseException:
                self._let_go()
                raise
            after = self._state(db)
            if after != before:
                self._save(db)
            self._kept = (self._newest(), db, after)

    def _opened(self):
        if self._kept is None or self._kept[0] != self._newest():
            self._let_go()
            db = duckdb.connect()
            self._kept = (self._newest(), db, self._load(db))
        return self._kept[1:]

    def _let_go(self):
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None

    def _newest(self):
        newest = self.folder / "newest"
        return newest.read_text() if newest.is_file() else None

    @contextmanager
    def closed(self, patience_s, *, usable=True):
        with self._turn(patience_s):
            self._let_go()
            if not usable:
                yield self.file
                return
            with duckdb.connect() as db:
                self._load(db, self.file)
            try:
                yield self.file
                with duckdb.connect() as db:
                    db.execute(f"attach '{self.file}' as warehouse")
                    db.execute("use warehouse")
                    self._save(db)
            finally:
                self.file.unlink(missing_ok=True)

    def close(self, patience_s=1.0):
        with self._turn(patience_s):
            self._let_go()

    @contextmanager
    def _turn(self, patience_s):
        self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._mine, self._lock.acquire(timeout=patience_s):
                yield
        except Timeout:
            raise TaskError(f"{self.folder} is in use by another process") from None

    def _load(self, db, file=":memory:"):
        db.execute(f"attach '{file}' as warehouse")
        db.execute("use warehouse")
        if newest := self._newest():
            db.execute(f"import database '{self.folder / newest}'")
        self.made.clear()
        return self._state(db)

    def _state(self, db):
        return [
            (
                schema,
                name,
                db.execute(
                    f'select count(*), bit_xor(hash(t)) from warehouse."{schema}"."{name}" t'
                ).fetchone(),
            )
            for schema, name in db.execute(TABLES).fetchall()
        ]

    def _save(self, db):
        self.folder.mkdir(exist_ok=True)
        newest, before = self.folder / "newest", self._newest() or "0"
        now = str(int(before) + 1)
        shutil.rmtree(self.folder / now, ignore_errors=True)
        db.execute(f"export database '{self.folder / now}' (format parquet)")
        (self.folder / "newest.new").write_text(now)
        (self.folder / "newest.new").replace(newest)
        shutil.rmtree(self.folder / before, ignore_errors=True)


@cache
def open_place(path: str) -> Folder:
    return Folder(Path(path).absolute())
