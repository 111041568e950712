import multiprocessing
import secrets
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labeling.state.place import SqliteFile
from resources.reviews.rows import Assignment, Review, ReviewError
from resources.reviews.store import ReviewStore
from resources.reviews.writing.answers import Answer
from resources.reviews.writing.leases import Mix

BATCH = "2015-06"
NOW = datetime(2026, 3, 14, 9, tzinfo=UTC)
ONLY_MAIN = Mix(audit=0, check=0, overlap=0)


class Clock:
    def __init__(self):
        self.at = NOW

    def __call__(self):
        return self.at

    def advance(self, seconds):
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(kept, clock):
    store = ReviewStore(kept, seed=0, clock=clock)
    yield store
    store.close()


def afresh(kept):
    """Another place of the same database, where nothing was kept yet."""
    name = secrets.token_hex(8)
    if isinstance(kept, SqliteFile):
        return SqliteFile(kept.path.with_name(f"{name}.sqlite"))
    return replace(kept, schema=f"kept_{name}")


def queue(n, origin="queue", first=0, **more):
    return [
        Assignment(item_id=str(i), batch=BATCH, origin=origin, text=f"text {i}", **more)
        for i in range(first, first + n)
    ]


def say(store, item, reviewer, label, origin="queue", key=None, **more):
    outcome = label if label in ("skip", "unsure") else "label"
    return store.record(
        str(item), BATCH, reviewer, outcome, label if outcome == "label" else None, origin, 1.0,
        idempotency_key=key or f"{reviewer}-{item}-{label}-{origin}", **more,
    )  # fmt: skip


def reply_to(handed, label="A", key=None, **more):
    return Answer(
        lease=handed.lease, item_id=handed.item_id, batch=handed.batch, outcome="label",
        label=label, seconds=1.0, idempotency_key=key or f"key-{handed.lease}", **more,
    )  # fmt: skip


def test_planning_twice_changes_nothing(store):
    assert store.plan(queue(3)) == 3
    assert (
        store.plan(
            pa.Table.from_pylist(
                [{"item_id": "1", "batch": BATCH, "origin": "queue", "text": "text 1"}]
            )
        )
        == 0
    )
    assert store.open_count() == 3


def test_a_queue_drawn_anew_replaces_what_nobody_answered(store):
    store.plan(queue(4))
    say(store, 0, "anna", "A")

    store.plan(queue(2, first=2), replace=True)

    assert store.open_items()["item_id"].to_pylist() == ["2", "3"]
    assert store.reviews().num_rows == 1


def test_higher_priority_is_handed_out_first(store):
    store.plan([*queue(2), *queue(1, first=2, priority=5.0)])
    handed = store.hand_out("anna", 3, mix=ONLY_MAIN)
    assert [h.item_id for h in handed] == ["2", "0", "1"]


def test_the_same_key_is_stored_once_and_another_answer_under_it_is_refused(store):
    store.plan(queue(1))
    first = say(store, 0, "anna", "A", key="k")
    assert say(store, 0, "anna", "A", key="k") == first
    with pytest.raises(ReviewError, match="'k' of 'anna' was used for another answer"):
        say(store, 0, "anna", "B", key="k")
    assert say(store, 0, "ben", "B", key="k") != first


def test_a_newer_answer_supersedes_the_persons_older_one_and_nobody_elses(store):
    store.plan(queue(1))
    say(store, 0, "anna", "A")
    say(store, 0, "ben", "A")
    say(store, 0, "anna", "B")
    assert store.reviews()["superseded"].to_pylist() == [True, False, False]
    assert store.reviews(since=2)["label"].to_pylist() == ["B"]


def test_reviews_cannot_be_changed_or_deleted_even_with_sql(store, kept):
    store.plan(queue(1))
    say(store, 0, "anna", "A")
    with closing(kept.open()) as db:
        with pytest.raises(sqlite3.IntegrityError, match="never changes"):
            db.execute("update reviews set label = 'B'")
        with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
            db.execute("delete from reviews")


def test_an_answer_about_an_item_that_was_never_planned_says_so(store):
    with pytest.raises(ReviewError, match="item '9' in batch '2015-06' was never put up"):
        say(store, 9, "anna", "A")


def test_bulk_answers_are_all_stored_or_none(store):
    store.plan(queue(1))
    good = Review(item_id="0", batch=BATCH, reviewer="s", outcome="label", label="A",
                  origin="queue", seconds=1.0, idempotency_key="k")  # fmt: skip
    with pytest.raises(ReviewError):
        store.record_many([good, Review(item_id="1", batch=BATCH, reviewer="s", outcome="skip",
                                        label=None, origin="queue", seconds=0.0, idempotency_key="l")])  # fmt: skip
    assert store.reviews().num_rows == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"origin": "gold"}, "origin 'gold' is not one of audit, queue"),
        ({"probability": 0.0}, r"probability 0.0 is not in \(0, 1\]"),
        ({"gold": "A"}, "a known answer belongs to 'check'"),
        ({"text": "half \ud83d"}, "half a surrogate pair at character 5"),
        ({"colour": "red"}, "row 0 of the plan has a field colour"),
        ({"batch": None}, "row 0 of the plan lacks batch"),
        ({"context": "[1]"}, "context must be a JSON object"),
    ],
)
def test_a_bad_plan_says_what_is_wrong_and_where(store, change, told):
    with pytest.raises(ReviewError, match=told):
        store.plan([{"item_id": "7", "batch": BATCH, "origin": "queue", **change}])


def test_two_people_never_hold_the_same_item(store):
    store.plan(queue(30))
    anna = store.hand_out("anna", 20, mix=ONLY_MAIN)
    ben = store.hand_out("ben", 20, mix=ONLY_MAIN)
    assert (len(anna), len(ben)) == (20, 10)
    assert not {h.item_id for h in anna} & {h.item_id for h in ben}


def test_an_item_given_back_goes_to_the_next_person(store):
    store.plan(queue(1))
    (handed,) = store.hand_out("anna", 1, mix=ONLY_MAIN)
    assert store.hand_out("ben", 1, mix=ONLY_MAIN) == []
    assert store.give_back("ben", [handed.lease]) == 0
    assert store.give_back("anna", [handed.lease]) == 1
    assert len(store.hand_out("ben", 1, mix=ONLY_MAIN)) == 1


def test_a_lease_that_ran_out_frees_the_item_and_its_late_answer_still_counts(store, clock):
    store.plan(queue(2))
    late, forgotten = store.hand_out("anna", 2, mix=ONLY_MAIN, lease_s=60)
    clock.advance(61)
    (again,) = store.hand_out("ben", 1, mix=ONLY_MAIN)
    assert again.item_id == late.item_id

    replies = store.answer("anna", [reply_to(late), reply_to(forgotten)])

    assert [r.error for r in replies] == [None, None]
    assert store.reviews()["origin"].to_pylist() == ["overlap", "queue"]


def test_a_renewed_lease_does_not_run_out(store, clock):
    store.plan(queue(1))
    (handed,) = store.hand_out("anna", 1, mix=ONLY_MAIN, lease_s=60)
    clock.advance(50)
    assert store.renew("anna", [handed.lease], lease_s=60) == [handed.lease]
    assert store.renew("ben", [handed.lease]) == []
    clock.advance(50)
    assert store.hand_out("ben", 1, mix=ONLY_MAIN) == []


def test_forged_foreign_and_used_leases_are_refused_and_do_not_stop_the_others(store):
    store.plan(queue(3))
    mine, other, used = store.hand_out("anna", 3, mix=ONLY_MAIN)
    store.answer("anna", [reply_to(used, key="first-answer")])

    forged = Answer(
        **{**_fields(reply_to(mine)), "lease": "made-up", "idempotency_key": "k-forged"}
    )
    swapped = Answer(
        **{**_fields(reply_to(mine)), "item_id": other.item_id, "idempotency_key": "k-swap"}
    )
    replies = store.answer("anna", [forged, swapped, reply_to(used, "B", "second"), reply_to(mine)])

    assert [r.error and r.error.code for r in replies] == ["forged", "foreign", "used", None]
    (stolen,) = store.answer("ben", [reply_to(other)])
    assert stolen.error is not None
    assert stolen.error.code == "foreign"
    assert store.reviews().num_rows == 2


def test_an_undo_supersedes_only_the_latest_answer(store):
    store.plan(queue(1))
    (handed,) = store.hand_out("anna", 1, mix=ONLY_MAIN)
    store.answer("anna", [reply_to(handed, "A", "first-one")])
    (undone,) = store.answer("anna", [reply_to(handed, "B", "second-one", revises="first-one")])
    (stale,) = store.answer("anna", [reply_to(handed, "C", "third-one", revises="first-one")])
    assert undone.error is None
    assert stale.error is not None
    reviews = store.reviews()
    assert reviews["label"].to_pylist() == ["A", "B"]
    assert reviews["superseded"].to_pylist() == [True, False]


def test_audits_come_at_the_set_rate_and_never_show_what_machines_think(store):
    hints = {"highlights": [{"start": 0, "end": 2, "rule": "r"}], "author": "x"}
    store.plan(queue(1000, suggestion="A", context=hints))
    store.plan(queue(500, "audit", 2000, suggestion="A", context=hints, probability=0.1))
    handed = [
        h for _ in range(20) for h in store.hand_out("anna", 50, mix=Mix(audit=0.2, hints=0.5))
    ]
    audits = [h for h in handed if h.origin == "audit"]
    shown = [h for h in handed if h.suggestion]
    assert 150 < len(audits) < 250
    assert not any(h.suggestion or "highlights" in h.context for h in audits)
    assert all(h.context["author"] == "x" for h in audits)
    assert 300 < len(shown) < 500


def test_an_item_in_both_audit_and_queue_is_answered_once_and_blind(store):
    store.plan(queue(1, suggestion="A"))
    store.plan(queue(1, "audit", probability=0.3))
    (handed,) = store.hand_out("anna", 5, mix=Mix(audit=0, check=0, overlap=0, hints=1))
    assert (handed.origin, handed.suggestion) == ("audit", None)
    store.answer("anna", [reply_to(handed)])
    assert store.open_count() == 0


def test_a_pilot_is_handed_out_before_all_else_and_blind(store):
    store.plan(queue(5, suggestion="A"))
    store.plan(queue(5, "audit", 10, probability=0.3))
    store.plan(queue(3, "pilot", 20, suggestion="A", probability=0.5))
    handed = store.hand_out("anna", 6, mix=Mix(audit=0.5, check=0, overlap=0, hints=1))
    assert [one.origin for one in handed[:3]] == ["pilot"] * 3
    assert "pilot" not in [one.origin for one in handed[3:]]
    assert {one.suggestion for one in handed[:3]} == {None}


def test_one_blind_answer_settles_an_item_of_a_pilot(store):
    store.plan(queue(2, "pilot", suggestion="A"))
    store.plan(queue(2, suggestion="A"))
    (first, second) = store.hand_out("anna", 2, mix=ONLY_MAIN)
    store.answer("anna", [reply_to(first), reply_to(second)])
    assert (store.open_count("pilot"), store.open_count("queue")) == (0, 0)
    say(store, 0, "bob", "B", "queue")
    assert store.open_count("adjudicate") == 1, "opinions that differ go to a judge, as elsewhere"


def test_an_answer_given_with_hints_does_not_settle_a_later_audit(store):
    store.plan(queue(2, suggestion="A"))
    say(store, 0, "anna", "A", shown={"suggestion": "A"})
    say(store, 1, "anna", "A")
    store.plan(queue(2, "audit", probability=0.3))
    assert store.open_items("audit")["item_id"].to_pylist() == ["0"]


def test_the_overlap_share_asks_a_second_person_and_never_the_same(kept):
    store = ReviewStore(kept, overlap_share=0.25, seed=0)
    store.plan(queue(400))
    for i in range(400):
        say(store, i, "anna", "A")
    assert 70 < store.open_count("overlap") < 130
    assert store.hand_out("anna", 50) == []
    assert len(store.hand_out("ben", 50)) == 50


def test_disagreement_and_doubt_go_to_an_adjudicator_who_did_not_answer(store):
    store.plan(queue(3))
    for item, one, two in ((0, "A", "A"), (1, "A", "B"), (2, "unsure", "A")):
        say(store, item, "anna", one)
        say(store, item, "ben", two, "overlap")
    assert store.open_items("adjudicate")["item_id"].to_pylist() == ["1", "2"]
    assert store.hand_out("anna", 5, "adjudicate") == []

    handed = store.hand_out("cleo", 5, "adjudicate")
    store.answer("cleo", [reply_to(h) for h in handed])

    assert store.open_count("adjudicate") == 0


def test_a_disagreement_that_is_taken_back_needs_no_adjudicator(store):
    store.plan(queue(1))
    say(store, 0, "anna", "A")
    say(store, 0, "ben", "B", "overlap")
    say(store, 0, "ben", "A", "overlap")
    assert store.open_count("adjudicate") == 0


def test_a_skipped_item_goes_to_others_and_back_only_when_asked(store):
    store.plan(queue(1))
    say(store, 0, "anna", "skip")
    assert store.open_count() == 1
    assert store.hand_out("anna", 1) == []
    (again,) = store.hand_out("anna", 1, "skipped")
    store.give_back("anna", [again.lease])
    assert len(store.hand_out("ben", 1)) == 1


def test_hidden_gold_is_asked_of_everybody_once_and_is_not_work(store):
    store.plan(queue(1, "check", gold="A"))
    assert store.open_count() == 0
    for name in ("anna", "ben"):
        (handed,) = store.hand_out(name, 1)
        store.answer(name, [reply_to(handed)])
        assert store.hand_out(name, 1) == []
    assert store.reviews()["origin"].to_pylist() == ["check", "check"]


def test_handing_out_takes_no_more_steps_of_sqlite_where_ten_times_as_much_waits(tmp_path):
    def steps(n: int) -> int:
        store = ReviewStore(tmp_path / f"{n}.sqlite", seed=0)
        store.plan(queue(n))
        counted = 0

        def step() -> None:
            nonlocal counted
            counted += 1

        with store.database.read() as db:
            db.set_progress_handler(step, 100)
        for _ in range(20):
            assert len(store.hand_out("anna", 24)) == 24
        store.close()
        return counted

    assert steps(10_000) < 1.5 * steps(1_000)


def _grab(kept, name, out):
    store = ReviewStore(kept)
    for _ in range(10):
        for handed in store.hand_out(name, 5, mix=ONLY_MAIN):
            store.answer(name, [reply_to(handed)])
    out.put(store.reviews().num_rows)


def test_processes_that_write_at_once_wait_their_turn_and_never_share_an_item(kept):
    ReviewStore(kept).plan(queue(100))
    spawn = multiprocessing.get_context("spawn")
    out = spawn.Queue()
    workers = [spawn.Process(target=_grab, args=(kept, name, out)) for name in ("anna", "ben")]
    for w in workers:
        w.start()
    for w in workers:
        w.join(60)
    reviews = ReviewStore(kept).reviews()
    assert reviews.num_rows == 100
    assert len(set(reviews["item_id"].to_pylist())) == 100


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["out", "answer", "return", "wait"]), st.sampled_from(["anna", "ben"])
        ),
        max_size=30,
    )
)
def test_whatever_happens_an_item_has_one_holder_and_no_answer_is_lost(kept, steps):
    clock = Clock()
    store = ReviewStore(afresh(kept), seed=0, clock=clock)
    store.plan(queue(8))
    hands, answered = {"anna": [], "ben": []}, 0
    for step, who in steps:
        if step == "out":
            hands[who] += store.hand_out(who, 3, mix=ONLY_MAIN, lease_s=60)
        elif step == "answer" and hands[who]:
            (reply,) = store.answer(who, [reply_to(hands[who].pop(0))])
            answered += reply.new
            assert reply.error is None
        elif step == "return":
            store.give_back(who, [h.lease for h in hands[who]])
            hands[who] = []
        elif step == "wait":
            clock.advance(40)
        with store.database.read() as db:
            held = db.execute("select item_id from leases where state = 'out'").fetchall()
        assert len({h[0] for h in held}) == len(held)
    assert store.reviews().num_rows == answered
    store.close()


def _fields(answer):
    return {name: getattr(answer, name) for name in answer.__dataclass_fields__}
