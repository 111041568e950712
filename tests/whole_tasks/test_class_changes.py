"""Classes renamed, merged, split, retired: on a small task that was run, reviewed and published."""

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import joblib
import pyarrow.parquet as pq
import pytest

from labeling.quality.alarms.trail import Action, Event
from orchestration.changes.class_changes import change_classes, plan_change
from orchestration.planning import batches_to_label, batches_with_new_reviews
from orchestration.running import run_task
from orchestration.turn import turn
from resources.alerts.trail import AlarmTrail
from resources.reviews.store import ReviewStore
from resources.store.warehouse import warehouse_of
from resources.task.classes.asked import Asked
from resources.task.errors import TaskError
from resources.task.task import load_task
from tests.assets.figures import differences, of_tables

ROOT = Path(__file__).parents[2]
COMMAND = """
import os, signal, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import orchestration.changes.class_changes as module
point = sys.argv.pop(1)
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if point == "record":
    module.ReviewStore.change_classes = die
elif point == "files":
    module.write_files = die
elif point == "warehouse":
    module.load_task = die
from cli.app import main
main()
"""


@pytest.fixture
def project(ran_task, tmp_path, monkeypatch):
    """A copy of the project that was run."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    folder = tmp_path / "project"
    ran_task.copy_to(folder)
    return folder


def task_of(project):
    return load_task(project / "tasks" / "letters")


def rerun(project):
    return run_task(task_of(project), lambda *_: None)


def cells(project, without=()):
    """Every row of every table of the warehouse, sorted."""
    found = {}
    warehouse_of(task_of(project)).close()
    with duckdb.connect(str(task_of(project).warehouse)) as db:
        tables = db.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
        for (table,) in tables:
            if table not in without:
                found[table] = sorted(map(repr, db.execute(f"from {table}").fetchall()))
    return found


def files(project):
    folder = project / "tasks" / "letters"
    return {p.name: p.read_text("utf-8") for p in folder.iterdir() if p.suffix in (".yaml", ".py")}


def gold(project):
    rows = warehouse_of(task_of(project)).ask(
        "select label, count(*) as n from people.gold group by label order by label"
    )
    return dict(zip(rows["label"].to_pylist(), rows["n"].to_pylist(), strict=True))


def gold_of_items(project):
    rows = warehouse_of(task_of(project)).ask("select item_id, batch, label from people.gold")
    return {(row["item_id"], row["batch"]): row["label"] for row in rows.to_pylist()}


def accuracy(project):
    rows = warehouse_of(task_of(project)).ask(
        "select batch, reviewed, accuracy from quality.accuracy where class = '(all)' order by batch"
    )
    return rows.to_pylist()


def by_hand(project, *pairs):
    for name in ("task.yaml", "rules.yaml", "rules.py"):
        path = project / "tasks" / "letters" / name
        text = path.read_text("utf-8")
        for old, new in pairs:
            text = text.replace(f"name: {old}\n", f"name: {new}\n")
            text = text.replace(f"label: {old}\n", f"label: {new}\n")
            text = text.replace(f'label="{old}"', f'label="{new}"')
        path.write_text(text, "utf-8")


def test_a_rename_is_everywhere_and_nothing_is_labelled_or_measured_again(project, touchstone):
    before, right = gold(project), accuracy(project)
    told = touchstone("classes", "rename", "praise", "kudos", at=project, columns=200)
    assert "praise is named by 9 reviews" in told.out
    assert "Nothing was changed" in told.out
    assert "praise" in files(project)["task.yaml"]
    assert touchstone("classes", "rename", "praise", "kudos", "--yes", at=project).code == 0
    outcome = rerun(project)
    held = "\n".join(row for rows in cells(project).values() for row in rows)
    assert "'praise'" not in held
    assert "class/praise" not in held
    assert (outcome.labelled, outcome.measured, outcome.published) == ([], [], True)
    assert not outcome.warnings
    assert gold(project) == {"kudos" if k == "praise" else k: n for k, n in before.items()}
    assert accuracy(project) == right
    published = pq.read_table(task_of(project).published / "labels.parquet")
    assert set(published["label"].to_pylist()) >= {"kudos", "complaint", "question"}
    assert "praise" not in published["label"].to_pylist()
    out = project / "out.csv"
    assert touchstone("export", "letters", "-o", str(out), at=project).code == 0
    assert "kudos" in out.read_text("utf-8")
    model = project / "model.joblib"
    assert touchstone("export", "letters", "--model", "-o", str(model), at=project).code == 0
    assert list(joblib.load(model).predict(["Thank you for the lovely lift."])) == ["kudos"]
    assert "classes: kudos, complaint, question" in model.with_suffix(".md").read_text("utf-8")
    shown = touchstone("classes", at=project, columns=200).out
    assert "rename: praise → kudos" in shown
    assert rerun(project).published is False


def test_reviews_are_read_through_the_record_and_stay_as_they_were_given(project, touchstone):
    with sqlite3.connect(task_of(project).reviews) as db:
        before = db.execute("select * from reviews order by review_id").fetchall()
    touchstone("classes", "rename", "praise", "kudos", "--yes", at=project)
    with sqlite3.connect(task_of(project).reviews) as db:
        assert db.execute("select * from reviews order by review_id").fetchall() == before
    read = ReviewStore(task_of(project).reviews).reviews()["label"].to_pylist()
    assert "praise" not in read
    assert read.count("kudos") == sum(row[5] == "praise" for row in before)


def test_a_rename_and_back_leaves_every_table_and_file_as_it_was(project, touchstone):
    with warehouse_of(task_of(project)).connect():
        pass
    never = ("quality.class_changes", "quality.tracked")
    tables, texts = cells(project, never), files(project)
    for names in (("praise", "kudos"), ("kudos", "praise")):
        assert touchstone("classes", "rename", *names, "--yes", at=project).code == 0
    assert cells(project, never) == tables
    assert files(project) == texts


def test_classes_in_another_order_change_nothing(project):
    task = task_of(project)
    path = task.folder / "task.yaml"
    text = path.read_text("utf-8")
    start = text.index("  - name: praise")
    end = text.index("  - name: complaint")
    last = text.index("\n\n", end)
    path.write_text(
        text[:start] + text[end : last + 1] + text[start:end] + text[last + 1 :], "utf-8"
    )
    again = task_of(project)
    assert [c.name for c in again.spec.classes] == ["complaint", "question", "praise"]
    assert again.classes == ("praise", "complaint", "question")
    warehouse = warehouse_of(again)
    assert batches_to_label(again, warehouse) == {}
    assert batches_with_new_reviews(again, warehouse) == []


def test_a_merge_labels_nothing_again_and_counts_both_classes_as_one(project, touchstone):
    before, hints = gold(project), "select distinct signal from quality.early_warnings"
    hinted = warehouse_of(task_of(project)).ask(hints)["signal"].to_pylist()
    assert any(str(hint).startswith("voter/") for hint in hinted)
    said = touchstone(
        "classes", "merge", "complaint", "question", "--into", "ask", "--yes", at=project
    )
    assert said.code == 0
    task = task_of(project)
    assert task.classes == ("praise", "ask")
    rows = warehouse_of(task).ask("select posterior from labels.consensus")["posterior"]
    assert all(abs(sum(p) - 1) < 1e-9 and len(p) == 2 for p in rows.to_pylist())
    outcome = rerun(project)
    assert outcome.labelled == []
    assert outcome.measured == ["2026-03-02", "2026-03-03"]
    assert not outcome.warnings
    assert gold(project) == {
        "ask": before["complaint"] + before["question"],
        "praise": before["praise"],
    }
    classes = warehouse_of(task).ask("select distinct class from quality.accuracy order by 1")
    assert classes["class"].to_pylist() == ["(all)", "ask", "praise"]
    hinted = warehouse_of(task).ask(hints)["signal"].to_pylist()
    assert not {"conflict", "estimated_accuracy"}.intersection(hinted)
    assert not any(str(hint).startswith(("voter/", "class/")) for hint in hinted)
    tables = {
        p.stem: pq.ParquetFile(p).read().to_pylist() for p in task.published.glob("*.parquet")
    }
    assert differences(list(of_tables(tables))) == []


@pytest.mark.parametrize(
    ("command", "classes", "again"),
    [
        (
            ("split", "question", "question", "request"),
            ("praise", "complaint", "question", "request"),
            {"audit", "queue"},
        ),
        (("retire", "question"), ("praise", "complaint"), {"audit"}),
    ],
)
def test_answers_that_nobody_can_tell_any_more_come_before_people_again(
    project, touchstone, command, classes, again
):
    truth = project / "tasks" / "letters" / "truth.csv"
    with sqlite3.connect(task_of(project).reviews) as db:
        gone = set(db.execute("select item_id from reviews where label = 'question'").fetchall())
        kept = {
            row[0]
            for row in db.execute("select distinct origin from reviews where label = 'question'")
        }
    said = touchstone("classes", *command, "--yes", at=project, columns=200)
    assert said.code == 0
    assert "the next run labels 2 batches again" in said.out
    task = task_of(project)
    assert task.classes == classes
    store = ReviewStore(task.reviews)
    first = store.open_items().to_pylist()[: len(gone)]
    assert {row["origin"] for row in first if row["priority"] >= 1} == again & kept
    assert "question" not in gold(project)
    truth.write_text("item_id,label\n", "utf-8")  # nobody answers for now
    outcome = rerun(project)
    assert outcome.labelled == ["2026-03-02", "2026-03-03"]
    assert "question" not in gold(project)
    waiting = {row["item_id"] for row in store.open_items().to_pylist() if row["priority"] >= 1}
    assert {(item,) for item in waiting} <= gone
    assert waiting
    listed = touchstone("classes", at=project, columns=200).out
    assert f"{len(gone)} answers name a class that is gone" in listed


def votes(project, label):
    return {
        (row["voter"], row["item_id"])
        for row in warehouse_of(task_of(project))
        .ask("select voter, item_id from votes.rules where label = ?", [label])
        .to_pylist()
    }


def test_rules_vote_on_for_a_class_that_something_was_split_off(project, touchstone):
    before = votes(project, "praise")
    assert before
    touchstone("classes", "split", "praise", "praise", "thanks", "--yes", at=project)
    rerun(project)
    assert votes(project, "praise") == before


def test_rules_of_a_retired_class_vote_again_once_both_are_put_back(project, touchstone):
    before, texts = votes(project, "complaint"), files(project)
    touchstone("classes", "retire", "complaint", "--yes", at=project)
    for name, text in texts.items():
        (project / "tasks" / "letters" / name).write_text(text, "utf-8")
    rerun(project)
    assert votes(project, "complaint") == before
    assert gold(project)["complaint"] > 0


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([("praise", "kudos")], "`touchstone classes rename praise kudos` if it is called so now"),
        ([("question", "complaint")], "`touchstone classes retire question`"),
    ],
)
def test_a_class_that_vanished_by_hand_stops_the_run_before_any_work(
    project, touchstone, pairs, told
):
    if pairs[0][1] == "complaint":
        path = project / "tasks" / "letters" / "task.yaml"
        text = path.read_text("utf-8")
        start = text.index("  - name: question")
        path.write_text(text[:start] + text[text.index("\n\n", start) + 1 :], "utf-8")
    by_hand(project, *pairs)
    never = ("quality.class_changes",)
    before = cells(project, never)
    with pytest.raises(TaskError, match="is not there any more") as error:
        rerun(project)
    assert told in str(error.value)
    assert "reviews" in str(error.value)
    assert "labels" in str(error.value)
    assert cells(project, never) == before
    said = touchstone("run", "letters", at=project, columns=400)
    assert said.code == 2
    assert "Traceback" not in said.err


def test_a_rename_that_was_made_by_hand_is_carried_over_by_the_command(project, touchstone):
    before = gold(project)
    by_hand(project, ("praise", "kudos"))
    said = touchstone("classes", "rename", "praise", "kudos", "--yes", at=project)
    assert said.code == 0
    task = task_of(project)
    assert task.classes == ("kudos", "complaint", "question")
    rerun(project)
    assert gold(project) == {"kudos" if k == "praise" else k: n for k, n in before.items()}


@pytest.mark.parametrize("point", ["record", "files", "warehouse"])
def test_a_command_that_is_killed_has_happened_or_not(project, point):
    names = ["classes", "rename", "praise", "kudos", "--yes"]
    killed = subprocess.run(
        [sys.executable, "-c", COMMAND, point, *names],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    task = task_of(project)
    outcome = rerun(project)
    assert outcome.labelled == []
    if point == "record":
        assert task.classes == ("praise", "complaint", "question")
        assert outcome.published is False
        return
    assert task.classes == ("kudos", "complaint", "question")
    assert "kudos" in files(project)["rules.yaml"]
    held = "\n".join(row for rows in cells(project).values() for row in rows)
    assert "'praise'" not in held


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            ["rename", "prise", "kudos"],
            "'prise' is no class; there are praise, complaint, question",
        ),
        (["rename", "praise", "question"], "merge praise --into question"),
        (["rename", "praise"], "say `touchstone classes rename OLD NEW`"),
        (["merge", "praise"], "say `touchstone classes merge A B ... --into C`"),
        (["merge", "praise", "complaint", "question", "--into", "any"], "at least 2 classes"),
        (["split", "praise", "complaint", "kudos"], "'complaint' is a class already"),
        (["rename", "praise", " "], "no name for a class"),
        (["rename", "praise", "(all)"], "take another name"),
        (["rename", "praise", "two\nlines"], "on one line"),
        (["rename", "praise", "Question"], "differ only in case"),
        (["merge", "praise", "complaint", "--into", "QUESTION"], "differ only in case"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_changes(project, touchstone, command, told):
    before = files(project)
    said = touchstone("classes", *command, "--yes", at=project, columns=300)
    assert said.code == 2
    assert told in said.err
    assert files(project) == before
    assert task_of(project).changes[-1].what == "known"


def planned(project, *asked):
    task = task_of(project)
    return task, plan_change(task, warehouse_of(task), Asked(*asked), "me")


def test_of_two_changes_at_once_the_second_is_told_and_changes_nothing(project):
    one = planned(project, "rename", ("praise",), ("kudos",))
    two = planned(project, "rename", ("praise",), ("thanks",))
    change_classes(one[0], warehouse_of(one[0]), one[1])
    with pytest.raises(TaskError, match="somebody else has just changed"):
        change_classes(two[0], warehouse_of(two[0]), two[1])
    assert task_of(project).classes == ("kudos", "complaint", "question")
    assert [c.what for c in task_of(project).changes] == ["known", "rename"]


def test_a_change_waits_for_no_run_and_comes_between_none(project):
    task, plan = planned(project, "rename", ("praise",), ("kudos",))
    with turn(task, lambda _: None), pytest.raises(TaskError, match="works on task 'letters'"):
        change_classes(task, warehouse_of(task), plan)
    assert task_of(project).classes == ("praise", "complaint", "question")


def test_a_file_that_was_edited_since_the_preview_is_left_alone_and_nothing_is_recorded(project):
    task, plan = planned(project, "rename", ("praise",), ("kudos",))
    rules = task.folder / "rules.yaml"
    rules.write_text(rules.read_text("utf-8") + "# mine\n", "utf-8")
    before = files(project)
    with pytest.raises(TaskError, match=r"rules\.yaml was changed at this moment"):
        change_classes(task, warehouse_of(task), plan)
    assert files(project) == before
    assert task_of(project).changes[-1].what == "known"


def test_files_that_cannot_be_written_are_told_before_anything_is_recorded(project, monkeypatch):
    task, plan = planned(project, "rename", ("praise",), ("kudos",))
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).name != "task.yaml")
    with pytest.raises(TaskError, match=r"task\.yaml or its folder cannot be written"):
        change_classes(task, warehouse_of(task), plan)
    assert task_of(project).changes[-1].what == "known"


def test_edits_that_a_disk_refused_are_told_by_name_and_finished_later(project, monkeypatch):
    def refuse(path, _):
        raise PermissionError(13, "Permission denied", str(path))

    task, plan = planned(project, "rename", ("praise",), ("kudos",))
    with monkeypatch.context() as patch:
        patch.setattr("resources.task.classes.files.replace", refuse)
        for _ in range(2):
            with pytest.raises((TaskError, PermissionError)):
                change_classes(task, warehouse_of(task), plan)
        with pytest.raises(TaskError, match=r"task\.yaml cannot be written \(Permission denied\)"):
            task_of(project)
    assert task_of(project).classes == ("kudos", "complaint", "question")
    assert "label: kudos" in files(project)["rules.yaml"]


def test_rules_beside_the_task_and_a_linked_task_yaml_follow(project, touchstone):
    folder = project / "tasks" / "letters"
    for name in ("task.yaml", "rules.yaml"):
        (folder / name).rename(project / name)
    (folder / "task.yaml").symlink_to(project / "task.yaml")
    text = (project / "task.yaml").read_text("utf-8")
    text = text.replace("files: [rules.yaml", "files: [../../rules.yaml")
    (project / "task.yaml").write_text(text, "utf-8")
    for old, new in (("praise", "kudos"), ("kudos", "thanks")):
        shown = touchstone("classes", "rename", old, new, at=project)
        assert shown.code == 0, shown.err
        assert old in (project / "rules.yaml").read_text("utf-8")
        assert touchstone("classes", "rename", old, new, "--yes", at=project).code == 0
    assert (folder / "task.yaml").is_symlink()
    assert "label: thanks" in (project / "rules.yaml").read_text("utf-8")
    assert task_of(project).classes == ("thanks", "complaint", "question")


def test_answers_that_were_under_way_are_read_as_what_became_of_their_class(project, touchstone):
    touchstone("classes", "rename", "praise", "kudos", "--yes", at=project)
    task = task_of(project)
    rows = [["item_id", "batch", "reviewer", "label"], ["m001", "2026-03-02", "ada", "praise"]]
    path = project / "answers.csv"
    path.write_text("\n".join(map(",".join, rows)) + "\n", "utf-8")
    said = touchstone("import", str(path), "letters", at=project, columns=200)
    assert said.code == 0
    answers = ReviewStore(task.reviews).reviews().to_pylist()
    assert [r["label"] for r in answers if r["reviewer"] == "ada"] == ["kudos"]
    touchstone("classes", "retire", "kudos", "--yes", at=project)
    again = touchstone("import", str(path), "letters", at=project, columns=200)
    assert (again.code, "1 review was there before" in again.out) == (0, True)
    path.write_text(path.read_text("utf-8").replace("ada", "bob"), "utf-8")
    another = touchstone("import", str(path), "letters", at=project, columns=200)
    assert another.code == 2
    assert "'praise' is no class" in another.err


def test_what_was_done_about_alarms_of_a_class_follows_its_name(project, touchstone):
    task = task_of(project)
    now = datetime.now(UTC)
    AlarmTrail(task.alarm_trail).record(
        Event(
            now,
            "ada",
            Action.MUTE,
            "class/praise",
            "2026-03-02",
            "new staff",
            now + timedelta(days=7),
        )
    )
    touchstone("classes", "rename", "praise", "kudos", "--yes", at=project)
    task = task_of(project)
    assert [e.series for e in AlarmTrail(task.alarm_trail, task.changes).events()] == [
        "class/kudos"
    ]
    assert [e.series for e in AlarmTrail(task.alarm_trail).events()] == ["class/praise"]


def test_a_class_that_is_added_by_hand_is_a_setting_like_others(project):
    path = project / "tasks" / "letters" / "task.yaml"
    text = path.read_text("utf-8").replace("classes:\n", "classes:\n  - name: other\n", 1)
    path.write_text(text, "utf-8")
    before = gold_of_items(project)
    outcome = rerun(project)
    assert outcome.labelled == ["2026-03-02", "2026-03-03"]
    assert task_of(project).classes == ("praise", "complaint", "question", "other")
    assert before.items() <= gold_of_items(project).items()  # another queue may ask for more
    assert rerun(project).labelled == []
