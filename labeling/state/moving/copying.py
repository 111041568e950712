"""Rows of every table copied from one end to another, and compared with what was read."""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labeling.state.moving.kept import End, NotMovedError, Rows, State, Table

DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Copied:
    """How much was copied."""

    tables: int
    rows: int


@dataclass(frozen=True, slots=True)
class Sum:
    """Count and sum of hashes of rows: the order of rows counts for nothing, types of values do.

    Examples
    --------
    >>> Sum.of([[(1, "a"), (2, "b")]]) == Sum.of([[(2, "b")], [(1, "a")]])
    True
    >>> Sum.of([[(1,)]]) == Sum.of([[(1.0,)]])
    False
    """

    rows: int = 0
    hashes: int = 0

    def __add__(self, rows: Rows) -> "Sum":
        """Return the sum with more rows."""
        told = (repr(row).encode("utf-8", "surrogatepass") for row in rows)
        more = sum(
            int.from_bytes(hashlib.blake2b(row, digest_size=DIGEST_BYTES).digest()) for row in told
        )
        return Sum(self.rows + len(rows), (self.hashes + more) % 2 ** (8 * DIGEST_BYTES))

    @classmethod
    def of(cls, chunks: Iterable[Rows]) -> "Sum":
        """Add rows up."""
        found = cls()
        for chunk in chunks:
            found += chunk
        return found


def copy_states(here: End, there: End, states: Sequence[State], become: Sequence[State]) -> Copied:
    """Copy every row of every table; nothing is committed at either end.

    Parameters
    ----------
    here, there : End
        Where rows come from, and where they go.
    states, become : sequence of State
        The same states at both ends.

    Raises
    ------
    NotMovedError
        If the rows of a table that arrived are not those that were read, or one is not taken, naming the table.
    """
    tables = rows = 0
    for state, new in zip(states, become, strict=True):
        for old_table, table in zip(state.tables(), new.tables(), strict=True):
            try:
                rows += _copy(here, there, (state, old_table), (new, table))
            except sqlite3.Error as error:
                raise NotMovedError(
                    f"table {table.name} was not moved, and the task stands where it stood: {error}"
                ) from None
            tables += 1
        there.keep_version(new, here.version(state))
    return Copied(tables, rows)


def _copy(here: End, there: End, old: tuple[State, Table], new: tuple[State, Table]) -> int:
    sent = Sum()
    for chunk in here.rows(*old):
        as_kept = there.kept(chunk)
        there.add(*new, as_kept)
        sent += as_kept
    arrived = Sum.of(there.rows(*new))
    if arrived != sent:
        raise NotMovedError(
            f"the copy of table {new[1].name} differs ({sent.rows} rows, and {arrived.rows} in the copy); "
            "nothing was changed: the task stands where it stood"
        )
    there.go_on_from(*new, here.last(*old))
    return sent.rows
