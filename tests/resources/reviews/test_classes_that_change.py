"""Classes that change while people answer: what waits for them, what is settled, what is read."""

import sqlite3

import pytest

from labeling.class_changes import ClassChange
from resources.reviews.rows import Assignment, ReviewError
from resources.reviews.store import ReviewStore

AT = "2026-03-01T10:00:00+00:00"
CLASSES = ("late", "rude", "ask")


@pytest.fixture
def store(kept):
    store = ReviewStore(kept)
    store.plan(
        [Assignment(item_id=f"q{n}", batch="b", origin="queue", priority=-n) for n in range(4)]
        + [Assignment(item_id="a0", batch="b", origin="audit", probability=0.5)]
    )
    store.change_classes(ClassChange("known", {}, CLASSES, at=AT))
    return store


def say(store, item, label, who="ann", origin="queue", key=None):
    return store.record(
        item, "b", who, "label", label, origin, 1.0, idempotency_key=key or f"{item}{who}"
    )


def change(store, what, moves, classes, again=()):
    store.change_classes(ClassChange(what, moves, classes, at=AT), ask_again=again)


def read(store):
    return {
        (r["item_id"], r["reviewer"]): (r["outcome"], r["label"])
        for r in store.reviews().to_pylist()
    }


def test_items_of_a_split_class_come_first_even_before_whoever_answered_and_stay_put_up(store):
    for item in ("q0", "q2"):
        say(store, item, "ask")
    say(store, "q1", "late")
    change(store, "split", {"ask": None}, ("late", "rude", "where", "why"), ("audit", "queue"))
    assert [row["item_id"] for row in store.open_items("queue").to_pylist()] == ["q0", "q2", "q3"]
    handed = store.hand_out("ann", 3)
    assert {"q0", "q2"} <= {item.item_id for item in handed}
    store.plan([Assignment(item_id="q3", batch="b", origin="queue")], replace=True)  # drawn anew
    assert {row["item_id"] for row in store.open_items("queue").to_pylist()} == {"q0", "q2", "q3"}
    say(store, "q0", "where", key="again")
    assert {row["item_id"] for row in store.open_items("queue").to_pylist()} == {"q2", "q3"}


@pytest.mark.parametrize(
    ("gone", "back"),
    [
        (
            ClassChange(
                "split", {"ask": None}, ("late", "ask", "why"), detail={"parts": ["ask", "why"]}
            ),
            ClassChange("merge", {"why": "ask"}, ("late", "ask")),
        ),
        (
            ClassChange("retire", {"ask": None}, ("late", "rude")),
            ClassChange("known", {}, ("late", "rude", "ask")),
        ),
    ],
)
def test_nobody_is_asked_again_whose_answer_counts_again(store, gone, back):
    say(store, "q0", "ask")
    say(store, "a0", "ask", origin="audit")
    waiting = store.open_items().num_rows
    store.change_classes(gone, ask_again=("audit", "queue"))
    assert store.open_items().num_rows == waiting + 2
    say(store, "a0", "late", origin="audit", key="again")
    store.change_classes(back)
    assert store.open_items().num_rows == waiting
    assert read(store)["q0", "ann"] == ("label", "ask")
    assert read(store)["a0", "ann"] == ("label", "late")


def test_a_second_answer_that_still_names_a_class_keeps_an_item_answered(store):
    say(store, "q0", "ask")
    say(store, "q0", "rude", who="bob")
    change(store, "split", {"ask": None}, ("late", "rude", "where", "why"), ("queue",))
    assert "q0" not in {row["item_id"] for row in store.open_items("queue").to_pylist()}


def test_answers_that_differed_and_are_one_class_now_need_no_judge(store):
    say(store, "q0", "late")
    say(store, "q0", "rude", who="bob")
    assert store.open_count("adjudicate") == 1
    change(store, "merge", {"late": "bad", "rude": "bad"}, ("bad", "ask"))
    assert store.open_count("adjudicate") == 0
    assert set(read(store).values()) == {("label", "bad")}


def test_an_answer_whose_class_is_gone_is_a_skip_and_is_listed(store):
    say(store, "q0", "rude")
    change(store, "retire", {"rude": None}, ("late", "ask"))
    assert read(store) == {("q0", "ann"): ("skip", None)}
    assert store.gone() == [("q0", "b", "rude", "ann")]
    assert store.named() == {}
    store.change_classes(ClassChange("known", {}, ("late", "ask", "rude"), at=AT))
    assert read(store) == {("q0", "ann"): ("label", "rude")}


def test_hidden_gold_follows_and_that_of_a_class_that_is_gone_tests_nobody(store):
    store.plan(
        [
            Assignment(item_id="c1", batch="b", origin="check", gold="late"),
            Assignment(item_id="c2", batch="b", origin="check", gold="rude"),
        ]
    )
    change(store, "rename", {"late": "delay"}, ("delay", "rude", "ask"))
    change(store, "retire", {"rude": None}, ("delay", "ask"))
    with store.database.read() as db:
        rows = db.execute(
            "select gold, state from assignments where origin = 'check' order by gold"
        )
        assert [tuple(row) for row in rows] == [("delay", "open"), ("rude", "withdrawn")]


@pytest.mark.parametrize("label", ["late", "delay"])
def test_the_same_answer_sent_again_under_either_name_is_one_answer(store, label):
    first = say(store, "q0", "late")
    change(store, "rename", {"late": "delay"}, ("delay", "rude", "ask"))
    assert say(store, "q0", label) == first
    with pytest.raises(ReviewError, match="used for another answer"):
        say(store, "q0", "rude")


def test_the_record_only_grows(store):
    for statement in ("delete from class_changes", "update class_changes set who = 'me'"):
        with (
            pytest.raises(sqlite3.IntegrityError, match="only grows"),
            store.database.write() as db,
        ):
            db.execute(statement)
