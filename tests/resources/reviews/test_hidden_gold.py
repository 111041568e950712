import pyarrow.compute as pc
import pytest

from resources.reviews.hidden_gold import plan_checks
from resources.reviews.rows import Assignment, Review
from resources.reviews.store import ReviewStore
from resources.reviews.writing.leases import Mix

ONLY_CHECKS = Mix(audit=0, check=1, overlap=0)


@pytest.fixture
def store(kept):
    store = ReviewStore(kept, seed=0)
    store.plan(Assignment(item_id=i, batch="b", origin="queue", text=f"text {i}") for i in "1234")
    yield store
    store.close()


def said(item, who, label, origin="queue"):
    return Review(
        item_id=item, batch="b", reviewer=who, outcome="label", label=label, origin=origin,
        seconds=1.0, idempotency_key=f"{item}{who}{origin}",
    )  # fmt: skip


def test_what_two_people_agree_on_or_a_judge_decided_becomes_hidden_gold(store):
    store.record_many(
        [
            said("1", "anna", "HAM"), said("1", "ben", "HAM", "overlap"),
            said("2", "anna", "HAM"), said("2", "ben", "SPAM", "overlap"),
            said("3", "anna", "HAM"), said("3", "ben", "SPAM", "overlap"),
            said("3", "cleo", "SPAM", "adjudicate"),
            said("4", "anna", "HAM"),
        ]
    )  # fmt: skip
    assert plan_checks(store) == 2
    assert plan_checks(store) == 0
    with store.database.read() as db:
        gold = db.execute(
            "select item_id, gold from assignments where origin = 'check' order by item_id"
        ).fetchall()
    assert [tuple(row) for row in gold] == [("1", "HAM"), ("3", "SPAM")]


def test_only_people_who_never_saw_an_item_are_checked_with_it(store):
    store.record_many([said("1", "anna", "HAM"), said("1", "ben", "HAM", "overlap")])
    plan_checks(store)
    assert "1" not in {h.item_id for h in store.hand_out("anna", 9, mix=ONLY_CHECKS)}
    handed = {h.item_id: h.origin for h in store.hand_out("dora", 9, mix=ONLY_CHECKS)}
    assert handed["1"] == "check"


def test_there_is_an_end_to_hidden_gold(store):
    store.record_many(said(i, who, "HAM") for i in "1234" for who in ("anna", "ben"))
    assert plan_checks(store, at_most=3) == 3
    assert plan_checks(store, at_most=3) == 0


def test_the_answers_of_a_batch_are_those_of_all_that_are_its_own(store):
    store.plan([Assignment(item_id="5", batch="c", origin="queue", text="text 5")])
    other = Review(
        item_id="5", batch="c", reviewer="anna", outcome="label", label="HAM", origin="queue",
        seconds=1.0, idempotency_key="5",
    )  # fmt: skip
    store.record_many([said("1", "anna", "HAM"), other, said("1", "anna", "SPAM", "overlap")])
    every = store.reviews()
    for batch in ("b", "c", "none"):
        assert store.reviews(batch=batch).equals(every.filter(pc.field("batch") == batch))
