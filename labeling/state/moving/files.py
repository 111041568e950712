"""Files of SQLite as an end of a move: old ones that nobody else has open, new ones beside their names."""

import itertools
import os
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from labeling.files.sqlite import TABLES
from labeling.state.connection import Connection
from labeling.state.moving.kept import CHUNK, NotMovedError, Rows, State, Table
from labeling.state.place import SqliteFile

ARRIVING = ".arriving"
"""Ends the name of a file while rows come into it."""

SIDE_FILES = ("-wal", "-shm", "-journal")


class Files:
    """Files of states, each with a transaction that nobody else writes beside.

    Parameters
    ----------
    lines : dict of Path to Connection
        By the file that a state is or will be; a state without one has no rows.
    """

    def __init__(self, lines: dict[Path, Connection]) -> None:
        self._lines = lines
        self._filled: set[Path] = set()

    def rows(self, state: State, table: Table) -> Iterator[Rows]:
        """See :class:`labeling.state.moving.kept.End`."""
        line = self._line(state)
        if line is None:
            return
        order = "" if _without_rowid(line, table.name) else " order by rowid"
        found = iter(line.execute(f"select {table.named} from {table.name}{order}"))  # noqa: S608
        while chunk := [tuple(row) for row in itertools.islice(found, CHUNK)]:
            yield chunk

    def kept(self, rows: Rows) -> Rows:
        """See :class:`labeling.state.moving.kept.End`."""
        return rows

    def add(self, state: State, table: Table, rows: Rows) -> None:
        """See :class:`labeling.state.moving.kept.End`."""
        marks = ", ".join("?" * len(table.columns))
        path = _file(state)
        self._lines[path].executemany(
            f"insert into {table.name} ({table.named}) values ({marks})",  # noqa: S608
            rows,
        )
        self._filled.add(path)

    def last(self, state: State, table: Table) -> int:
        """See :class:`labeling.state.moving.kept.End`."""
        line = self._line(state)
        number = None if line is None else _numbered(line, table.name)
        if line is None or number is None:
            return 0
        (most,) = line.execute(f"select coalesce(max({number}), 0) from {table.name}").fetchone()  # noqa: S608
        if not _remembers(line, table.name):
            return int(most)
        given = line.execute("select seq from sqlite_sequence where name = ?", (table.name,))
        return max(int(most), *(int(row[0]) for row in given), 0)

    def go_on_from(self, state: State, table: Table, last: int) -> None:
        """See :class:`labeling.state.moving.kept.End`; a table that remembers nothing goes on from its rows."""
        line = self._lines[_file(state)]
        if last and _remembers(line, table.name):
            line.execute("delete from sqlite_sequence where name = ?", (table.name,))
            line.execute("insert into sqlite_sequence values (?, ?)", (table.name, last))
            self._filled.add(_file(state))

    def version(self, state: State) -> int:
        """See :class:`labeling.state.moving.kept.End`."""
        line = self._line(state)
        return 0 if line is None else state.place.version(line)

    def keep_version(self, state: State, number: int) -> None:
        """See :class:`labeling.state.moving.kept.End`."""
        if number:
            state.place.keep_version(self._lines[_file(state)], number)
            self._filled.add(_file(state))

    def sign(self, token: int) -> None:
        """Write into each file which move made it."""
        for line in self._lines.values():
            line.execute(f"pragma application_id = {token:d}")

    def arrive(self) -> None:
        """Commit, and give the files their names; those that nothing came into are not made."""
        for path, line in self._lines.items():
            line.execute("commit")
            line.close()
            beside = _beside(path)
            if path in self._filled:
                _to_disk(beside)
                beside.replace(path)
            else:
                beside.unlink()
        for folder in {path.parent for path in self._filled}:
            _to_disk(folder)

    def _line(self, state: State) -> Connection | None:
        return self._lines.get(_file(state))


@contextmanager
def old_files(states: Sequence[State], patience_s: float) -> Generator[Files]:
    """Hold the files of states, so that nobody else has them open or writes to them.

    A file is taken out of WAL mode, which SQLite does only where it is open nowhere else, and stands
    alone then. Whoever waits for one that is put away meanwhile is refused by SQLite.

    Raises
    ------
    NotMovedError
        If a file is of a newer version, or another process has it open for ``patience_s`` seconds.
    """
    with ExitStack() as held:
        lines: dict[Path, Connection] = {}
        for state in states:
            path = _file(state)
            if not path.exists():
                continue
            line = held.enter_context(
                closing(sqlite3.connect(path, timeout=patience_s, isolation_level=None))
            )
            try:
                line.execute("pragma journal_mode = delete")
                line.execute("begin immediate")
            except sqlite3.OperationalError as error:
                raise NotMovedError(
                    f"{path} is in use ({error}): end the consoles and commands that work on the task, "
                    "and move it then"
                ) from None
            _refuse_unknown(path, line, state)
            lines[path] = line
        yield Files(lines)


@contextmanager
def new_files(states: Sequence[State]) -> Generator[Files]:
    """Make files beside the names of states, to be named so by :meth:`Files.arrive`."""
    with ExitStack() as held:
        lines: dict[Path, Connection] = {}
        for state in states:
            path = _file(state)
            remove(_beside(path))
            line = held.enter_context(closing(SqliteFile(_beside(path)).open(state.schema)))
            line.execute("begin immediate")
            lines[path] = line
        yield Files(lines)


def signed(states: Sequence[State], token: int) -> list[Path]:
    """Return the files that the move of this token made."""
    return [path for state in states if (path := _file(state)).exists() and _sign(path) == token]


def put_aside(states: Sequence[State], folder: Path) -> None:
    """Bring the files of states into a folder, side files too; what is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in map(_file, states):
        for name in (*(f"{path.name}{end}" for end in SIDE_FILES), path.name):
            if (found := path.with_name(name)).exists():
                found.replace(folder / name)
    for one in (folder, folder.parent):
        _to_disk(one)


def remove(path: Path) -> None:
    """Delete a file of SQLite and what stands beside it; nothing where it is not there."""
    for end in (*SIDE_FILES, ""):
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)


def remove_unfinished(states: Sequence[State]) -> None:
    """Delete the files that a move which was killed was filling."""
    for state in states:
        remove(_beside(_file(state)))


def _file(state: State) -> Path:
    path = state.place.file
    if path is None:
        raise TypeError(f"{state.place} is no file")
    return path


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ARRIVING)


def _sign(path: Path) -> int:
    with closing(sqlite3.connect(path)) as line:
        return int(line.execute("pragma application_id").fetchone()[0])


def _refuse_unknown(path: Path, line: Connection, state: State) -> None:
    """Refuse what a newer version may have added: it would be left behind."""
    today = {table.name: set(table.columns) for table in state.tables()}
    for (name,) in line.execute(TABLES).fetchall():
        found = {row[1] for row in line.execute(f"pragma table_info({name})")}
        strange = sorted(found - today.get(name, set()))
        if strange and line.execute(f"select 1 from {name} limit 1").fetchone():  # noqa: S608
            raise NotMovedError(
                f"{path}: table {name} holds {', '.join(strange)}, which this version of Touchstone does "
                "not know and would leave behind; move the task with the version that wrote it"
            )


def _without_rowid(line: Connection, table: str) -> bool:
    (wr,) = line.execute("select wr from pragma_table_list where name = ?", (table,)).fetchone()
    return bool(wr)


def _numbered(line: Connection, table: str) -> str | None:
    """Return the column by which SQLite numbers rows."""
    if _without_rowid(line, table):
        return None
    keys = [
        (row[1], row[2].lower()) for row in line.execute(f"pragma table_info({table})") if row[5]
    ]
    return keys[0][0] if [kind for _, kind in keys] == ["integer"] else None


def _remembers(line: Connection, table: str) -> bool:
    (sql,) = line.execute("select sql from sqlite_schema where name = ?", (table,)).fetchone()
    return "autoincrement" in sql.lower()


def _to_disk(path: Path) -> None:
    there = os.open(path, os.O_RDONLY)
    try:
        os.fsync(there)
    finally:
        os.close(there)
