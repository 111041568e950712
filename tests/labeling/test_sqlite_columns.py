"""SQLite files of earlier versions gain the columns that today's schema has."""

import sqlite3

import pytest

from labeling.files.sqlite import TABLES, add_columns
from labeling.llm.ledger.ledger import SCHEMA as LEDGER
from resources.reviews.schema import TABLES as REVIEWS


@pytest.mark.parametrize(
    ("schema", "table", "later"),
    [
        (LEDGER, "calls", ("account", "stated_usd", "fingerprint")),
        (REVIEWS, "items", ("sight", "context")),
    ],
)
def test_a_table_that_lacks_columns_gains_them_and_keeps_its_rows(schema, table, later):
    with sqlite3.connect(":memory:") as today:
        today.executescript(schema)
        columns = today.execute(f"pragma table_info({table})").fetchall()
    db = sqlite3.connect(":memory:")
    earlier = [name for _, name, *_ in columns if name not in later]
    first = earlier[1]
    db.execute(f"create table {table} ({', '.join(earlier)})")
    db.execute(f"insert into {table} ({first}) values ('kept')")
    assert add_columns(db, schema) == {(table, name) for name in later}
    told = {c[1]: c[2:5] for c in db.execute(f"pragma table_info({table})").fetchall()}
    assert {name: told[name] for name in later} == {c[1]: c[2:5] for c in columns if c[1] in later}
    assert db.execute(f"select {first} from {table}").fetchall() == [("kept",)]
    assert add_columns(db, schema) == set()


def test_tables_that_do_not_stand_are_left_to_the_schema():
    db = sqlite3.connect(":memory:")
    assert add_columns(db, LEDGER) == set()
    assert db.execute(TABLES).fetchall() == []
