"""One instance in PostgreSQL, several machines: each is a folder for var of its own, and processes."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from dagster._core.test_utils import create_run_for_test

from orchestration import batch_step
from orchestration.sensors import run_requests
from orchestration.turn import turn
from resources.dagster.instance import instance_of, open_instance, under_way
from resources.dagster.last_run import last_run_of
from resources.dagster.living import end_lost_runs
from resources.dagster.machines.database import Database, InstanceGoneError
from resources.dagster.machines.one_daemon import one_daemon, refuse_second_daemon
from resources.dagster.machines.signs import MAKING, RUN, TURN, Sign, holders, holding, me, number
from resources.dagster.tags import LAUNCHED_TAG, PARTITION_NAME_TAG, PROCESS_TAG, TASK_TAG
from resources.processes import this_process
from resources.task.errors import TaskError
from resources.task.task import Task, load_task

AT = "TOUCHSTONE_TESTS_INSTANCE"
STARTED = dg.DagsterRunStatus.STARTED

OPEN = """
import sys, time
from pathlib import Path
from resources.dagster.instance import open_instance
while time.time() < float(sys.argv[2]):
    pass
with open_instance(Path(sys.argv[1]) / sys.argv[3], Path(sys.argv[1])) as instance:
    instance.add_dynamic_partitions("batches", [sys.argv[3]])
"""

WORK = """
import sys, time
from pathlib import Path
import dagster as dg
from orchestration.one_job import run_job
from orchestration import batch_step
from orchestration.turn import turn
from resources.dagster.instance import instance_of
from resources.dagster.tags import TASK_TAG
from resources.task.task import load_task

@dg.op
def long():
    print("works", flush=True)
    time.sleep(300)

@dg.job(tags={TASK_TAG: "letters"})
def letters_label():
    long()

task = load_task(Path(sys.argv[1]))
with turn(task, lambda told: print(told, flush=True)), instance_of(task) as instance:
    run_job(dg.Definitions(jobs=[letters_label]), instance, "letters_label", None)
"""


@pytest.fixture
def project(tmp_path, postgres, monkeypatch) -> Path:
    """A project with one task, whose instance of Dagster lies in a database of its own."""
    from cli.new.new import create

    create(tmp_path, "letters")
    monkeypatch.setenv(AT, postgres.database())
    (tmp_path / "dagster.yaml").write_text(
        f"storage: {{postgres: {{postgres_url: {{env: {AT}}}}}}}\n"
    )
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return tmp_path


@pytest.fixture
def task(project) -> Task:
    return load_task(project / "tasks" / "letters")


@pytest.fixture
def elsewhere(project):
    """Start a run of the task on another machine; it works until it is ended."""
    started: list[subprocess.Popen[str]] = []

    def start(name: str = "b") -> subprocess.Popen[str]:
        environment = {**os.environ, "TOUCHSTONE_VAR": str(project / f"var_{name}")}
        one = subprocess.Popen(
            [sys.executable, "-c", WORK, str(project / "tasks" / "letters")],
            env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_three_first_openings_at_once_leave_an_instance_that_opens(project):
    at = str(time.time() + 6)
    openings = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(project), at, f"var{n}"],
            stderr=subprocess.PIPE, text=True,
        )
        for n in range(3)
    ]  # fmt: skip
    for opening in openings:
        _, said = opening.communicate(timeout=120)
        assert opening.returncode == 0, said
    with open_instance(project / "var", project) as instance:
        assert sorted(instance.get_dynamic_partitions("batches")) == [f"var{n}" for n in range(3)]
        assert dg.materialize([dg.AssetsDefinition.from_op(one)], instance=instance).success


def test_who_opens_while_tables_are_made_waits_for_them(project):
    database = Database.of_project(project)
    with ThreadPoolExecutor(1) as other:
        with holding(database, MAKING, "tables"):
            opened = other.submit(open_instance, project / "var", project)
            with pytest.raises(TimeoutError):
                opened.result(timeout=2)
            assert database.version() is None
        opened.result(timeout=60).dispose()
    assert database.version() is not None


@dg.op
def one() -> int:
    return 1


def test_an_opening_that_was_killed_is_finished_by_the_next(project):
    with open_instance(project / "var", project):
        pass
    with psycopg.connect(os.environ[AT], autocommit=True) as db:
        db.execute("delete from secondary_indexes")
    database = Database.of_project(project)
    assert database is not None
    assert database.version() is None
    with open_instance(project / "var", project):
        assert database.version() is not None


def test_tables_of_another_version_are_told_and_left_alone(project):
    with open_instance(project / "var", project):
        pass
    with psycopg.connect(os.environ[AT], autocommit=True) as db:
        db.execute("update alembic_version set version_num = 'ffffffffffff'")
        with pytest.raises(
            TaskError, match="made by another version of Dagster: its tables are of fff"
        ):
            open_instance(project / "var", project)
        assert db.execute("select version_num from alembic_version").fetchone() == ("ffffffffffff",)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://me:hush@127.0.0.1:1/runs", "does not answer: .*see that PostgreSQL runs"),
        ("{server}/nowhere", "does not let us in: database .nowhere. does not exist"),
        ("mysql://me:hush@db/runs", "this is no address of a database of PostgreSQL"),
        ("not an address, hush", "this is no address of a database of PostgreSQL"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_in_a_sentence_without_its_password(
    project, postgres, monkeypatch, touchstone, address, told
):
    server = postgres.address.rpartition("/")[0].replace("keeper@", "keeper:hush@")
    monkeypatch.setenv(AT, address.format(server=server))
    with pytest.raises(TaskError, match=told):
        open_instance(project / "var", project)
    for command in (["run", "letters"], ["status"], ["up"]):
        said = touchstone(*command, at=project, columns=500)
        assert said.code == 2, command
        assert "hush" not in said.err + said.out
        assert "Traceback" not in said.err + said.out
    assert not any("hush" in path.read_text() for path in project.rglob("*.yaml"))


def test_a_user_who_may_make_no_table_is_told_what_to_grant(project, monkeypatch):
    with psycopg.connect(os.environ[AT], autocommit=True) as db:
        db.execute("drop role if exists guest")
        db.execute("create role guest login")
    monkeypatch.setenv(AT, os.environ[AT].replace("keeper@", "guest@"))
    with pytest.raises(TaskError, match="grant create on schema public to USER"):
        open_instance(project / "var", project)


def test_a_run_of_another_machine_goes_on_until_its_process_is_killed(task, elsewhere):
    other = elsewhere()
    assert other.stdout.readline() == "works\n"
    with instance_of(task) as instance:
        (run,) = instance.get_runs()
        assert end_lost_runs(instance) == []
        assert under_way(task) == [run.run_id]
        assert last_run_of(task).state == "started"
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert last_run_of(task).state == "interrupted"
        assert end_lost_runs(instance) == [run.run_id]
        assert last_run_of(task).state == "failure"


def test_a_process_that_has_our_number_on_another_machine_is_no_sign_of_life(task):
    with instance_of(task) as instance:
        lost = create_run_for_test(
            instance, "a", status=STARTED, tags={TASK_TAG: "letters", PROCESS_TAG: this_process()}
        )
        assert end_lost_runs(instance, "letters") == [lost.run_id]


def test_a_launched_run_has_a_sign_of_its_own_whether_a_daemon_lives_or_not(task):
    with instance_of(task) as instance:

        def run(status=STARTED):
            tags = {TASK_TAG: "letters", LAUNCHED_TAG: "{}"}
            return create_run_for_test(instance, "a", status=status, tags=tags)

        works, lost, begins = run(), run(), run(dg.DagsterRunStatus.STARTING)
        sign = Sign(Database.of(instance), RUN, works.run_id)
        assert sign.take()
        for launched in (True, False):
            assert end_lost_runs(instance, launched=launched) == ([lost.run_id] if launched else [])
        sign.let_go()
        assert end_lost_runs(instance) == [works.run_id]
        assert instance.get_run_by_id(begins.run_id).status is dg.DagsterRunStatus.STARTING


@pytest.mark.parametrize("shared", [True, False])
def test_a_sensor_ends_what_was_lost_with_its_command_before_it_waits_for_it(task, shared):
    opened = instance_of(task) if shared else open_instance(task.var.parent)
    with opened as instance:
        lost = create_run_for_test(
            instance, "letters_label", status=STARTED,
            tags={TASK_TAG: "letters", PROCESS_TAG: "1 1 1"},
        )  # fmt: skip
        begins = create_run_for_test(
            instance, "letters_label", status=dg.DagsterRunStatus.STARTING,
            tags={TASK_TAG: "letters", PARTITION_NAME_TAG: "a"},
        )  # fmt: skip
        context = dg.build_sensor_context(instance)
        assert run_requests.under_way(context, task, "letters_label") == {"a"}
        assert instance.get_run_by_id(lost.run_id).status is dg.DagsterRunStatus.FAILURE
        assert not instance.get_run_by_id(begins.run_id).is_finished


def test_the_doctor_says_where_the_instance_lies_and_who_has_the_daemon(project, touchstone):
    def told():
        return " ".join(touchstone("doctor", "--scale", at=project, columns=300).out.split())

    assert "not made yet; the first run makes it" in told()
    with open_instance(project / "var", project):
        assert "its daemon: on no machine" in told()
    with one_daemon(project):
        assert f"its daemon: {me()}" in told()
    (project / "dagster.yaml").write_text("storage: {postgres: {}}")
    assert "MEND Dagster" in told()
    (project / "dagster.yaml").unlink()
    assert f"Dagster files of SQLite in {project / 'var' / 'dagster'}" in told()


def test_a_second_machine_waits_for_its_turn_and_names_the_first(task, elsewhere):
    first = elsewhere("b")
    assert first.stdout.readline() == "works\n"
    told = rf"process {first.pid} on \S+ works on task 'letters'"
    with pytest.raises(TaskError, match=told), turn(task, lambda _: None, patience_s=0.1):
        pass
    second = elsewhere("c")
    assert second.stdout.readline().startswith(f"waiting for process {first.pid} on ")
    first.send_signal(signal.SIGKILL)
    assert second.stdout.readline() == "works\n", "what was killed holds nobody up"


def test_who_held_a_lock_holds_it_again_when_the_database_is_back(project, postgres, task):
    database = Database.of_project(project)
    heard: list[str] = []
    with turn(task, heard.append):
        postgres.stop()
        with pytest.raises(InstanceGoneError, match="does not answer"):
            holders(database, RUN)
        postgres.start()
        until = time.monotonic() + 20
        while not any(who == me() for who in holders_of_turns(database).values()):
            assert time.monotonic() < until
            time.sleep(0.1)
    assert holders_of_turns(database) == {}


def holders_of_turns(database):
    return holders(database, TURN)


def test_a_database_that_goes_away_in_the_middle_of_a_run_is_told_in_a_sentence(
    project, postgres, touchstone, monkeypatch
):
    monkeypatch.setattr("dagster_postgres.utils.calculate_delay", lambda **_: 0.01)
    make = batch_step._make

    def gone(*given):
        postgres.stop()
        return make(*given)

    monkeypatch.setattr(batch_step, "_make", gone)
    try:
        said = touchstone("run", "letters", at=project, columns=500)
    finally:
        postgres.start()
    assert said.code == 2
    assert "where Dagster keeps its runs, does not answer" in said.err
    assert "Traceback" not in said.err


def test_an_instance_has_one_daemon(project):
    with one_daemon(project):
        with pytest.raises(TaskError, match=rf"{me()} runs the daemon of this instance"):
            refuse_second_daemon(project)
        with pytest.raises(TaskError, match="of which there may be one"), one_daemon(project):
            pass
    refuse_second_daemon(project)


def test_numbers_of_locks_are_those_that_postgres_takes(project):
    sign = Sign(Database.of_project(project), RUN, "a run")
    assert sign.take()
    assert holders(Database.of_project(project), RUN) == {number("a run"): me()}
    sign.let_go()
    assert holders(Database.of_project(project), RUN) == {}
