"""A line to a database, as whoever keeps a state asks it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Parameters = Sequence[Any] | Mapping[str, Any]


class Row(Protocol):
    """One row, by position or by name of a column, as :class:`sqlite3.Row`."""

    def keys(self) -> list[str]:
        """Return the names of the columns."""
        ...

    def __getitem__(self, column: Any, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class Cursor(Protocol):
    """What a statement brought."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or ``None``."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A line to a database that begins transactions only when it is told to (``begin immediate``).

    Faults are those of :mod:`sqlite3`, whichever database it is.
    """

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Parameters = (), /) -> Cursor:
        """Run one statement."""
        ...

    def executemany(self, sql: str, rows: Iterable[Parameters], /) -> object:
        """Run one statement with each of ``rows``."""
        ...

    def close(self) -> None:
        """End the line."""
        ...
