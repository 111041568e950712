"""How much a lake holds, and in which format."""

from dataclasses import dataclass

import duckdb

from resources.store.place.lake.attaching import ALIAS


@dataclass(frozen=True, slots=True)
class Holding:
    """What is in a lake: the format of its catalog, tables, files of data and their bytes."""

    format: str
    tables: int
    files: int
    of_bytes: int


def holding(db: duckdb.DuckDBPyConnection) -> Holding:
    """Ask the catalog."""
    (version,) = db.execute(
        f"select value from ducklake_options('{ALIAS}') where option_name = 'version'"
    ).fetchall()[0]
    counted = db.execute(
        "select count(*), coalesce(sum(file_count), 0), coalesce(sum(file_size_bytes), 0)"
        f" from ducklake_table_info('{ALIAS}')"
    ).fetchall()[0]
    return Holding(version, *map(int, counted))
