"""SQL that people write in a task's files, run in a DuckDB of its own that holds nothing of ours."""

import duckdb
import pyarrow as pa

from labeling.errors import LabelingError


class UserSqlError(LabelingError):
    """The SQL cannot be run; the message is what DuckDB says."""


def read_source(query: str) -> pa.Table:
    """Return the rows of a query that finds its own files.

    Raises
    ------
    UserSqlError
        If it cannot be run.

    Examples
    --------
    >>> read_source("select 7 as item_id").to_pylist()
    [{'item_id': 7}]
    """
    with duckdb.connect() as db:
        return _run(db, query)


def columns_of(query: str) -> list[str]:
    """Name the columns that :func:`read_source` would give, without reading the rows.

    Raises
    ------
    UserSqlError
        If it cannot be run.

    Examples
    --------
    >>> columns_of("select 7 as item_id, 'late' as text")
    ['item_id', 'text']
    """
    return [str(name) for name in read_source(f"describe {query}")["column_name"].to_pylist()]


def run_over(query: str, items: pa.Table) -> pa.Table:
    """Return the rows of a query that sees ``items`` as the table ``batch``, and nothing else.

    Raises
    ------
    UserSqlError
        If it cannot be run, or reaches for a file or an address.

    Examples
    --------
    >>> run_over("select a + 1 as b from batch", pa.table({"a": [1, 2]}))["b"].to_pylist()
    [2, 3]
    """
    with duckdb.connect(config={"enable_external_access": "false"}) as db:
        db.register("batch", items)
        return _run(db, query)


def _run(db: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    try:
        return db.execute(query).to_arrow_table()
    except duckdb.Error as error:
        raise UserSqlError(str(error)) from None
