"""What landed follows the settings and the files: nothing stays of what is mended or gone."""

import csv

import dagster as dg
import pytest

from orchestration.commands.new import create
from orchestration.instance import open_instance
from orchestration.running import run_task
from orchestration.schedules import warehouse_of
from orchestration.task.task import load_task
from tests.conftest import COLUMNS, SENTENCES, THINGS, write

DAYS = ("2026-03-02", "2026-03-03", "2026-03-04")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three days of twelve letters, with a column of notes beside the text."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    made = create(tmp_path, "letters")
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


def run(folder):
    return run_task(load_task(folder), lambda *_: None)


def say(folder, old, new):
    path = folder / "task.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def read(folder, sql):
    return warehouse_of(load_task(folder)).read(sql).to_pylist()


def batches(folder):
    """Tables and partitions, each with the batches that it knows."""
    task = load_task(folder)
    known = {}
    with warehouse_of(task).connect() as db:
        tables = db.execute(
            "select distinct schema_name || '.' || table_name from duckdb_columns()"
            " where column_name = 'batch' and schema_name <> 'staging'"
        ).fetchall()
        for (table,) in tables:
            found = {b for (b,) in db.execute(f"select distinct batch from {table}").fetchall()}
            known[table] = found - {"history", None}
    with open_instance(task.var.parent) as instance:
        known["partitions"] = set(instance.get_dynamic_partitions("letters_batches"))
    return known


def test_another_column_of_text_is_read_anew_and_labelled_anew(folder):
    say(folder, "text: text", "text: note")
    run(folder)
    assert {row["text"] for row in read(folder, "select text from raw.items")} == {"note"}
    say(folder, "text: note", "text: text")
    outcome = run(folder)
    assert outcome.labelled == list(DAYS)
    assert "note" not in {row["text"] for row in read(folder, "select text from raw.items")}
    assert run(folder).labelled == []


def test_a_file_that_is_gone_takes_its_batches_along_and_back_it_brings_them_back(folder):
    run(folder)
    path = folder / "items" / f"{DAYS[1]}.csv"
    content = path.read_bytes()
    path.unlink()
    outcome = run(folder)
    assert outcome.published
    assert [row["batch"] for row in outcome.rows] == [DAYS[0], DAYS[2]]
    (told,) = [warning for warning in outcome.warnings if warning.startswith("input:")]
    assert DAYS[1] in told
    ghosts = {name: seen & {DAYS[1]} for name, seen in batches(folder).items()}
    assert {name for name, seen in ghosts.items() if seen} == set()
    from mlflow.tracking import MlflowClient

    task = load_task(folder)
    client = MlflowClient(task.tracking_uri)
    experiment = client.get_experiment_by_name("letters")
    names = {found.info.run_name for found in client.search_runs([experiment.experiment_id])}
    assert names == {DAYS[0], DAYS[2], "history"}
    assert run(folder).published is False
    path.write_bytes(content)
    back = run(folder)
    assert DAYS[1] in back.labelled
    assert [row["batch"] for row in back.rows] == list(DAYS)
    reviewed = read(folder, f"select count(*) as n from people.reviews where batch = '{DAYS[1]}'")
    assert reviewed[0]["n"] == 12


def test_a_bad_file_that_is_deleted_leaves_no_word_of_itself(folder):
    (folder / "items" / "bad.csv").write_text("item_id,received_at\n1,yesterday\n")
    assert any("bad.csv" in warning for warning in run(folder).warnings)
    (folder / "items" / "bad.csv").unlink()
    outcome = run(folder)
    assert not any("bad.csv" in warning for warning in outcome.warnings)
    assert read(folder, "from raw.quarantine") == []


def test_what_is_not_shown_any_more_is_not_handed_to_reviewers(folder):
    from orchestration.resources.review_store import ReviewStore

    say(folder, "\nreviewers:\n  scripted: {truth: truth.csv}\n", "")
    run(folder)
    (folder / "items" / f"{DAYS[1]}.csv").unlink()
    run(folder)
    store = ReviewStore(load_task(folder).reviews)
    with store.database.read() as db:
        open_ones = {
            row[0] for row in db.execute("select batch from assignments where state = 'open'")
        }
    assert open_ones == {DAYS[0], DAYS[2]}


def test_windows_of_another_length_make_other_batches_and_leave_no_ghost(folder):
    run(folder)
    say(folder, "every: day", "every: month")
    outcome = run(folder)
    assert outcome.labelled == ["2026-03"]
    known = batches(folder)
    assert {batch for seen in known.values() for batch in seen} == {"2026-03"}


def test_redaction_switched_on_reads_anew_what_had_landed(folder):
    path = folder / "items" / f"{DAYS[0]}.csv"
    rows = list(csv.reader(path.open(encoding="utf-8")))
    rows[1][3] = "Thank you, write to ann@example.org."
    write(path, rows)
    run(folder)
    say(folder, "  # longest_text: 100000", "  redact: [email]\n  # longest_text: 100000")
    outcome = run(folder)
    assert outcome.labelled == [DAYS[0]]
    assert read(folder, "select 1 from raw.items where text like '%ann@example.org%'") == []


def test_an_item_that_only_changed_its_time_makes_its_batch_anew(folder):
    run(folder)
    path = folder / "items" / f"{DAYS[0]}.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("T10:00:00", "T11:00:00", 1))
    outcome = run(folder)
    assert outcome.labelled == [DAYS[0]]
    assert len(read(folder, "select distinct time from raw.items where batch = '2026-03-02'")) == 2


def test_an_item_that_moves_to_another_day_makes_both_days_anew(folder):
    run(folder)
    path = folder / "items" / f"{DAYS[0]}.csv"
    text = path.read_text(encoding="utf-8").replace(f"{DAYS[0]}T10", f"{DAYS[1]}T10", 1)
    path.write_text(text, encoding="utf-8")
    assert run(folder).labelled == [DAYS[0], DAYS[1]]
    stands = read(
        folder,
        f"select batch, count(*) as n from raw.items where item_id = '{DAYS[0]}-0' group by 1",
    )
    assert stands == [{"batch": DAYS[1], "n": 1}]


def test_a_text_that_becomes_null_makes_its_batch_anew(folder):
    path = folder / "items" / f"{DAYS[0]}.csv"
    rows = list(csv.reader(path.open(encoding="utf-8")))
    run(folder)
    rows[1][3] = ""
    write(path, rows)
    outcome = run(folder)
    assert outcome.labelled == [DAYS[0]]
    assert read(folder, f"from labels.released where item_id = '{DAYS[0]}-0'") == []
    assert any("1 of 12 rows" in warning for warning in outcome.warnings)


def test_partitions_follow_a_landing_that_dagster_starts(folder):
    task = load_task(folder)
    from orchestration.definitions import definitions
    from orchestration.running import run_job

    defs = definitions(task)
    with dg.DagsterInstance.ephemeral() as instance:
        run_job(defs, instance, "letters_land", None)
        assert sorted(instance.get_dynamic_partitions("letters_batches")) == list(DAYS)
        (folder / "items" / f"{DAYS[2]}.csv").unlink()
        run_job(defs, instance, "letters_land", None)
        assert sorted(instance.get_dynamic_partitions("letters_batches")) == list(DAYS[:2])
