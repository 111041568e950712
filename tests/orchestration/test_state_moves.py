"""A task's state is moved whole or not at all, whatever is killed, and means the same at its new place."""

import math
import re
import secrets
import shutil
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import psycopg
import pytest
from filelock import FileLock

from assets.landing.moved_state import check_moved_state
from cli.new.new import create
from labeling.errors import LabelingError
from labeling.files.sqlite import TABLES, columns_of
from labeling.llm.canary import rounds
from labeling.llm.ledger.opening import open_ledger
from labeling.quality.alarms.trail import Action, Event
from labeling.state.moving import files, schema
from labeling.state.moving.kept import NotMovedError
from orchestration.changes import moving_state
from orchestration.changes.moving_state import move_state
from orchestration.changes.states import states_of
from orchestration.turn import turn
from resources.alerts.ledger import AlertLedger
from resources.alerts.trail import AlarmTrail
from resources.dagster.instance import instance_of, open_instance
from resources.dagster.machines.database import Database
from resources.dagster.machines.signs import DAEMON, holding
from resources.reviews.arrow_tables import count_answers
from resources.reviews.reviewers import Reviewers
from resources.reviews.store import ReviewStore
from resources.task.task import load_task
from tests.orchestration.dying_move import killed_at

WORDS = [
    "",
    "plain",
    'it\'s 100 % "so"',
    "a\tb\nc\\d\\N",
    ":named ?",
    "Zürich 🙂 ﷽",
    '{"a": [1, null]}',
]
NUMBERS = [0, 1, -1, 2**63 - 1, -(2**63)]
REALS = [0.1, -0.0, 1.7e9 + 1 / 3, 1e-300, math.pi, -2.5]
ALLOWED = re.compile(r"check \((\w+) in \(([^)]*)\)\)")


def task_in(project):
    return load_task(project / "tasks" / "letters")


def declared(state):
    """Tables and their columns, by the schema itself."""
    found = {}
    for column in columns_of(state.schema):
        found.setdefault(column.table, []).append(column.name)
    return found


def fill(task):
    """Put rows into all columns of all tables of all states, as the schemas declare them."""
    for state in states_of(task):
        state.place.file.unlink(missing_ok=True)
        with closing(state.place.open(state.schema)) as db:
            db.execute("pragma foreign_keys = on")
            db.execute("begin")
            for table in declared(state):
                for number in range(40):
                    row = {
                        column: value(
                            column, kind.lower(), number, required or key, allowed_in(db, table)
                        )
                        for _, column, kind, required, _, key in db.execute(
                            f"pragma table_info({table})"
                        )
                    }
                    for key in db.execute(f"pragma foreign_key_list({table})").fetchall():
                        column = key["from"]
                        row[column] = db.execute(
                            f"select {column} from {key['table']} order by rowid limit 1 offset {number}"
                        ).fetchone()[0]
                    marks, names = ", ".join("?" * len(row)), ", ".join(f'"{name}"' for name in row)
                    db.execute(f"insert into {table} ({names}) values ({marks})", (*row.values(),))
            db.execute("commit")
            state.place.keep_version(db, 3)


def allowed_in(db, table):
    (sql,) = db.execute("select sql from sqlite_schema where name = ?", (table,)).fetchone()
    return {name: re.findall(r"'(\w+)'", words) for name, words in ALLOWED.findall(sql)}


def value(column, kind, number, required, allowed):
    if column in allowed:
        return allowed[column][(number + 1) % len(allowed[column])]
    if not required and number % 3 == 1:
        return None
    if kind == "text":
        return f"{number} {WORDS[number % len(WORDS)]}"
    if kind == "real":
        return REALS[number % len(REALS)]
    assert kind == "integer", column
    return number + 1 if number % 8 else NUMBERS[number // 8]


def rows_of(task):
    """All rows of all tables by what the schemas declare, what number each gave last, and the versions."""
    found = {}
    for at, state in enumerate(states_of(task)):
        if (line := state.place.look()) is None:
            continue
        with closing(line) as db:
            for number, (table, columns) in enumerate(declared(state).items()):
                named = ", ".join(f'"{column}"' for column in columns)
                rows = [tuple(row) for row in db.execute(f"select {named} from {table}").fetchall()]
                found[at, number] = (tuple(columns), sorted(rows, key=repr))
            found[at] = state.place.version(db)
    return found


def empty(address):
    with psycopg.connect(address, autocommit=True) as db:
        found = db.execute("select nspname from pg_namespace where nspname like 'touchstone%'")
        for (name,) in found.fetchall():
            db.execute(f'drop schema "{name}" cascade')


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A project whose one task has rows in all columns of all tables; to be copied by who writes to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        folder = create(tmp_path_factory.mktemp("filled") / "project", "letters")
        task = load_task(folder)
        task.var.mkdir(parents=True)
        open_instance(task.var.parent).__enter__()
        fill(task)
    return folder.parents[1]


@pytest.fixture
def project(filled, tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return shutil.copytree(filled, tmp_path / "project")


def test_every_column_of_every_table_is_the_same_there_and_back(project, postgres, touchstone):
    task = task_in(project)
    before, text = rows_of(task), (task.folder / "task.yaml").read_text("utf-8")
    for key, one in before.items():
        if not isinstance(one, int):
            columns, rows = one
            assert len(rows) == 40, key
            for at, column in enumerate(columns):
                assert any(row[at] is not None for row in rows), column

    address = postgres.database()
    said = touchstone("move", "letters", "--state", address, at=project, columns=400)
    assert said.code == 0, said.err
    assert f"moved to {address}, schema touchstone_state_letters: counts and hashes" in said.out
    assert (task.folder / "task.yaml").read_text(
        "utf-8"
    ) == f"{text}\nstate:\n  postgres: {address}\n"
    aside = sorted(path.name for path in next(task.var.glob("state-2*")).iterdir())
    assert aside == ["alarms.sqlite", "alerts.sqlite", "ledger.sqlite", "reviews.sqlite"]
    assert not list(task.var.glob("re*.sqlite"))
    there = task_in(project)
    assert rows_of(there) == before
    again = touchstone("move", "letters", "--state", address, at=project, columns=400)
    assert f"is kept in {there.state} already" in again.out

    assert touchstone("move", "letters", "--state", "files", at=project, columns=400).code == 0
    assert (task.folder / "task.yaml").read_text("utf-8") == f"{text}\n"
    assert rows_of(task_in(project)) == before
    assert {path.name for path in task.var.glob("*.sqlite")} >= set(aside)
    assert not (task.var / "moving_state.json").exists()
    assert not list(task.var.glob("*.arriving*"))
    assert (task.var / "state.txt").read_text("utf-8") == "files\n"


@pytest.mark.parametrize("back", [False, True], ids=["to PostgreSQL", "to files"])
def test_a_move_that_is_killed_at_any_step_leaves_a_task_that_works_and_goes_on(
    filled, tmp_path, postgres, back, monkeypatch
):
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    before, new_ones, step, address = None, 0, 0, postgres.database()
    while True:
        step += 1
        project = shutil.copytree(filled, tmp_path / str(step))
        empty(address)
        task = task_in(project)
        before = before or rows_of(task)
        if back:
            move_state(task, address)
        to = None if back else address
        if not killed_at(step, task.folder, to):
            break
        task = task_in(project)
        new_ones += task.spec.state.postgres == to
        check_moved_state(task)
        assert rows_of(task) == before, step
        assert move_state(task, to).copied is None or task.spec.state.postgres != to
        task = task_in(project)
        assert task.spec.state.postgres == to
        assert rows_of(task) == before, step
        assert (task.var / "state.txt").read_text("utf-8") == f"{task.state}\n"
        assert not (task.var / "moving_state.json").exists()
        assert not list(task.var.glob("*.arriving*"))
        assert len(list(task.var.glob("*.sqlite"))) == (4 if back else 0)
    assert 2 <= new_ones < step - 6
    assert step > 12
    shutil.rmtree(tmp_path)


def test_what_nobody_filled_is_moved_too_and_no_file_is_made_of_nothing(project, postgres):
    task = task_in(project)
    for state in states_of(task):
        state.place.file.unlink()
    move_state(task, postgres.database())
    assert count_answers(task_in(project).reviews) == 0
    move_state(task_in(project), None)
    assert not list(task.var.glob("*.sqlite"))


def test_from_one_database_to_another(project, postgres):
    task = task_in(project)
    before = rows_of(task)
    for address in (postgres.database(), postgres.database()):
        move_state(task_in(project), address)
    assert rows_of(task_in(project)) == before


def test_the_old_schema_stands_aside_and_whoever_looks_for_it_is_told(project, postgres):
    task, address = task_in(project), postgres.database()
    move_state(task, address)
    there = task_in(project)
    idle = ReviewStore(there.reviews)
    idle.database._connection._line.execute("set application_name = 'one that nobody saw'")
    move_state(there, None)
    with (
        pytest.raises(sqlite3.OperationalError, match="does not exist"),
        idle.database.write() as db,
    ):
        db.execute("insert into events values (1, 'a', 'b', 'c')")
    with pytest.raises(LabelingError, match=rf"were moved: to files in {task.var}; let `state:`"):
        ReviewStore(there.reviews)
    with psycopg.connect(address) as db:
        aside = db.execute("select count(*) from touchstone_moved_letters.reviews").fetchone()
    assert aside == (40,)
    assert move_state(task_in(project), address).copied.rows > 40
    assert move_state(task_in(project), None).aside == "schema touchstone_moved_letters_2"


def test_a_copy_that_differs_is_not_taken(project, postgres, monkeypatch):
    task, address = task_in(project), postgres.database()
    before = rows_of(task)
    add = schema.Schema.add

    def lose(self, state, table, rows):
        add(self, state, table, rows[1:] if table.name == "leases" else rows)

    monkeypatch.setattr(schema.Schema, "add", lose)
    with pytest.raises(NotMovedError, match=r"copy of table leases differs \(40 rows, and 39 in"):
        move_state(task, address)
    assert task_in(project).state == "files"
    assert rows_of(task) == before
    monkeypatch.undo()
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    assert move_state(task, address).copied.rows > 0


def refusal(touchstone, project, *words):
    said = touchstone("move", "letters", "--state", *words, at=project, columns=600)
    assert said.code == 2, said.out
    assert "Traceback" not in said.err
    return " ".join(said.err.split())


def test_who_works_on_the_task_is_named_and_nothing_is_moved(project, postgres, touchstone):
    task, address = task_in(project), postgres.database()
    before = rows_of(task)
    with turn(task, lambda _: None), ThreadPoolExecutor() as other:
        told = other.submit(refusal, touchstone, project, address).result()
        assert "works on task 'letters' at the moment" in told
    with FileLock(task.var.parent / "up.lock"):
        assert "`touchstone up` runs on" in refusal(touchstone, project, address)
    with closing(ReviewStore(task.reviews)):
        told = refusal(touchstone, project, address)
        assert "reviews.sqlite is in use" in told
        assert "end the consoles and commands" in told
    with closing(task.ledger.connect()) as db:
        db.execute("select count(*) from calls").fetchone()
        assert "ledger.sqlite is in use" in refusal(touchstone, project, address)
    with open_ledger(task.ledger) as ledger, ledger.spending():
        assert "another run has been spending" in refusal(touchstone, project, address)
    assert rows_of(task) == before
    move_state(task, address)
    with closing(ReviewStore(task_in(project).reviews)):
        told = refusal(touchstone, project, "files")
        assert re.search(r"schema touchstone_state_letters is in use by 1 other: end the", told)
    assert rows_of(task_in(project)) == before


def test_a_daemon_of_several_machines_is_ended_first(project, postgres, touchstone, monkeypatch):
    task, address = task_in(project), postgres.database()
    (project / "dagster.yaml").write_text(
        "storage: {postgres: {postgres_url: {env: INSTANCE_OF_TESTS}}}\n"
    )
    monkeypatch.setenv("INSTANCE_OF_TESTS", postgres.database())
    database = Database.of_project(project)
    with instance_of(task), holding(database, DAEMON, "the daemon", print, 5):
        told = refusal(touchstone, project, address)
        assert re.search(r"Dagster's daemon works on \S+: .*; end it and the code servers", told)
    move_state(task, address)


def test_leases_that_run_hinder_and_those_that_are_over_do_not(project, postgres, touchstone):
    task, address = task_in(project), postgres.database()
    for state in states_of(task):
        state.place.file.unlink()
    with closing(ReviewStore(task.reviews)) as store:
        store.plan([{"item_id": "1", "batch": "a", "origin": "queue", "text": "t"}])
        (handed,) = store.hand_out("anna", 1)
    assert "1 item of letters is in people's hands" in refusal(touchstone, project, address)
    with closing(task.reviews.connect()) as db:
        db.execute("update leases set ends_us = ?", (time.time_ns() // 1000 - 1,))
    move_state(task, address)
    with closing(ReviewStore(task_in(project).reviews)) as store:
        assert store.record(
            "1",
            "a",
            "anna",
            "label",
            "praise",
            "queue",
            1.0,
            idempotency_key="k",
            lease=handed.lease,
        )


def test_a_place_where_rows_stand_is_not_added_to(project, postgres, touchstone):
    task, address = task_in(project), postgres.database()
    other = moving_state._at(task, address)
    with closing(ReviewStore(other.reviews)) as store:
        Reviewers(store).invite("anna", "reviewer")
    assert "is not empty: its table people holds rows" in refusal(touchstone, project, address)
    empty(address)
    move_state(task, address)
    with closing(task.alerts.open(states_of(task)[2].schema)) as db:
        db.execute("insert into alerts values ('a', 'b', 'sent', 1, 'now', '')")
    assert "alerts.sqlite is not empty: its table alerts" in refusal(touchstone, project, "files")
    files.remove(task.alerts.file)
    assert move_state(task_in(project), None).copied.rows > 0


def test_a_database_that_does_not_answer_or_lets_nobody_in_is_told(project, postgres, touchstone):
    address, user = postgres.database(), f"guest_{secrets.token_hex(4)}"
    told = refusal(touchstone, project, "postgres://me@127.0.0.1:1/kept")
    assert "postgres://me@127.0.0.1:1/kept, schema touchstone_state_letters does not answer" in told
    assert "does not let us in" in refusal(touchstone, project, f"{address}_not")
    with psycopg.connect(address, autocommit=True) as db:
        db.execute(f"create user {user}")
    told = refusal(touchstone, project, address.replace("keeper", user))
    assert "permission denied" in told
    assert "grant create on database" in told
    told = refusal(touchstone, project, "postgres://me:s3cret@db.example/kept")
    assert "PGPASSWORD" in told
    assert "s3cret" not in told
    assert "--state: say postgres://user@host/database" in refusal(touchstone, project, "file")
    assert "needs" not in refusal(touchstone, project, "files", "--to", "lake")
    task = task_in(project)
    assert task.state == "files"
    assert not list(task.var.glob("state-*"))
    assert move_state(task, address).copied.rows > 0


def test_a_schema_that_is_anothers_is_not_left_half(project, postgres, touchstone):
    """Its tables may be read by us, and only its owner may rename it."""
    task, address = task_in(project), postgres.database()
    before = rows_of(task)
    move_state(task, address)
    user, name = f"guest_{secrets.token_hex(4)}", "touchstone_state_letters"
    with psycopg.connect(address, autocommit=True) as db:
        db.execute(f"create user {user}")
        db.execute(f"grant all on schema {name} to {user}")
        db.execute(f"grant all on all tables in schema {name} to {user}")
        db.execute(f"grant all on all sequences in schema {name} to {user}")
    yaml = task.folder / "task.yaml"
    yaml.write_text(yaml.read_text("utf-8").replace("keeper", user), "utf-8")
    (task.var / "state.txt").write_text(f"{load_task(task.folder).state}\n", "utf-8")
    assert "must be owner of schema" in refusal(touchstone, project, "files")
    here = task_in(project)
    assert here.state.startswith("postgres")
    check_moved_state(here)
    yaml.write_text(yaml.read_text("utf-8").replace(user, "keeper"), "utf-8")
    (task.var / "state.txt").write_text(f"{load_task(task.folder).state}\n", "utf-8")
    move_state(task_in(project), None)
    assert rows_of(task_in(project)) == before


def test_a_damaged_file_and_one_of_a_newer_version_are_told(project, postgres, touchstone):
    task, address = task_in(project), postgres.database()
    with closing(task.alarm_trail.connect()) as db:
        db.execute("alter table events add column mood text")
    told = refusal(touchstone, project, address)
    assert "alarms.sqlite: table events holds mood, which this version" in told
    with closing(task.alarm_trail.connect()) as db:
        db.execute("alter table events drop column mood")
        db.execute("create table moods (mood text)")
        db.execute("insert into moods values ('good')")
    assert "table moods holds mood" in refusal(touchstone, project, address)
    with closing(task.alarm_trail.connect()) as db:
        db.execute("drop table moods")
    ledger = task.ledger.file.read_bytes()
    task.ledger.file.write_bytes(ledger[:8192] + b"rubbish" * 3000 + ledger[8192 + 21000 :])
    assert "ledger.sqlite is damaged" in refusal(touchstone, project, address)
    task.ledger.file.write_bytes(ledger)
    assert task_in(project).state == "files"
    assert move_state(task, address).copied.rows > 0


def test_files_of_an_earlier_version_come_along_with_the_columns_of_today(project, postgres):
    task = task_in(project)
    with closing(task.ledger.connect()) as db:
        db.execute("drop index calls_account")
        db.execute("alter table calls drop column account")
        db.execute("alter table calls drop column owner")
    move_state(task, postgres.database())
    with open_ledger(task_in(project).ledger) as ledger:
        assert ledger.execute("select distinct account, owner from calls") == [("", None)]


def test_a_task_yaml_that_names_another_place_already_is_told_to_take_that_back(
    project, postgres, touchstone
):
    task, address = task_in(project), postgres.database()
    check_moved_state(task)
    with (task.folder / "task.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nstate: {{postgres: '{address}'}}\n")
    told = refusal(touchstone, project, address)
    assert "Take the change of `state:` back, and let `touchstone move letters --state" in told


def test_a_long_table_is_never_held_as_a_whole(project, postgres, monkeypatch):
    monkeypatch.setattr(schema, "CHUNK", 7)
    monkeypatch.setattr(files, "CHUNK", 7)
    task, most = task_in(project), []
    before, add = rows_of(task), schema.Schema.add

    def seen(self, state, table, rows):
        most.append(len(rows))
        add(self, state, table, rows)

    monkeypatch.setattr(schema.Schema, "add", seen)
    move_state(task, postgres.database())
    assert max(most) == 7
    assert rows_of(task_in(project)) == before


def test_all_tables_that_the_stores_make_are_moved(postgres, project):
    """Whoever adds one says so in the list of states, or sees red here."""
    task, there = task_in(project), moving_state._at(task_in(project), postgres.database())
    for state in states_of(task):
        state.place.file.unlink()
    for one in (task, there):
        ReviewStore(one.reviews).database.close()
        AlertLedger(one.alerts).claim("a", "slack")
        event = Event(datetime.now(UTC), "ada", Action.ACKNOWLEDGE, "labels", "a")
        AlarmTrail(one.alarm_trail).record(event)
        with open_ledger(one.ledger) as ledger:
            rounds.accept(ledger, "v", "1")
    for state in states_of(task):
        with closing(state.place.look()) as db:
            assert {row[0] for row in db.execute(TABLES)} == set(declared(state))
    with closing(there.reviews.line()) as db:
        made = {
            t
            for (t,) in db.execute(
                "select tablename from pg_tables where schemaname = ?", (there.reviews.schema,)
            )
        }
    ours = {table for state in states_of(there) for table in declared(state)}
    assert made - ours == {"made", "versions", "owners", "purses", "paces"}


def test_what_postgresql_cannot_hold_is_told_with_its_table(project, postgres, touchstone):
    task, address = task_in(project), postgres.database()
    with closing(task.alerts.connect()) as db:
        db.execute("insert into alerts values ('a', 'b', 'sent', 1.5, 'now', '')")
    told = refusal(touchstone, project, address)
    assert "table alerts was not moved, and the task stands where it stood" in told
    assert "1.5" in told
    assert task_in(project).state == "files"
    check_moved_state(task_in(project))
