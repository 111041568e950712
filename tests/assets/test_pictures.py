"""A task on pictures, run from its files to its report: every step looks at them, none at no text."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from assets.quality.diagnosis import explain
from assets.quality.early import of_pictures, signals
from assets.reading.features import alike, student_inputs
from assets.reading.votes import read_window
from orchestration.planning import batches_to_label
from orchestration.running import run_task
from resources.reviews.writing.answers import Answer
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task
from tests.fakes.pictures import as_file, wall, write_walls


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The task, run once; what it makes lies beside it."""
    project = tmp_path_factory.mktemp("walls")
    folder, truth = write_walls(project)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        task = load_task(folder)
        outcome = run_task(task, lambda *_: None)
    return task, truth, outcome


def read(ran, sql):
    return warehouse_of(ran[0]).ask(sql).to_pylist()


def test_rules_models_and_student_all_see_the_pictures(ran):
    _, truth, outcome = ran
    assert sum(row["items"] for row in outcome.rows) == len(truth) == 83
    for table, least in (("rules", 0.85), ("models", 0.8), ("student", 0.75)):
        votes = read(ran, f"select item_id, label from votes.{table}")
        assert len(votes) >= 80
        assert np.mean([truth[row["item_id"]] == row["label"] for row in votes]) > least, table


def test_the_student_has_no_opinion_of_what_it_cannot_see_and_says_why(ran):
    judged = {row["item_id"] for row in read(ran, "select item_id from labels.student_opinions")}
    assert set(ran[1]) - judged == {"address", "gone"}
    labels = {row["item_id"]: row for row in read(ran, "from labels.released")}
    assert len(labels) == len(ran[1])
    assert labels["gone"]["decided_by"] in ("nobody", "consensus")


def test_the_queue_asks_for_different_pictures_though_no_item_has_a_text(ran):
    queue = read(ran, "select item_id, batch from people.queue")
    assert [sum(row["batch"] == batch for row in queue) for batch in ("b1", "b2")] == [6, 6]
    assert not {"w000", "again"} <= {row["item_id"] for row in queue}


def test_pictures_that_show_the_same_are_alike_and_unseen_ones_are_not(ran):
    task = ran[0]
    images = ["w000.png", "again.jpg", "gone.png", "lost.png", "gone.png", "w002.png"]
    pairs = alike(task, [""] * 6, images).nonzero()
    assert sorted(zip(*map(np.ndarray.tolist, pairs), strict=True)) == [
        (0, 1),
        (1, 0),
        (2, 4),
        (4, 2),
    ]


def test_items_with_text_and_picture_are_alike_only_in_both(ran):
    task = ran[0]
    same, other = "the wall in the yard", "a door that does not close"
    pairs = alike(
        task, [same, same, other, same, same], ["w000.png", "again.jpg", "again.jpg", None, None]
    )
    assert np.argwhere(pairs.toarray()).tolist() == [[0, 1], [1, 0], [3, 4], [4, 3]]


@pytest.mark.parametrize(
    ("said", "texts", "found", "seen"),
    [
        ("auto", ["", "", "a text"], "image", [True, True, True]),
        ("auto", ["a", "b", ""], "text", [True, True, False]),
        ("text", ["", "", "a text"], "text", [False, False, True]),
        ("image", ["a", "b", "c"], "image", [True, True, True]),
    ],
)
def test_what_is_looked_at_follows_the_task_or_the_items(ran, said, texts, found, seen):
    spec = ran[0].spec
    student = spec.student.model_copy(update={"looks_at": said})
    task = replace(ran[0], spec=spec.model_copy(update={"student": student}))
    inputs = student_inputs(task, texts, ["w000.png", "w001.png", "w002.png"])
    assert (inputs.on, inputs.seen.tolist()) == (found, seen)
    assert len(inputs.items) == sum(seen)


def test_a_batch_is_labelled_again_once_one_of_its_pictures_was_replaced(ran):
    task = ran[0]
    assert list(batches_to_label(task, warehouse_of(task))) == []
    path = task.image_folder / "w044.png"
    whole = path.read_bytes()
    path.write_bytes(as_file(wall(1044, cracked=False)))
    os.utime(path, ns=(1, 1))
    assert list(batches_to_label(task, warehouse_of(task))) == ["b2"]
    path.write_bytes(whole)


def test_a_picture_that_is_only_touched_makes_nothing_anew(ran):
    task = ran[0]
    path = task.image_folder / "w044.png"
    state = path.stat()
    os.utime(path, ns=(7, 7))
    assert list(batches_to_label(task, warehouse_of(task))) == []
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_answers_to_a_picture_that_was_replaced_are_set_aside_until_it_is_back(ran, tmp_path):
    from assets.landing.arrivals import land
    from resources.reviews.aside import set_aside
    from resources.reviews.store import ReviewStore

    project = tmp_path / "project"
    shutil.copytree(ran[0].folder.parents[1], project)
    task = load_task(project / "tasks" / "walls")
    warehouse, store = warehouse_of(task), ReviewStore(task.reviews)
    reviewed = [one for one in store.reviews().to_pylist() if one["item_id"] != "again"]
    name = next(
        one["item_id"]
        for one in reviewed
        if (task.image_folder / f"{one['item_id']}.png").is_file()
    )
    answers = [one["review_id"] for one in reviewed if one["item_id"] == name]
    gold = f"select item_id from people.gold where item_id = '{name}'"
    aside = lambda: set_aside(store)["review_id"].to_pylist()  # noqa: E731
    assert land(task, warehouse)["other_texts"] == 0
    assert warehouse.ask(gold).num_rows == 1
    path = task.image_folder / f"{name}.png"
    first = path.read_bytes()
    path.write_bytes(as_file(wall(2044, cracked=False)))
    assert land(task, warehouse)["other_texts"] == 1
    assert aside() == answers
    assert warehouse.ask(gold).num_rows == 0
    (handed,) = [one for one in store.hand_out("ann", 200) if one.item_id == name]
    path.write_bytes(first)
    assert land(task, warehouse)["other_texts"] == 1
    assert aside() == []
    late = Answer(
        lease=handed.lease, item_id=name, batch=handed.batch, outcome="label", label="whole",
        seconds=3.0, idempotency_key="late",
    )  # fmt: skip
    (reply,) = store.answer("ann", [late])
    assert aside() == [reply.review_id]  # it was given to the picture between
    path.write_bytes(first)
    assert land(task, warehouse)["other_texts"] == 0
    warehouse.close()


def test_the_same_id_with_another_picture_is_set_aside(tmp_path, monkeypatch):
    from assets.landing.arrivals import land

    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    folder, _ = write_walls(tmp_path, batches=1, each=2)
    with (folder / "items" / "b1.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"item_id": "w000", "image": "w001.png"}) + "\n")
    task = load_task(folder)
    land(task, warehouse_of(task))
    (row,) = warehouse_of(task).ask("select reason, kind from raw.quarantine").to_pylist()
    assert row == {
        "reason": "the same id with another image stands in b1.jsonl, row 1", "kind": "duplicate",
    }  # fmt: skip


def test_the_report_shows_wrong_labels_with_their_pictures_and_loads_nothing(ran):
    task, truth, _ = ran
    rows = read(ran, "from quality.mistakes")
    assert 0 < len(rows) <= 10
    assert all(row["gold"] == truth[row["item_id"]] != row["label"] for row in rows)
    assert all(row["image"] for row in rows)
    page = task.report.read_text(encoding="utf-8")
    seen = [row for row in rows if row["item_id"] not in ("address", "gone")]
    assert page.count('<img src="data:image/jpeg;base64,') == len(seen) > 0
    assert "https://example.org/wall.png" not in page


def test_an_alarm_is_explained_by_what_pictures_are_like(ran):
    alarm = {"alarm_id": "a", "series": "labels", "change_batch": "b1", "promised": 0.99}
    found = explain(ran[0], warehouse_of(ran[0]), alarm)
    kinds = {row["slice"].partition("=")[0] for row in found.slices if "=" in row["slice"]}
    assert kinds == {"brightness", "contrast", "side"}
    assert all(row["image"] for row in found.items)


def test_early_warnings_compare_pictures_and_not_the_texts_that_are_not_there(ran):
    found = {row["signal"]: row for row in read(ran, "from quality.early_warnings")}
    window = read_window(ran[0], warehouse_of(ran[0]), "b2")
    names = {row["signal"] for row in signals(ran[0], warehouse_of(ran[0]), window, "b2")}
    assert {"length", "vocabulary"} & (names | set(found)) == set()
    before, now = (
        of_pictures(ran[0], window, chosen) for chosen in (~window.current, window.current)
    )
    assert set(before) == {"brightness", "contrast"}
    assert len(before["brightness"]) == 41
    assert len(now["contrast"]) == 40


def test_explain_and_export_name_the_picture(ran, touchstone, tmp_path):
    project = ran[0].folder.parents[1]
    told = touchstone("explain", "again", at=project)
    assert told.code == 0, told.err
    assert "again.jpg" in told.out
    inside = touchstone("explain", "w009", at=project)
    assert "in the item itself" in inside.out
    out = tmp_path / "labels.csv"
    assert touchstone("export", "--text", "-o", str(out), at=project).code == 0
    assert "again.jpg" in out.read_text(encoding="utf-8")


def test_the_student_s_card_says_that_it_takes_pictures(ran):
    cards = sorted(ran[0].students.glob("*.md"))
    assert "features of images" in cards[-1].read_text(encoding="utf-8")
