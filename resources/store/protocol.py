"""What a place for tables has to be able to do: all that a second store has to write."""

from contextlib import AbstractContextManager
from typing import Protocol

import duckdb


class Place(Protocol):
    """Where the tables of one task lie, used by one process at a time.

    Beside it a module says ``named``, ``stands``, ``size`` and ``remove``; see
    :mod:`resources.store.place`. DuckDB carries out what is asked, wherever the rows lie.

    Attributes
    ----------
    made : set of str
        Statements of tables that stand for certain; empty whenever anybody else may have been there.
    """

    made: set[str]

    def cursor(self, patience_s: float) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Give a connection whose current schema search finds the tables; what it wrote is kept.

        Raises
        ------
        TaskError
            If others have the place for ``patience_s`` seconds, or what lies there is damaged.
        """
        ...

    def closed(self, patience_s: float, *, usable: bool = True) -> AbstractContextManager[None]:
        """Keep everybody away, for a program that opens the place by itself: dbt.

        With ``usable=False`` nobody will open it, and what lies there may be damaged.

        Raises
        ------
        TaskError
            As for :meth:`cursor`.
        """
        ...

    def note(self, connection: duckdb.DuckDBPyConnection, wrote: str) -> None:
        """Say with the open transaction what it writes, where versions are kept."""
        ...

    def close(self, patience_s: float = 1.0) -> None:
        """Give the place to others at once."""
        ...
