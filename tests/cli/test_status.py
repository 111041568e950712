"""``touchstone status`` on a task that was run, on one that was not, and on a broken one."""

import json

from cli.new.new import create


def test_a_task_that_was_run_tells_batches_run_reviews_accuracy_and_report(ran_task, touchstone):
    said = touchstone("status", "letters", "--json", at=ran_task.project)
    (row,) = json.loads(said.out)["tasks"]
    assert (row["batches"], row["waiting"], row["items"]) == (2, 0, 62)
    assert row["labelled"] == sum(r["labelled"] for r in ran_task.outcome.rows)
    assert row["last_run"]["job"] in {"publish", "land"}  # a run that finds nothing new only lands
    assert row["last_run"]["state"] == "success"
    assert row["alarm"] is None
    assert row["accuracy"]["batch"] == "2026-03-03"
    assert row["report"]["path"] == str(ran_task.task.report)
    assert said.code == 0


def test_reviews_owed_are_what_the_review_store_holds_open(ran_task, touchstone):
    from resources.reviews.store import ReviewStore

    said = touchstone("status", "letters", "--json", at=ran_task.project)
    (row,) = json.loads(said.out)["tasks"]
    store = ReviewStore(ran_task.task.reviews)
    assert sum(row["reviews_owed"].values()) == store.open_count() > 0
    store.close()


def test_looking_at_a_task_that_never_ran_makes_nothing(tmp_path, touchstone):
    create(tmp_path, "fresh")
    said = touchstone("status", at=tmp_path)
    assert "never: touchstone run fresh" in said.out
    assert not (tmp_path / "var").exists()


def test_a_broken_task_is_told_and_hides_no_other(tmp_path, touchstone):
    create(tmp_path, "good")
    broken = create(tmp_path, "bad") / "task.yaml"
    broken.write_text(broken.read_text(encoding="utf-8").replace("every: day", "every: dai"))
    said = touchstone("status", at=tmp_path, columns=300)
    assert "good" in said.out
    assert "task.yaml:" in said.out
    assert "batch.every" in said.out
    assert said.code == 2


def test_new_files_show_as_a_batch_that_waits(ran_task, tmp_path, touchstone):
    from assets.landing.arrivals import land
    from resources.store.warehouse import warehouse_of
    from resources.task.task import load_task

    project = tmp_path / "copy"
    ran_task.copy_to(project)
    task = load_task(project / "tasks" / "letters")
    (task.folder / "items" / "2026-03-04.csv").write_text(
        "item_id,received_at,channel,text\nn1,2026-03-04T10:00:00,mail,Hello?\n"
    )
    land(task, warehouse_of(task))
    said = touchstone("status", "letters", "--json", at=project)
    assert json.loads(said.out)["tasks"][0]["waiting"] == 1
    assert "1 waiting" in touchstone("status", "letters", at=project).out


def test_a_running_run_does_not_keep_status_waiting_for_long(ran_task, touchstone, monkeypatch):
    from cli.everyday import status
    from resources.store.warehouse import warehouse_of

    monkeypatch.setattr(status, "PATIENCE_S", 0.1)
    with warehouse_of(ran_task.task).turn():
        said = touchstone("status", "letters", at=ran_task.project)
    assert said.code == 0
    assert "a run has the warehouse" in said.out


def test_a_folder_without_tasks_is_told_how_to_begin(tmp_path, touchstone):
    said = touchstone("status", at=tmp_path)
    assert said.code == 2
    assert "touchstone new NAME" in said.err


def test_what_students_of_several_classes_use_is_told_once_for_each_trick():
    from cli.everyday.status import _student

    switches = {
        "late: pooling": "on, +4.4 points (+2.6 to +6.2) on 400 gold items",
        "late: calibration": "logits divided by 0.81, as learnt from 400 items of gold",
        "broken: pooling": "on, +0.9 points (+0.1 to +1.7) on 400 gold items",
        "broken: spreading": "off, -3.0 points (-7.3 to +1.2) on 64 gold items",
    }
    assert _student(switches) == ["pooling on, points gained: late +4.4, broken +0.9"]
    assert "no trick" in _student({"late: pooling": "off, 0.0 points"})[0]
