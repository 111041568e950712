"""A schema of PostgreSQL as an end of a move: one transaction over the tables of all states."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from labeling.state.line import PostgresConnection
from labeling.state.moving.kept import CHUNK, MADE_HERE, NotMovedError, Rows, State, Table
from labeling.state.postgres import MADE, MOVED, PostgresSchema

LOOK_S = 0.1
"""How often it is looked whether others have let go, in seconds."""

SIGN = "move"
"""Under which a schema keeps, among the versions, which move filled it."""

OTHERS = """
select count(*) from pg_stat_activity where application_name = ?
    and datname = current_database() and pid <> pg_backend_pid()
"""

IDENTITY = """
select column_name from information_schema.columns
where table_schema = ? and table_name = ? and is_identity = 'YES'
"""


class Schema:
    """The tables of states in a schema, locked in one transaction of one line.

    Parameters
    ----------
    place : PostgresSchema
    line : PostgresConnection
        In a transaction.
    """

    def __init__(self, place: PostgresSchema, line: PostgresConnection) -> None:
        self._place, self._line = place, line

    def rows(self, state: State, table: Table) -> Iterator[Rows]:  # noqa: ARG002
        """See :class:`labeling.state.moving.kept.End`."""
        if not self._place.has(table.name, self._line):
            return
        number = self._numbered(table)
        order = f" order by {number}" if number else ""
        self._line.execute(
            f"declare moving no scroll cursor for select {table.named} from {table.name}{order}"  # noqa: S608
        )
        while chunk := [tuple(row) for row in self._line.execute(f"fetch {CHUNK} from moving")]:
            yield chunk
        self._line.execute("close moving")

    def kept(self, rows: Rows) -> Rows:
        """See :class:`labeling.state.moving.kept.End`."""
        return [self._line.kept(row) for row in rows]

    def add(self, state: State, table: Table, rows: Rows) -> None:  # noqa: ARG002
        """See :class:`labeling.state.moving.kept.End`."""
        self._line.copy(f"{table.name} ({table.named})", rows)

    def last(self, state: State, table: Table) -> int:  # noqa: ARG002
        """See :class:`labeling.state.moving.kept.End`."""
        number = self._numbered(table)
        if number not in table.columns:
            return 0
        (most,) = self._line.execute(
            f"select coalesce(max({number}), 0) from {table.name}"  # noqa: S608
        ).fetchone()
        (sequence,) = self._line.execute(
            "select pg_get_serial_sequence(?, ?)", (table.name, number)
        ).fetchone()
        said = f"select last_value, is_called from {sequence}"  # noqa: S608
        given, called = self._line.execute(said).fetchone()
        return max(most, given if called else given - 1)

    def go_on_from(self, state: State, table: Table, last: int) -> None:  # noqa: ARG002
        """See :class:`labeling.state.moving.kept.End`."""
        if last:
            self._line.execute(
                "select setval(pg_get_serial_sequence(?, ?), ?)",
                (table.name, self._numbered(table), last),
            )

    def version(self, state: State) -> int:
        """See :class:`labeling.state.moving.kept.End`."""
        return state.place.version(self._line) if self._place.has("versions", self._line) else 0

    def keep_version(self, state: State, number: int) -> None:
        """See :class:`labeling.state.moving.kept.End`."""
        state.place.keep_version(self._line, number)

    def arrive(self, states: Sequence[State], token: int) -> None:
        """Count what triggers did not, sign with the token of the move, and commit."""
        for state in states:
            if state.counted:
                self._line.execute(state.counted)
                _let_triggers(self._line, state, "enable")
        self._line.execute(
            "insert into versions values (?, ?) on conflict (of) do update set version = excluded.version",
            (SIGN, token),
        )
        self._line.execute("commit")

    def put_aside(self, named: str, to: str) -> None:
        """Rename the schema, and let whoever looks for it be told ``to`` where its rows are now.

        It is so once :meth:`commit` returns.
        """
        old = self._place.schema
        self._line.execute(f'alter schema "{old}" rename to "{named}"')
        self._line.execute(f'create schema "{old}"')
        self._line.execute(f'create table "{old}".{MOVED} (said text not null)')
        self._line.execute(f'insert into "{old}".{MOVED} values (?)', (to,))  # noqa: S608

    def commit(self) -> None:
        """End the transaction."""
        self._line.execute("commit")

    def _numbered(self, table: Table) -> str | None:
        found = self._line.execute(IDENTITY, (self._place.schema, table.name)).fetchone()
        return None if found is None else str(found[0])


@contextmanager
def old_schema(states: Sequence[State], patience_s: float) -> Generator[Schema]:
    """Hold the tables of states, so that nobody else writes to them.

    Raises
    ------
    NotMovedError
        If the schema holds tables of a newer version, or others have lines to it for ``patience_s`` seconds.
    """
    place = _place(states)
    with closing(place.line()) as line:
        _wait_until_alone(place, line, patience_s)
        line.execute("begin immediate")
        present = set(_tables(place, line))
        _refuse_unknown(place, present, states)
        _lock(line, [t.name for state in states for t in state.tables() if t.name in present])
        yield Schema(place, line)
        if line.in_transaction:
            line.execute("rollback")


@contextmanager
def new_schema(states: Sequence[State]) -> Generator[Schema]:
    """Make the tables of states where they are not there, and hold them.

    Raises
    ------
    NotMovedError
        If there are rows in them.
    """
    place = _place(states)
    _forget_that_it_moved(place)
    for state in states:
        state.make()
    tables = [table.name for state in states for table in state.tables()]
    with closing(place.line()) as line:
        _refuse_rows(place, line, tables)  # it may be the old place, by another name: locked
        line.execute("begin immediate")
        _lock(line, tables)
        _refuse_rows(place, line, tables)
        for state in states:
            if state.counted:
                _let_triggers(line, state, "disable")
        yield Schema(place, line)
        if line.in_transaction:
            line.execute("rollback")


def signed(states: Sequence[State], token: int) -> bool:
    """Whether the move of this token filled the schema."""
    place = _place(states)
    with closing(place.line()) as line:
        if not place.has("versions", line):
            return False
        found = line.execute("select version from versions where of = ?", (SIGN,)).fetchone()
        return found is not None and int(found[0]) == token


def moved(states: Sequence[State]) -> bool:
    """Whether the schema says that its rows are elsewhere."""
    place = _place(states)
    with closing(place.line()) as line:
        return place.has(MOVED, line)


def remove(states: Sequence[State]) -> None:
    """Drop the schema."""
    place = _place(states)
    with closing(place.line()) as line:
        line.execute(f'drop schema if exists "{place.schema}" cascade')


def free_name(states: Sequence[State], beginning: str) -> str:
    """Return the first of ``beginning``, ``beginning_2``, ... that no schema has."""
    place = _place(states)
    with closing(place.line()) as line:
        taken = {row[0] for row in line.execute("select nspname from pg_namespace")}
    number, name = 1, beginning
    while name in taken:
        number += 1
        name = f"{beginning}_{number}"
    return name


def _place(states: Sequence[State]) -> PostgresSchema:
    place = states[0].place
    if not isinstance(place, PostgresSchema):
        raise TypeError(f"{place} is no schema")
    return place


def _forget_that_it_moved(place: PostgresSchema) -> None:
    with closing(place.line()) as line:
        if place.has(MOVED, line):
            line.execute(f'drop table "{place.schema}".{MOVED}')


def _wait_until_alone(place: PostgresSchema, line: PostgresConnection, patience_s: float) -> None:
    until = time.monotonic() + patience_s
    while others := line.execute(OTHERS, (place.schema,)).fetchone()[0]:
        if time.monotonic() > until:
            raise NotMovedError(
                f"{place} is in use by {others} other{'s' * (others > 1)}: end the consoles and runs that "
                "work on the task, on every machine, and move it then"
            )
        time.sleep(LOOK_S)


def _tables(place: PostgresSchema, line: PostgresConnection) -> Iterator[str]:
    found: Iterator[Any] = iter(
        line.execute("select tablename from pg_tables where schemaname = ?", (place.schema,))
    )
    return (str(row[0]) for row in found)


def _refuse_unknown(place: PostgresSchema, present: set[str], states: Sequence[State]) -> None:
    """Refuse tables that a newer version added: they would be left behind."""
    known = {table.name for state in states for table in state.tables()}
    for script in (MADE, *(state.more for state in states)):
        known.update(MADE_HERE.findall(script))
    if strange := sorted(present - known):
        raise NotMovedError(
            f"{place} holds the table {strange[0]}, which this version of Touchstone does not know and "
            "would leave behind; move the task with the version that made it"
        )


def _refuse_rows(place: PostgresSchema, line: PostgresConnection, tables: Sequence[str]) -> None:
    for table in tables:
        if line.execute(f"select 1 from {table} limit 1").fetchone():  # noqa: S608
            raise NotMovedError(
                f"{place} is not empty: its table {table} holds rows, which nothing is added to; "
                "name another database, or drop that schema if nobody needs it"
            )


def _lock(line: PostgresConnection, tables: Sequence[str]) -> None:
    if tables:
        line.execute(f"lock table {', '.join(tables)} in share row exclusive mode")


def _let_triggers(line: PostgresConnection, state: State, word: str) -> None:
    for table in state.tables():
        line.execute(f"alter table {table.name} {word} trigger user")
