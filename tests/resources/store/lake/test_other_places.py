"""A catalog in PostgreSQL and data in S3 serve as a file and a folder do."""

import shutil
from functools import partial

import duckdb
import pyarrow as pa
import pytest

from resources.store.place import named, remove, size, stands
from resources.store.place.lake.address import lake_of
from resources.store.place.lake.attaching import attach
from resources.store.session import Session
from resources.store.table import as_arrow
from resources.store.tables import FILES, RELEASED
from resources.store.warehouse import Warehouse, warehouse_of
from resources.task.errors import TaskError
from tests.resources.store.lake.conftest import with_store


def released(*labels: str) -> pa.Table:
    rows = [
        {"item_id": f"m{at}", "batch": "2026-03-02", "label": one, "confidence": 0.5}
        for at, one in enumerate(labels)
    ]
    return as_arrow(RELEASED, [{name: row.get(name) for name in RELEASED.columns} for row in rows])


def counted(warehouse: Warehouse) -> int:
    return warehouse.ask("select count(*) as n from labels.released").to_pylist()[0]["n"]


@pytest.fixture
def task(request, fresh, tmp_path, postgres):
    project = shutil.copytree(fresh, tmp_path / "project")
    data = request.getfixturevalue("s3") if request.param == "s3" else "{var}/lake"
    found = with_store(project, f"{{lake: {{catalog: '{postgres.address}', data: '{data}'}}}}")
    yield found
    with warehouse_of(found).lock():
        remove(found)


both = pytest.mark.parametrize("task", ["folder", "s3"], indirect=True)


@both
def test_rows_written_again_are_the_same_and_all_of_it_can_be_removed(task):
    assert not stands(task)
    warehouse = warehouse_of(task)
    for _ in range(3):
        warehouse.replace_batch(RELEASED, "2026-03-02", released(*["praise"] * 100))
    assert counted(warehouse) == 100
    warehouse.close()
    assert counted(warehouse_of(task)) == 100
    assert stands(task)
    assert size(task) is None
    assert "schema touchstone_letters" in named(task)
    with warehouse.lock():
        remove(task)
    assert not stands(task)
    assert counted(warehouse) == 0


@both
def test_few_rows_keep_every_digit(task):
    numbers = [1 / n for n in range(3, 12)]
    with warehouse_of(task).connect() as db:
        db.execute("create table raw.digits as select unnest($1::double[]) as x", [numbers])
        assert db.execute("from raw.digits").fetchall() == [(x,) for x in numbers]


@pytest.mark.parametrize("task", ["s3"], indirect=True)
def test_nothing_is_left_in_the_bucket(task):
    import boto3

    warehouse_of(task).replace_batch(RELEASED, "2026-03-02", released(*["praise"] * 100))

    def lies():
        return boto3.client("s3").list_objects_v2(Bucket="lakes").get("KeyCount")

    assert lies()
    with warehouse_of(task).lock():
        remove(task)
    assert not lies()


@pytest.mark.parametrize("task", ["folder"], indirect=True)
def test_what_was_cut_off_by_a_restart_says_so_and_goes_on(task, postgres):
    warehouse = warehouse_of(task, 5.0)
    warehouse.replace_batch(RELEASED, "2026-03-02", released(*["praise"] * 100))

    def cut_off():
        with warehouse.connect() as db, db.transaction():
            db.delete(RELEASED, batch="2026-03-02")
            postgres.stop()
            db.insert(RELEASED, released("question"))

    with pytest.raises(TaskError) as caught:
        cut_off()
    with pytest.raises(TaskError) as still:
        counted(warehouse)
    postgres.start()
    for told in (str(caught.value), str(still.value)):
        assert told.startswith(f"{postgres.address}, schema touchstone_letters: the lake's catalog")
        assert "does not answer" in told
        assert told.endswith("give the command again: what was finished stands")
        assert "\n" not in told
    assert counted(warehouse) == 100
    warehouse.replace({FILES: as_arrow(FILES, []), RELEASED: released("question")})
    assert counted(warehouse) == 1


@pytest.mark.parametrize("task", ["folder"], indirect=True)
def test_the_line_of_the_locks_alone_may_be_cut_too(task, postgres):
    import psycopg

    warehouse = warehouse_of(task, 20.0)
    assert counted(warehouse) == 0
    with psycopg.connect(postgres.address.replace("postgres:", "postgresql:")) as db:
        db.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
    assert counted(warehouse) == 0


@pytest.mark.parametrize("task", ["folder"], indirect=True)
@pytest.mark.parametrize("times", [1, 2])
def test_a_batch_that_a_stranger_changed_is_replaced_once_more(task, times, monkeypatch):
    warehouse = warehouse_of(task, 20.0)
    warehouse.replace_batch(RELEASED, "2026-03-02", released(*["praise"] * 100))
    lake, done, insert = lake_of(task), [], Session.insert
    assert lake is not None

    def changed_before(session, table, rows):
        if len(done) < times:
            done.append(table)
            with duckdb.connect() as stranger:
                attach(stranger, lake)
                stranger.execute("delete from warehouse.labels.released where item_id = 'm7'")
                stranger.execute("update warehouse.labels.released set label = 'question'")
        insert(session, table, rows)

    monkeypatch.setattr(Session, "insert", changed_before)
    replaced = partial(
        warehouse.replace_batch, RELEASED, "2026-03-02", released(*["complaint"] * 50)
    )
    if times == 1:
        assert replaced() == 50
        assert counted(warehouse) == 50
    else:
        with pytest.raises(TaskError, match="another program wrote to the tables"):
            replaced()
        assert counted(warehouse) == 99
