"""Which prompts the full run asks: decisions that are kept and can be taken back."""

import sqlite3

import pytest

from resources.pilots.rows import Answer, Candidate, Draw
from resources.pilots.store import DrawnTwiceError, PilotStore

SHORT = Candidate("short", "short", "m", "v1", "---\nmodel: m\n---\nSpam?")
LONG = Candidate("long", "long", "m", "v2", "---\nmodel: m\n---\nIs this a spam comment?")
WORSE = Candidate("worse", "worse", "m", "v3", "---\nmodel: m\n---\nHam?")


@pytest.fixture
def store(tmp_path):
    return PilotStore(tmp_path / "pilots.sqlite")


def names(store: PilotStore) -> list[str]:
    return [one.name for one in store.promoted()]


def test_nothing_is_asked_before_anything_was_promoted(store):
    assert store.promoted() == ()
    assert not store.path.exists(), "a look makes no file"


def test_a_promotion_takes_the_place_of_the_one_before(store):
    store.promote([SHORT], "ada", {"accuracy": 0.9})
    store.promote([LONG], "bob", {"accuracy": 0.93})
    assert names(store) == ["long"]
    assert [(one.who, one.evidence) for one in store.promotions()] == [
        ("ada", {"accuracy": 0.9}),
        ("bob", {"accuracy": 0.93}),
    ]


def test_a_promotion_keeps_the_text_of_the_prompt(store):
    store.promote([SHORT], "ada", {})
    assert store.promoted() == (SHORT,)


def test_taking_back_goes_back_step_by_step_to_what_was_asked_before(store):
    for one in (SHORT, LONG, WORSE):
        store.promote([one], "ada", {})
    store.take_back("ada")
    assert names(store) == ["long"]
    store.take_back("ada")
    assert names(store) == ["short"]
    store.promote([WORSE], "ada", {})
    store.take_back("ada")
    assert names(store) == ["short"], "what was taken back before does not come again"
    store.take_back("ada")
    assert names(store) == []
    assert store.take_back("ada") is None
    assert [one.restores for one in store.promotions()] == [None, None, None, 2, 1, None, 1, 0]


def test_decisions_and_draws_are_never_changed(store):
    store.promote([SHORT], "ada", {})
    store.draw([Draw(1, "a", "may", 0.5, True, 10)])
    with sqlite3.connect(store.path) as db:
        for table in ("promotions", "draws"):
            with pytest.raises(sqlite3.IntegrityError, match="only grow"):
                db.execute(f"delete from {table}")
            with pytest.raises(sqlite3.IntegrityError, match="only grow"):
                db.execute(f"update {table} set number = 7")


def test_a_candidate_is_judged_by_what_was_drawn_after_it_came(store):
    assert [one.entered for one in store.enter([SHORT])] == [0]
    store.draw([Draw(1, "a", "may", 1.0, True, 2), Draw(2, "b", "may", 0.5, False, 1)])
    assert [one.entered for one in store.enter([SHORT, LONG])] == [0, 2]
    assert [(one.name, one.entered) for one in store.candidates()] == [("short", 0), ("long", 2)]


def test_no_item_is_drawn_twice_and_none_of_a_refused_draw_is_kept(store):
    store.draw([Draw(1, "a", "may", 1.0, True, 2)])
    with pytest.raises(DrawnTwiceError, match="goes on with this pilot"):
        store.draw([Draw(2, "b", "may", 1.0, True, 2), Draw(3, "a", "may", 1.0, True, 1)])
    assert [one.item_id for one in store.draws()] == ["a"]


def test_the_newer_answer_of_a_version_counts(store):
    store.answered([Answer("v1", "a", "may", None, "it refused")])
    store.answered([Answer("v1", "a", "may", "SPAM"), Answer("v2", "a", "may", "HAM")])
    assert store.answers() == [Answer("v1", "a", "may", "SPAM"), Answer("v2", "a", "may", "HAM")]


def test_only_chosen_items_of_the_batch_are_kept_out_of_audits(store):
    store.draw(
        [
            Draw(1, "a", "may", 1.0, True, 9),
            Draw(2, "b", "may", 0.5, False, 9),
            Draw(3, "c", "june", 1.0, True, 9),
        ]
    )
    assert store.chosen_in("may") == {"a"}
