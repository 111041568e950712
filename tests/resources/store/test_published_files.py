"""Published files: the same rows are the same bytes, in whatever order they were written."""

import pyarrow.parquet as pq

from resources.store.published import published
from resources.store.table import as_arrow
from resources.store.tables import VOTER_BELIEFS
from resources.store.warehouse import Warehouse

KEYS = [(batch, f"rule/{n:04d}") for batch in ("a", "b") for n in range(3_000)]
"""More than DuckDB takes at once."""


def test_the_same_rows_are_the_same_bytes_in_the_order_of_their_key(tmp_path):
    def written(name, keys):
        rows = [{"batch": batch, "voter": voter} for batch, voter in keys]
        warehouse = Warehouse(path=str(tmp_path / f"{name}.duckdb"))
        warehouse.replace({VOTER_BELIEFS: as_arrow(VOTER_BELIEFS, rows)})
        path = tmp_path / f"{name}.parquet"
        with warehouse.connect() as db:
            db.publish(VOTER_BELIEFS, path, None, None)
        return path

    there = written("as_said", KEYS)
    assert written("backwards", KEYS[::-1]).read_bytes() == there.read_bytes()
    found = pq.read_table(there, columns=["batch", "voter"])
    assert list(zip(*found.to_pydict().values(), strict=True)) == KEYS


def test_every_published_file_is_sorted_by_its_whole_key_batches_first():
    for name, table in published().items():
        assert set(table.order) == set(table.key) <= set(table.published_columns), name
        assert "batch" not in table.order[1:], name
