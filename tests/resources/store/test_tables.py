"""A table says everything about itself, and what is derived from that cannot differ from it."""

import json
import shutil

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from resources.store.manifest import SOURCES, TRANSFORMS, changed_files, manifest, sources_yml
from resources.store.published import marts, published
from resources.store.table import ARROW, DECLARED, Table, table
from resources.store.tables import EVERY, VIEWS
from resources.store.warehouse import Warehouse, warehouse_of

ALL = (*DECLARED.values(), *marts())
NAMES = ("class", "series")
"""Units of text: what is named."""

each = pytest.mark.parametrize("one", ALL, ids=lambda one: one.sql_name)


@each
def test_a_table_and_its_columns_are_described_in_sentences(one: Table):
    said = [one.about, f"{one.grain}.", *(column.description for column in one.columns.values())]
    assert [text for text in said if len(text) < 4 or not text.endswith(".")] == []
    assert one.group
    assert set(one.private) <= one.columns.keys()


@each
def test_what_is_a_quantity_or_a_time_has_a_unit_and_other_text_none(one: Table):
    for name, column in one.columns.items():
        assert column.type in ARROW, name
        quantity = column.type not in {"varchar", "boolean"}
        assert bool(column.unit) == quantity or column.unit in NAMES, name


@each
def test_no_two_rows_agree_in_the_key(ran_task, one: Table):
    if one in EVERY or one in marts():
        key = ", ".join(f'"{name}"' for name in one.key)
        twice = f"select {key} from {one.sql_name} group by all having count(*) > 1"
        assert warehouse_of(ran_task.task).ask(twice).to_pylist() == []


def test_the_files_are_what_is_declared_as_published_column_by_column(ran_task):
    files = {path.stem: pq.read_schema(path) for path in ran_task.task.published.glob("*.parquet")}
    assert files.keys() == published().keys()
    for name, one in published().items():
        found = [(field.name, field.type) for field in files[name]]
        assert [column for column, _ in found] == list(one.published_columns), name
        for column, kind in found:
            wanted = one.arrow.field(column).type
            assert str(kind).partition("<")[0] == str(wanted).partition("<")[0], (name, column)


def test_the_warehouse_holds_what_is_declared_and_nothing_else(ran_task):
    asked = (
        "select schema_name || '.' || table_name as name, column_name as of, lower(data_type) as is"
        " from duckdb_columns() where not internal and schema_name <> 'staging'"
    )
    stored = (*EVERY, *marts(), *VIEWS)
    wanted = {(t.sql_name, name, column.type) for t in stored for name, column in t.columns.items()}
    assert {tuple(r.values()) for r in warehouse_of(ran_task.task).ask(asked).to_pylist()} == wanted


def test_dbt_reads_every_table_and_its_description_as_declared():
    sources = json.loads(manifest().read_text(encoding="utf-8"))["sources"].values()
    told = {f"{s['source_name']}.{s['name']}": s["description"] for s in sources}
    assert told == {one.sql_name: one.full_description for one in EVERY}


def test_sources_that_were_changed_by_hand_are_made_again(tmp_path):
    project = shutil.copytree(TRANSFORMS, tmp_path / "transforms")
    path = project / SOURCES
    manifest(project)
    text = path.read_text(encoding="utf-8").replace("One row a vote", "Two rows a vote")
    read = yaml.safe_load(text)
    read["sources"].pop()
    path.write_text(yaml.safe_dump(read), encoding="utf-8")
    assert changed_files(project) == [SOURCES.name]
    manifest(project)
    assert path.read_text(encoding="utf-8") == sources_yml()


def test_tables_of_an_older_version_open_keep_their_rows_and_gain_their_columns(tmp_path):
    path = tmp_path / "w.duckdb"
    first = {one: next(iter(one.columns)) for one in EVERY}
    with duckdb.connect(str(path)) as db:
        for one, column in first.items():
            db.execute(f"create schema if not exists {one.schema}")
            kind = one.columns[column].type
            db.execute(f'create table {one.sql_name} as select 1::{kind} as "{column}"')
    for one, column in first.items():
        (row,) = Warehouse(path=str(path)).ask(f"from {one.sql_name}").to_pylist()
        assert row.keys() == one.columns.keys(), one.sql_name
        assert str(row.pop(column)) == "1"
        assert set(row.values()) <= {None}


def test_a_warehouse_that_lacks_a_table_gets_it(tmp_path):
    path = tmp_path / "w.duckdb"
    duckdb.connect(str(path)).close()
    for one in EVERY:
        assert Warehouse(path=str(path)).ask(f"from {one.sql_name}").schema.names == list(
            one.columns
        )


def test_a_table_is_declared_once_and_by_a_key_that_it_has():
    for name, key in (("items", ["item_id"]), ("other", ["id"])):
        with pytest.raises(ValueError, match=rf"raw\.{name}: declared twice, or by a key"):
            table(
                "raw",
                name,
                "Items.",
                "an item",
                {"item_id": ("varchar", "Id.")},
                key=key,
                group="items",
            )
    assert "raw.other" not in DECLARED
