"""What landed follows the settings and the files: nothing stays of what is mended or gone."""

import csv
import shutil

import dagster as dg
import pytest

from assets.landing.arrivals import has_landed
from cli.everyday.item_history import unknown
from cli.new.new import create
from orchestration import running
from orchestration.definitions import definitions
from orchestration.one_job import run_job
from orchestration.planning import batches_to_label
from orchestration.running import run_task
from resources.dagster.instance import open_instance
from resources.reviews.store import ReviewStore
from resources.store import tables
from resources.store.table import as_arrow
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.conftest import COLUMNS, SENTENCES, THINGS, write

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three days of twelve letters, with a column of notes beside the text."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return three_days(tmp_path)


def three_days(project):
    made = create(project, "letters")
    for path in (made / "items").iterdir():
        path.unlink()
    truth = []
    for day in DAYS:
        rows = []
        for at in range(12):
            label, sentence = list(SENTENCES.items())[at % 3]
            rows.append(
                [f"{day}-{at}", f"{day}T10:00:00", "mail", sentence.format(THINGS[at % 10]), "note"]
            )
            truth.append([f"{day}-{at}", label])
        write(made / "items" / f"{day}.csv", [[*COLUMNS, "note"], *rows])
    write(made / "truth.csv", [["item_id", "label"], *truth])
    path = made / "task.yaml"
    text = path.read_text(encoding="utf-8") + "\nreviewers:\n  scripted: {truth: truth.csv}\n"
    path.write_text(text, encoding="utf-8")
    return made


class Letters:
    """The task, landed as Dagster lands it; labelling is only written down, which is all that counts here."""

    def __init__(self, folder, instance):
        self.folder, self.instance = folder, instance

    @property
    def task(self):
        return load_task(self.folder)

    def land(self) -> list[str]:
        """Return the warnings."""
        return run_job(definitions(self.task), self.instance, "letters_land", None)

    def label(self) -> list[str]:
        """Return which batches there was reason to label."""
        task, warehouse = self.task, warehouse_of(self.task)
        todo = batches_to_label(task, warehouse)
        for batch, stamp in todo.items():
            row = {"item_id": "i", "batch": batch, "stamp": stamp}
            warehouse.replace_batch(tables.RELEASED, batch, as_arrow(tables.RELEASED, [row]))
            warehouse.replace_batch(tables.DRIFT, batch, as_arrow(tables.DRIFT, [{"batch": batch}]))
        return list(todo)

    def read(self, sql):
        return warehouse_of(self.task).ask(sql).to_pylist()

    def say(self, old, new):
        path = self.folder / "task.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def change(self, day, at, column, value):
        path = self.folder / "items" / f"{day}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        rows[at][column] = value
        write(path, rows)

    def partitions(self):
        return sorted(self.instance.get_dynamic_partitions("letters_batches"))


@pytest.fixture
def letters(folder):
    with dg.DagsterInstance.ephemeral() as instance:
        made = Letters(folder, instance)
        made.land()
        assert made.label() == list(DAYS)
        assert made.label() == []
        yield made
        warehouse_of(made.task).close()


def test_what_was_landed_is_not_read_again(letters):
    letters.land()
    assert letters.label() == []
    assert letters.partitions() == list(DAYS)


def test_another_column_of_text_is_read_anew_and_labelled_anew(letters):
    letters.say("text: text", "text: note")
    letters.land()
    assert letters.label() == list(DAYS)
    assert letters.read("select distinct text from raw.arrivals") == [{"text": "note"}]
    letters.say("text: note", "text: text")
    letters.land()
    assert letters.label() == list(DAYS)
    assert len(letters.read("select distinct text from raw.arrivals")) > 1


def test_another_column_of_ids_leaves_no_id_of_before(letters):
    letters.say("id: item_id", "id: note")
    letters.land()
    assert letters.read("select distinct item_id from raw.arrivals") == [{"item_id": "note"}]


def test_a_bad_file_that_is_deleted_leaves_no_word_of_itself(letters):
    (letters.folder / "items" / "bad.csv").write_text("item_id,received_at\n1,yesterday\n")
    assert any("bad.csv" in warning for warning in letters.land())
    (letters.folder / "items" / "bad.csv").unlink()
    assert not any("bad.csv" in warning for warning in letters.land())
    assert letters.read("from raw.quarantine") == []


def test_a_row_set_aside_comes_back_when_its_cause_is_mended_in_task_yaml(letters):
    letters.change(DAYS[0], 1, 1, "02.03.2026 at 10")
    letters.land()
    assert letters.label() == [DAYS[0]]
    assert len(letters.read("from raw.quarantine")) == 1
    letters.change(DAYS[0], 1, 1, f"{DAYS[0]}T10:00:00")
    letters.land()
    assert letters.read("from raw.quarantine") == []
    letters.say("# longest_text: 100000", "longest_text: 30")
    letters.land()
    many = len(letters.read("from raw.quarantine"))
    assert many > 3
    letters.say("longest_text: 30", "longest_text: 2000")
    letters.land()
    assert letters.read("from raw.quarantine") == []


def test_where_only_the_file_moves_nothing_is_made_anew(letters):
    (letters.folder / "items" / f"{DAYS[0]}.csv").rename(letters.folder / "items" / "moved.csv")
    letters.land()
    assert letters.label() == []
    assert letters.partitions() == list(DAYS)


def test_a_batch_whose_file_is_gone_is_no_batch_any_more_and_is_not_handed_to_reviewers(letters):
    store = ReviewStore(letters.task.reviews)
    store.plan(
        [{"item_id": f"{day}-0", "batch": day, "origin": "queue", "text": "a"} for day in DAYS]
    )
    (letters.folder / "items" / f"{DAYS[1]}.csv").unlink()
    letters.land()
    assert letters.partitions() == [DAYS[0], DAYS[2]]
    assert letters.label() == []
    left = letters.read("select batch from labels.released order by batch")
    assert [row["batch"] for row in left] == [DAYS[0], DAYS[2]]
    with store.database.read() as db:
        waiting = {
            row[0] for row in db.execute("select batch from assignments where state = 'open'")
        }
    assert waiting == {DAYS[0], DAYS[2]}
    said = str(unknown([letters.task], f"{DAYS[1]}-0"))
    assert f"is gone: it came in batch {DAYS[1]}, and no file that was read has it" in said
    assert "nobody had answered about it" in said
    assert "has arrived in letters" in str(unknown([letters.task], "never-there"))


def test_a_batch_of_which_only_repeated_ids_are_left_is_no_batch_any_more(letters):
    for at in range(1, 13):
        letters.change(DAYS[2], at, 0, f"{DAYS[0]}-{at - 1}")
    letters.land()
    assert letters.partitions() == list(DAYS[:2])
    assert letters.label() == []


def test_windows_of_another_length_make_other_batches_and_leave_no_ghost(letters):
    letters.say("every: day", "every: month")
    letters.land()
    assert letters.label() == ["2026-03"]
    assert letters.partitions() == ["2026-03"]
    assert letters.read("select distinct batch from labels.released") == [{"batch": "2026-03"}]


def test_a_query_in_the_place_of_files_leaves_nothing_of_the_files(letters):
    letters.say(
        'files: "items/*.csv"',
        "query: \"select 'q' as item_id, 'a' as text, timestamp '2026-04-01' as received_at,"
        " 'mail' as channel\"",
    )
    letters.land()
    assert letters.label() == ["2026-04-01"]
    assert letters.read("select file, item_id from raw.arrivals") == [
        {"file": "query", "item_id": "q"}
    ]


def test_redaction_switched_on_reads_anew_what_had_landed(letters):
    letters.change(DAYS[0], 1, 3, "Thank you, write to ann@example.org.")
    letters.land()
    assert letters.label() == [DAYS[0]]
    letters.say("  # longest_text: 100000", "  redact: [email]\n  # longest_text: 100000")
    letters.land()
    assert letters.label() == [DAYS[0]]
    assert letters.read("select 1 from raw.arrivals where text like '%ann@example.org%'") == []


@pytest.mark.parametrize(
    ("column", "value"),
    [(1, f"{DAYS[0]}T11:00:00"), (2, "desk"), (3, "other words"), (3, ""), (0, "another id")],
    ids=["time", "metadata", "text", "no text", "id"],
)
def test_whatever_changes_of_an_item_makes_its_batch_anew(letters, column, value):
    letters.change(DAYS[0], 1, column, value)
    letters.land()
    assert letters.label() == [DAYS[0]]
    letters.land()
    assert letters.label() == []


def test_an_item_that_moves_to_another_day_makes_both_days_anew(letters):
    letters.change(DAYS[0], 1, 1, f"{DAYS[1]}T10:00:00")
    letters.land()
    assert letters.label() == [DAYS[0], DAYS[1]]


def test_a_wrong_pattern_of_files_takes_nothing_out(letters):
    from resources.task.errors import TaskError

    letters.say("items/*.csv", "item/*.csv")
    with pytest.raises(TaskError, match="no file matches"):
        letters.land()
    letters.say("item/*.csv", "items/*.csv")
    letters.land()
    assert letters.label() == []


def run(folder):
    return run_task(load_task(folder), lambda *_: None)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A project that was run once, which nobody opens, and what came of it."""
    project = tmp_path_factory.mktemp("ran") / "project"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        folder = three_days(project)
        outcome = run(folder)
        warehouse_of(load_task(folder)).close()
    return project, outcome


@pytest.fixture
def ran_folder(ran, tmp_path, monkeypatch):
    """The task of a copy of that project."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    return shutil.copytree(ran[0], tmp_path / "project") / "tasks" / "letters"


def batches(folder):
    """Tables and partitions, each with the batches that it knows."""
    task = load_task(folder)
    known = {}
    with warehouse_of(task).connect() as db:
        for (table,) in db.execute(
            "select distinct schema_name || '.' || table_name from duckdb_columns()"
            " where column_name = 'batch' and schema_name <> 'staging'"
        ).fetchall():
            found = {b for (b,) in db.execute(f"select distinct batch from {table}").fetchall()}
            known[table] = found - {"history", None}
    with open_instance(task.var.parent) as instance:
        known["partitions"] = set(instance.get_dynamic_partitions("letters_batches"))
    return known


def test_a_file_that_is_gone_takes_its_batches_along_and_back_it_brings_them_back(ran, ran_folder):
    from mlflow.tracking import MlflowClient

    _, first = ran
    folder = ran_folder
    path = folder / "items" / f"{DAYS[1]}.csv"
    content = path.read_bytes()
    path.unlink()
    outcome = run(folder)
    assert outcome.published
    assert [row["batch"] for row in outcome.rows] == [DAYS[0], DAYS[2]]
    (told,) = [warning for warning in outcome.warnings if warning.startswith("input:")]
    assert DAYS[1] in told
    assert {name for name, seen in batches(folder).items() if DAYS[1] in seen} == set()
    task = load_task(folder)
    client = MlflowClient(task.tracking_uri)
    experiment = client.get_experiment_by_name("letters")
    names = {found.info.run_name for found in client.search_runs([experiment.experiment_id])}
    assert names == {DAYS[0], DAYS[2], "history"}
    assert run(folder).published is False
    path.write_bytes(content)
    back = run(folder)
    assert back.labelled == [DAYS[1]]
    shown = ("batch", "items", "labelled", "reviewed", "accuracy")
    assert [[row[name] for name in shown] for row in back.rows] == [
        [row[name] for name in shown] for row in first.rows
    ]


def test_landing_has_nothing_to_do_only_while_files_and_settings_stand_as_they_were_read(letters):
    def landed():
        return has_landed(letters.task, warehouse_of(letters.task))

    assert landed()
    letters.change(DAYS[0], 1, 3, "other words")
    assert not landed()
    letters.land()
    assert landed()
    extra = letters.folder / "items" / "2026-03-09.csv"
    write(extra, [[*COLUMNS, "note"], ["new", "2026-03-09T10:00:00", "mail", "hello there", "n"]])
    assert not landed()
    letters.land()
    assert landed()
    extra.unlink()
    assert not landed()
    letters.land()
    assert landed()
    letters.say("text: text", "text: note")
    assert not landed()


def test_a_run_that_finds_nothing_new_starts_nothing_and_one_with_a_broken_file_tells_it_again(
    ran_folder, monkeypatch
):
    folder = ran_folder
    task = load_task(folder)

    def run():
        return run_task(task, lambda *_: None)

    jobs = []
    real = running.run_job
    monkeypatch.setattr(running, "run_job", lambda *a: jobs.append(a[2]) or real(*a))
    assert run().labelled == []
    assert jobs == []
    (folder / "items" / "2026-03-10.csv").write_text("no,such,columns\n1,2,3\n", encoding="utf-8")
    for _ in range(2):
        told = run().warnings
        assert any("every_file_can_be_read" in one for one in told)
    assert jobs.count("letters_land") == 2
