"""An answer belongs to the text and picture that was on the screen when it was given."""

import sqlite3

import pytest

from console.formats.intake.again import write_store
from console.formats.own.bundle import read_store
from resources.reviews.aside import bring_up, set_aside
from resources.reviews.hidden_gold import plan_checks
from resources.reviews.rows import Assignment, Review
from resources.reviews.sight import CurrentItem, sight_of
from resources.reviews.store import ReviewStore
from resources.reviews.writing.answers import Answer
from resources.reviews.writing.leases import Mix

PLAIN = Mix(audit=0, check=0, overlap=0)


def put_up(store, text="good", origin="queue", image=None):
    given = {"probability": 0.5} if origin == "audit" else {}
    one = Assignment(item_id="1", batch="b", origin=origin, text=text, image=image, **given)
    store.plan([one])


@pytest.fixture
def store(kept):
    store = ReviewStore(kept, seed=0)
    put_up(store)
    yield store
    store.close()


def say(store, label, who="anna", origin="queue", key="k", **more):
    store.record_many(
        [Review(item_id="1", batch="b", reviewer=who, outcome="label", label=label, origin=origin,
                seconds=1.0, idempotency_key=key, **more)]
    )  # fmt: skip


def now(store, text, image=None, own=None):
    return bring_up(store, [CurrentItem("1", "b", text, image)], own)


def counting(store):
    return [row["label"] for row in store.reviews().to_pylist() if not row["aside"]]


def test_an_answer_of_another_text_is_kept_aside_and_counts_again_when_the_text_is_back(store):
    say(store, "HAM")
    assert store.open_count() == 0
    assert now(store, "bad") == [("1", "b")]
    assert counting(store) == []
    assert store.reviews().num_rows == 1
    assert store.open_count("queue") == 1
    assert set_aside(store).to_pylist()[0]["answered_anew"] is False
    assert now(store, "good") == [("1", "b")]
    assert counting(store) == ["HAM"]
    assert store.open_count() == 0


def test_a_new_answer_of_the_new_text_supersedes_nothing_of_the_old(store):
    say(store, "HAM")
    now(store, "bad")
    say(store, "SPAM", key="k2")
    assert counting(store) == ["SPAM"]
    assert set_aside(store).to_pylist()[0]["answered_anew"] is True
    now(store, "good")
    assert counting(store) == ["HAM"]
    assert not any(store.reviews()["superseded"].to_pylist())


def test_planning_shows_the_text_that_stands(store):
    say(store, "HAM")
    put_up(store, "bad")
    assert counting(store) == []
    assert [h.text for h in store.hand_out("ben", 1, mix=PLAIN)] == ["bad"]


def test_another_picture_is_another_item_to_see(kept):
    store = ReviewStore(kept)
    put_up(store, text="", image="a.jpg")
    say(store, "HAM")
    now(store, "", "b.jpg")
    assert counting(store) == []
    now(store, "", "a.jpg")
    assert counting(store) == ["HAM"]
    store.close()


@pytest.mark.parametrize("text", ["good\r\n", "  good "])
def test_line_ends_and_blanks_around_make_no_other_text(store, text):
    say(store, "HAM")
    assert now(store, text) == []
    assert counting(store) == ["HAM"]


@pytest.mark.parametrize("first", ["raw", "redacted"])
def test_a_text_that_differs_by_redaction_alone_keeps_its_answers(kept, first):
    texts = {
        "raw": "C-123456 writes from ann@example.org",
        "redacted": "[customer] writes from [email]",
    }
    second = "redacted" if first == "raw" else "raw"
    store = ReviewStore(kept)
    put_up(store, texts[first])
    say(store, "HAM")
    assert now(store, texts[second], own={"customer": "C-[0-9]{6}"}) == []
    assert counting(store) == ["HAM"]
    now(store, texts[first])  # known by now, without the pattern
    assert counting(store) == ["HAM"]
    assert now(store, "[email] says something else") == [("1", "b")]
    assert counting(store) == []
    store.close()


def test_an_answer_to_what_was_handed_out_before_counts_for_that_text(store):
    (handed,) = store.hand_out("anna", 1, mix=PLAIN)
    now(store, "bad")
    (again,) = store.hand_out("ben", 1, mix=PLAIN)  # it is free at once, with its new text
    assert again.text == "bad"
    reply = store.answer(
        "anna", [Answer(lease=handed.lease, item_id="1", batch="b", outcome="label", label="HAM",
                        seconds=1.0, idempotency_key="late")]
    )[0]  # fmt: skip
    assert reply.error is None
    assert counting(store) == []
    now(store, "good")
    assert counting(store) == ["HAM"]


def test_an_answer_that_is_set_aside_can_be_taken_back_and_stays_of_its_text(store):
    (handed,) = store.hand_out("anna", 1, mix=PLAIN)
    given = {
        "lease": handed.lease,
        "item_id": "1",
        "batch": "b",
        "outcome": "label",
        "seconds": 1.0,
    }
    store.answer("anna", [Answer(**given, label="HAM", idempotency_key="a")])
    now(store, "bad")
    reply = store.answer("anna", [Answer(**given, label="SPAM", idempotency_key="b", revises="a")])[
        0
    ]
    assert reply.error is None
    assert counting(store) == []
    now(store, "good")
    assert [r["label"] for r in store.reviews().to_pylist() if not r["superseded"]] == ["SPAM"]


def test_hidden_gold_and_quarrels_of_another_text_go_and_come_back(store):
    say(store, "HAM")
    say(store, "HAM", "ben", "overlap", "k2")
    assert plan_checks(store) == 1
    only_checks = Mix(audit=0, check=1, overlap=0)
    now(store, "bad")
    plan_checks(store)
    assert store.hand_out("cleo", 9, mix=only_checks)[0].origin == "queue"
    now(store, "good")
    plan_checks(store)
    assert store.hand_out("cleo", 9, mix=only_checks)[0].origin == "check"
    say(store, "SPAM", "dora", "overlap", "k3")
    assert store.open_count("adjudicate") == 1
    now(store, "bad")
    assert store.open_count("adjudicate") == 0
    now(store, "good")
    assert store.open_count("adjudicate") == 1


def test_an_export_takes_along_what_was_seen(store, tmp_path):
    say(store, "HAM")
    now(store, "bad")
    other = ReviewStore(tmp_path / "other.sqlite")
    write_store(other, read_store(store))
    assert counting(other) == []
    now(other, "good")
    assert counting(other) == ["HAM"]
    other.close()


def test_a_store_of_an_earlier_version_opens_and_its_answers_are_of_the_text_it_kept(tmp_path):
    path = tmp_path / "old.sqlite"
    store = ReviewStore(path)
    for item_id, text in (("1", " good "), ("2", "fine")):
        store.plan([Assignment(item_id=item_id, batch="b", origin="queue", text=text)])
    say(store, "HAM")
    other = sight_of("was another", None)
    store.record_many(
        [Review(item_id="2", batch="b", reviewer="anna", outcome="label", label="HAM", origin="queue",
                seconds=1.0, idempotency_key="2", shown={"text_sha256": other, "image": None})]
    )  # fmt: skip
    store.close()
    with sqlite3.connect(path) as db:  # as it was before sights were kept
        for line in ("drop view standing_reviews", "drop view read_reviews", "drop table seen",
                     "alter table items drop column sight",
                     "create view read_reviews as select *, 0 as gone from reviews",
                     "create view standing_reviews as select * from read_reviews"):  # fmt: skip
            db.execute(line)
    db.close()
    store = ReviewStore(path)
    assert [(r["item_id"], r["aside"]) for r in store.reviews().to_pylist()] == [
        ("1", False), ("2", True),
    ]  # fmt: skip
    now(store, "bad")
    assert counting(store) == []
    say(store, "SPAM", key="k9")
    assert counting(store) == ["SPAM"]
    store.close()
    assert ReviewStore(path).reviews()["aside"].to_pylist() == [True, True, False]
