"""A line to PostgreSQL that is spoken to as one to SQLite."""

import hashlib
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from labeling.errors import LabelingError
from labeling.state import dialect
from labeling.state.connection import Cursor, Parameters
from labeling.state.faults import as_known, gone

if TYPE_CHECKING:
    import psycopg

WAIT_S = 60
"""How long a writer waits its turn before it gives up, in seconds."""

SILENT_S = 30
"""After how long a line without a word is tried, in seconds; a machine that is gone lets go soon."""

SETTINGS = (
    f"lock_timeout={WAIT_S}s", "client_min_messages=warning",
    f"tcp_keepalives_idle={SILENT_S}", "tcp_keepalives_interval=5", "tcp_keepalives_count=3",
    # rows are looked up by index, as SQLite does: of tables that PostgreSQL has not counted yet it
    # thinks them empty, and reads all of one for each row of the other
    "enable_seqscan=off", "enable_hashjoin=off", "enable_mergejoin=off", "jit=off",
)  # fmt: skip
"""How each line is set."""

NUL = "\N{SYMBOL FOR NULL}"
"""What stands for U+0000, which no text of PostgreSQL may hold."""


def lock_number(*of: str) -> int:
    """Return a number of 32 bits for a lock, the same on every machine."""
    return int.from_bytes(hashlib.sha256("\n".join(of).encode()).digest()[:4], signed=True)


class Row(tuple[Any, ...]):
    """One row, by position or by name, as :class:`sqlite3.Row`.

    Examples
    --------
    >>> row = Row.of({"a": 0, "b": 1}, (1, 2))
    >>> row["b"], row[0], dict(row), list(row)
    (2, 1, {'a': 1, 'b': 2}, [1, 2])
    """

    at: Mapping[str, int]

    @classmethod
    def of(cls, at: Mapping[str, int], values: Sequence[Any]) -> "Row":
        """Name the values of a row."""
        row = cls(values)
        row.at = at
        return row

    def keys(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.at)

    def __getitem__(self, column: Any) -> Any:
        return super().__getitem__(self.at[column] if isinstance(column, str) else column)


class PostgresConnection:
    """A line to the state of a task; :class:`labeling.state.place.Connection` says what it does.

    A line that was cut is laid anew by the next statement outside of a transaction.

    Parameters
    ----------
    conninfo : str
        As libpq takes it.
    schema : str
        Whose tables are meant by their bare names.
    name : str
        What messages call it.
    writers : str
        Who takes turns in writing: states that share a schema do not wait for each other.

    Raises
    ------
    LabelingError
        If psycopg is not installed, or the user may not do what is asked.
    StateGoneError
        If PostgreSQL does not answer.
    """

    def __init__(self, conninfo: str, schema: str, name: str, writers: str) -> None:
        self._conninfo, self._schema, self._name = conninfo, schema, name
        self._writers = lock_number(schema, "writer", writers)
        self._held: list[tuple[int, int]] = []
        self._begun = False
        self.turn = threading.RLock()
        self._line = self._connect()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._begun if self._line.closed else self._line.info.transaction_status != 0

    @property
    def cut(self) -> bool:
        """Whether the line is down."""
        return self._line.closed

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Run one statement.

        Raises
        ------
        sqlite3.Error
            Of the kind that SQLite would raise.
        StateGoneError
            If PostgreSQL does not answer.
        """
        with self.turn, self._faults():
            word = sql.strip().lower()
            if self._line.closed:
                if self._begun:
                    return self._end_cut(word)
                self._line = self._connect()
            if word.startswith("begin"):
                return self._begin(word)
            if word in ("commit", "rollback"):
                self._begun = False
            return self._line.execute(dialect.query(sql), _plain(parameters))  # pyright: ignore[reportArgumentType]

    def executemany(self, sql: str, rows: Iterable[Parameters], /) -> None:
        """Run one statement with each of ``rows``; it is planned once, and its replies are not waited for singly."""
        import psycopg

        with self.turn, self._faults(), psycopg.Cursor(self._line) as cursor:
            cursor.executemany(dialect.query(sql), [_plain(row) for row in rows])  # pyright: ignore[reportArgumentType]

    def copy(self, into: str, rows: Iterable[Sequence[Any]]) -> None:
        """Put rows into a table at once; ``into`` names it and its columns."""
        said: Any = f"copy {into} from stdin"
        with self.turn, self._faults(), self._line.cursor().copy(said) as copy:
            for row in rows:
                copy.write_row(row)

    @staticmethod
    def kept(row: Sequence[Any]) -> tuple[Any, ...]:
        """Return a row as PostgreSQL will give it back."""
        return tuple(_value(value) for value in row)

    def execute_own(self, sql: str) -> None:
        """Run statements that are PostgreSQL's own, as they stand."""
        with self.turn, self._faults():
            self._line.execute(sql)  # pyright: ignore[reportArgumentType, reportCallIssue]

    def hold(self, kind: int, number: int) -> None:
        """Take a lock that ends with this line, and is taken again where the line is laid anew."""
        self.execute("select pg_advisory_lock(?, ?)", (kind, number))
        self._held.append((kind, number))

    def let_go(self, kind: int, number: int) -> None:
        """Give a lock back."""
        self._held.remove((kind, number))
        self.execute("select pg_advisory_unlock(?, ?)", (kind, number))

    def close(self) -> None:
        """End the line."""
        self._line.close()

    def _begin(self, word: str) -> Cursor:
        import psycopg

        writes = word == "begin immediate"
        begin = "begin" if writes else "begin isolation level repeatable read"
        try:
            begun = self._line.execute(begin)
        except psycopg.OperationalError:
            if not self._line.closed:
                raise
            self._line = self._connect()  # it was cut while nobody spoke
            begun = self._line.execute(begin)
        if writes:
            try:
                begun = self._line.execute("select pg_advisory_xact_lock(%s, 0)", (self._writers,))
            except BaseException:
                if not self._line.closed:
                    self._line.execute("rollback")
                raise
        self._begun = True
        return begun

    def _end_cut(self, word: str) -> Cursor:
        """End a transaction whose line is down: nothing of it was kept, and nothing more of it is done."""
        import psycopg

        if word != "rollback":
            raise gone(self._name, psycopg.OperationalError("the line was cut before the commit"))
        self._begun = False
        return psycopg.ClientCursor(self._line)

    def _connect(self) -> "psycopg.Connection[Any]":
        try:
            import psycopg
        except ImportError:
            raise LabelingError(
                f"state.postgres: {self._name} needs psycopg; "
                "install it with `pip install 'touchstone[postgres]'`"
            ) from None
        from psycopg.types import numeric

        try:
            line = psycopg.connect(
                self._conninfo, autocommit=True, cursor_factory=_cursor(),
                row_factory=_rows,  # pyright: ignore[reportArgumentType]
                options=" ".join(
                    f"-c {said}"
                    for said in (
                        f'search_path="{self._schema}"', f"application_name={self._schema}", *SETTINGS
                    )
                ),
            )  # fmt: skip
        except psycopg.Error as error:
            raise gone(self._name, error) from None
        for lock in self._held:
            line.execute("select pg_advisory_lock(%s, %s)", lock)
        # sums of whole numbers are of a type without an end
        line.adapters.register_loader("numeric", _number_loader(numeric.FloatLoader))
        return line

    @contextmanager
    def _faults(self) -> Generator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            if self._line.closed:
                raise gone(self._name, error) from None
            raise as_known(self._name, error, WAIT_S) from error


@cache
def _cursor() -> "type[psycopg.ClientCursor[Any]]":
    """Return cursors that have no rows where a statement brings none, as those of SQLite."""
    import psycopg

    class Cursor(psycopg.ClientCursor[Any]):
        def fetchall(self) -> list[Any]:
            return super().fetchall() if self.description else []

        def fetchone(self) -> Any:
            return super().fetchone() if self.description else None

    return Cursor


def _rows(cursor: Any) -> Callable[[Sequence[Any]], Row]:
    """Name the columns of a cursor's rows once."""
    found: Iterator[Any] = iter(cursor.description or ())
    at = {column.name: n for n, column in enumerate(found)}
    return lambda values: Row.of(at, values)


def _plain(parameters: Parameters) -> Any:
    """Return parameters as columns of SQLite would hold them: whole numbers, no U+0000."""
    if isinstance(parameters, Mapping):
        return {name: _value(value) for name, value in parameters.items()}
    return tuple(_value(value) for value in parameters)


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and "\0" in value:
        return value.replace("\0", NUL)
    return value


def _number_loader(floats: Any) -> type:
    """Return who reads numbers without an end: whole ones as ``int``, others as ``float``."""

    class Number(floats):  # pyright: ignore[reportUntypedBaseClass]
        def load(self, data: Any) -> int | float:
            said = bytes(data)
            return int(said) if said.lstrip(b"-").isdigit() else float(said)

    return Number
