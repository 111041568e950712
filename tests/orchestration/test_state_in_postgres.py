"""A task whose state is in PostgreSQL says and publishes the same as one with files; what goes wrong is told."""

import re
import secrets
import shutil
import sys
from contextlib import closing

import psycopg
import pyarrow.parquet as pq
import pytest

from cli.new.new import create
from labeling.errors import LabelingError
from labeling.state.postgres import PostgresSchema
from resources.reviews.arrow_tables import count_answers
from resources.reviews.schema import IN_POSTGRES, TABLES
from resources.reviews.store import ReviewStore
from resources.store.tables import EVERY
from resources.store.warehouse import warehouse_of
from resources.task.classes.record import SCHEMA
from resources.task.task import Task, load_task


def keep_in(folder, address):
    with (folder / "task.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nstate: {{postgres: '{address}'}}\n")


@pytest.fixture(scope="module")
def ran(ran_task, postgres, tmp_path_factory) -> Task:
    """The letters, run with their state in a database of their own; to be copied by who writes to it."""
    from orchestration.running import run_task

    project = ran_task.copy_to(tmp_path_factory.mktemp("state") / "project")
    shutil.rmtree(project / "var")
    folder = project / "tasks" / "letters"
    keep_in(folder, postgres.database())
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        run_task(load_task(folder), lambda *_: None)
    return load_task(folder)


def test_labels_and_figures_are_those_of_a_task_with_files(ran, ran_task):
    files = {path.name for path in ran_task.task.published.glob("*.parquet")}
    assert files == {path.name for path in ran.published.glob("*.parquet")}
    for name in sorted(files):
        there, here = (
            sorted(map(repr, pq.read_table(task.published / name).to_pylist()))
            for task in (ran_task.task, ran)
        )
        assert there == here, name

    def rows(task):
        asked = " union all ".join(
            f"select '{one.sql_name}' as name, count(*) as n from {one.sql_name}" for one in EVERY
        )
        return sorted(map(tuple, (r.values() for r in warehouse_of(task).ask(asked).to_pylist())))

    assert rows(ran) == rows(ran_task.task)


def test_no_file_of_what_is_kept_in_the_database_is_made(ran, ran_task):
    made = {path.name for path in ran_task.task.var.glob("*.sqlite")}
    assert made - {path.name for path in ran.var.glob("*.sqlite")} >= {"reviews.sqlite"}
    assert not {"reviews.sqlite", "ledger.sqlite", "alarms.sqlite", "alerts.sqlite"} & {
        path.name for path in ran.var.iterdir()
    }
    assert count_answers(ran.reviews) == count_answers(ran_task.task.reviews) > 0


def test_commands_that_look_say_what_they_say_of_files(ran, ran_task, touchstone, tmp_path):
    at, there = ran.folder.parents[1], ran_task.project
    for command in (
        ["explain", "m001", "letters"], ["alarm", "list"], ["people", "list"], ["classes"],
        ["status", "letters"],
    ):  # fmt: skip
        said, other = (touchstone(*command, at=place, columns=200) for place in (at, there))
        assert said.code == 0, said.err
        assert _timeless(said.out) == _timeless(other.out)
    for place, name in ((at, "here.csv"), (there, "there.csv")):
        out = str(tmp_path / name)
        assert touchstone("export", "--reviews", "-o", out, at=place).code == 0
    here, there = ((tmp_path / name).read_text("utf-8") for name in ("here.csv", "there.csv"))
    assert _timeless(here) == _timeless(there)
    told = touchstone("doctor", "letters", "--scale", at=at, columns=300)
    assert told.code == 0
    assert re.search(r"letters: state +PostgreSQL \d+\S*, postgres://\S+, schema touch", told.out)


def _timeless(told):
    told = re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.+]+|/\S+/", "", told)
    return " ".join(told.split())


def test_reset_keeps_answers_and_classes_are_renamed_for_all(
    ran, ran_task, postgres, touchstone, tmp_path
):
    project = shutil.copytree(ran.folder.parents[1], tmp_path / "project")
    shutil.rmtree(project / "var")
    folder = project / "tasks" / "letters"
    text = (folder / "task.yaml").read_text(encoding="utf-8")
    (folder / "task.yaml").write_text(text.replace(text[text.rindex("\nstate:") :], ""), "utf-8")
    keep_in(folder, postgres.database())
    out = tmp_path / "reviews.jsonl"
    touchstone("export", "--reviews", "-o", str(out), at=ran_task.project)
    assert "0 reviews were there before" in touchstone("import", str(out), at=project).out
    answered = count_answers(load_task(folder).reviews)
    assert answered > 0
    assert touchstone("reset", "letters", "--yes", at=project).code == 0
    assert count_answers(load_task(folder).reviews) == answered
    told = touchstone("classes", "rename", "praise", "kudos", "--yes", at=project)
    assert told.code == 0, told.err
    task = load_task(folder)
    assert "kudos" in task.classes
    with closing(ReviewStore(task.reviews, kind=task.kind)) as store:
        assert "praise" not in store.named()
        assert store.named()["kudos"] > 0


def test_a_database_that_goes_away_in_the_middle_of_a_run_is_told_in_a_sentence(
    ran, postgres, touchstone, tmp_path, monkeypatch
):
    project = shutil.copytree(ran.folder.parents[1], tmp_path / "project")
    shutil.rmtree(project / "var")
    plan = ReviewStore.plan

    def gone(self, *given, **more):
        postgres.stop()
        return plan(self, *given, **more)

    monkeypatch.setattr(ReviewStore, "plan", gone)
    try:
        said = touchstone("run", "letters", at=project, columns=500)
    finally:
        postgres.start()
    assert said.code != 0
    assert "does not answer" in said.err + said.out
    assert "Traceback" not in said.err + said.out
    monkeypatch.undo()
    assert touchstone("run", "letters", at=project).code == 0


@pytest.fixture
def letters(tmp_path, monkeypatch):
    """A new task; its task.yaml is to be written to."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return create(tmp_path, "letters")


def test_a_database_that_does_not_answer_is_told_before_any_work(letters, touchstone):
    keep_in(letters, "postgres://me@127.0.0.1:1/kept")
    for command in ("run", "status", "doctor"):
        said = touchstone(command, "letters", at=letters.parents[1], columns=500)
        assert said.code in (1, 2)
        told = said.err + said.out
        assert "postgres://me@127.0.0.1:1/kept, schema touchstone_state_letters does not" in told
        assert "Traceback" not in told


def test_without_psycopg_it_says_what_to_install(letters, postgres, touchstone, monkeypatch):
    keep_in(letters, postgres.database())
    monkeypatch.setitem(sys.modules, "psycopg", None)
    said = touchstone("status", "letters", at=letters.parents[1], columns=500)
    assert said.code == 2
    assert "needs psycopg; install it with `pip install 'touchstone[postgres]'`" in said.err


def test_a_user_who_may_make_nothing_is_told_what_to_grant(letters, postgres, touchstone):
    address, user = postgres.database(), f"guest_{secrets.token_hex(4)}"
    with psycopg.connect(address, autocommit=True) as db:
        db.execute(f"create user {user}")
    keep_in(letters, address.replace("keeper", user))
    said = touchstone("people", "invite", "anna", at=letters.parents[1], columns=500)
    assert said.code == 2
    assert "permission denied" in said.err
    assert "grant create on database" in said.err
    assert "Traceback" not in said.err


def test_a_password_in_the_address_is_refused_and_not_repeated(letters, touchstone):
    keep_in(letters, "postgres://me:s3cret@db.example/kept")
    said = touchstone("status", "letters", at=letters.parents[1], columns=500)
    assert said.code == 2
    assert "PGPASSWORD" in said.err
    assert "s3cret" not in said.err


def test_a_schema_of_a_newer_version_is_not_written_to(postgres):
    place = PostgresSchema(postgres.address, f"kept_{secrets.token_hex(8)}", "reviews")
    newer = (SCHEMA + TABLES).replace("note text not null default ''", "note text, mood text")
    place.open(newer, IN_POSTGRES).close()
    with pytest.raises(LabelingError, match=r"made by a newer version .* reviews has mood"):
        ReviewStore(place)


def test_a_column_that_came_since_is_added_and_older_programs_notice(postgres):
    place = PostgresSchema(postgres.address, f"kept_{secrets.token_hex(8)}", "notes")
    first = "create table if not exists notes (note text not null);"
    place.open(first).close()
    second = "create table if not exists notes (note text not null, mood text default 'good');"
    with closing(place.open(second)) as db:
        db.execute("insert into notes (note) values ('look twice')")
        assert dict(db.execute("select * from notes").fetchone()) == {
            "note": "look twice", "mood": "good",
        }  # fmt: skip
    with pytest.raises(LabelingError, match="newer version"):
        place.open(first)


def test_texts_are_in_the_order_of_their_characters_whatever_the_database_sorts_by(postgres):
    name = f"kept_{secrets.token_hex(8)}"
    with psycopg.connect(postgres.address, autocommit=True) as db:
        db.execute(
            f"create database {name} template template0 locale_provider icu icu_locale 'en-US'"
            " encoding utf8 locale 'C.UTF-8'"
        )
    address = f"{postgres.address.rpartition('/')[0]}/{name}"
    store = ReviewStore(PostgresSchema(address, "kept", "reviews"))
    ids = ["b", "B", "a", "_", "é", "Z", "\N{BOOKS}", "A1", "a-1"]
    store.plan({"item_id": i, "batch": "x", "origin": "queue", "text": "t"} for i in ids)
    with store.database.read() as db:
        found = [row[0] for row in db.execute("select item_id from items order by item_id")]
    store.close()
    assert found == sorted(ids)
