"""What is to be moved: the tables of each state of a task, as its schema declares them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from labeling.errors import LabelingError
from labeling.files.sqlite import columns_of
from labeling.state.place import Place

CHUNK = 5_000
"""Rows that are held at once."""

MADE_HERE = re.compile(r"create table if not exists (\w+)")

Rows = Sequence[tuple[Any, ...]]


class NotMovedError(LabelingError):
    """Something cannot be moved as it is; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its columns, in the order of the schema."""

    name: str
    columns: tuple[str, ...]

    @property
    def named(self) -> str:
        """Its columns, as SQL lists them."""
        return ", ".join(f'"{column}"' for column in self.columns)


@dataclass(frozen=True, slots=True)
class State:
    """One state of a task at one place.

    Parameters
    ----------
    place : Place
        Where it is kept.
    schemas : tuple of str
        Make its tables, those that others refer to first; in the SQL of SQLite.
    more : str
        What PostgreSQL alone is told after the first of them.
    counted : str
        A statement that counts rows which came from elsewhere, where a trigger of PostgreSQL counts them singly.

    Examples
    --------
    >>> from pathlib import Path
    >>> from labeling.state.place import SqliteFile
    >>> State(SqliteFile(Path("notes.sqlite")), ("create table notes (id integer, note text);",)).tables()
    [Table(name='notes', columns=('id', 'note'))]
    """

    place: Place
    schemas: tuple[str, ...]
    more: str = ""
    counted: str = ""

    @property
    def schema(self) -> str:
        """All its schemas as one."""
        return "".join(self.schemas)

    def make(self) -> None:
        """Make its tables, and the columns of today, where they are not there."""
        for at, schema in enumerate(self.schemas):
            self.place.open(schema, "" if at else self.more).close()

    def tables(self) -> list[Table]:
        """Return its tables in the order in which rows may be added to them."""
        found: dict[str, list[str]] = {}
        for column in columns_of(self.schema):
            found.setdefault(column.table, []).append(column.name)
        return [Table(name, tuple(columns)) for name, columns in found.items()]


class End(Protocol):
    """Where rows come from or go to: all states of a task, while nobody else writes to them."""

    def rows(self, state: State, table: Table) -> Iterator[Rows]:
        """Yield all rows, some at a time, in the order in which they were put there."""
        ...

    def kept(self, rows: Rows) -> Rows:
        """Return rows as this database will give them back."""
        ...

    def add(self, state: State, table: Table, rows: Rows) -> None:
        """Put rows into a table."""
        ...

    def last(self, state: State, table: Table) -> int:
        """Return the highest number that a table gave a row by itself, ever; 0 where it gives none."""
        ...

    def go_on_from(self, state: State, table: Table, last: int) -> None:
        """Let the next number be above ``last``."""
        ...

    def version(self, state: State) -> int:
        """Return the number that is kept with a state."""
        ...

    def keep_version(self, state: State, number: int) -> None:
        """Keep it."""
        ...
