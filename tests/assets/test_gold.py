"""What the answers of people settle on."""

import sqlite3
from contextlib import closing

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.people.gold import gold_of
from resources.reviews.rows import Assignment, Review
from resources.reviews.settled import settled_items
from resources.reviews.store import ReviewStore
from resources.store.queries import query
from resources.store.session import Session
from resources.store.tables import AUDIT_SAMPLE, REVIEWS


def settle(*answers: tuple[str, str, str], audited: bool) -> list[tuple[str, str]]:
    """Answers (reviewer, label, origin) to one item, in order; returns (label, origin)."""
    with duckdb.connect() as db:
        session = Session(db, set())
        session.ensure(REVIEWS, AUDIT_SAMPLE)
        if audited:
            db.execute("insert into people.audit_sample by name select 'a' item_id, 'b' batch")
        for at, (reviewer, label, origin) in enumerate(answers):
            db.execute(
                "insert into people.reviews by name select ? review_id, 'a' item_id, 'b' batch,"
                " ? reviewer, 'label' outcome, ? as label, ? origin, false superseded",
                [at, reviewer, label, origin],
            )
        rows = gold_of(session, "b").to_pylist()
    return [(row["label"], row["origin"]) for row in rows]


@pytest.mark.parametrize("second", ["anna", "ben"])
def test_a_re_review_never_changes_what_measures(second):
    answers = ("anna", "ham", "audit"), (second, "spam", "rereview")
    assert settle(*answers, audited=True) == [("ham", "audit")]


def test_a_re_review_by_the_same_person_corrects_what_only_teaches():
    answers = ("anna", "ham", "queue"), ("anna", "spam", "rereview")
    assert settle(*answers, audited=False) == [("spam", "queue")]


def test_a_re_review_of_a_label_that_nobody_had_reviewed_teaches():
    assert settle(("anna", "spam", "rereview"), audited=False) == [("spam", "queue")]


def test_the_adjudicator_has_the_last_word_and_a_tie_settles_nothing():
    tie = ("anna", "ham", "queue"), ("ben", "spam", "overlap")
    assert settle(*tie, audited=False) == []
    assert settle(*tie, ("cleo", "ham", "adjudicate"), audited=False) == [("ham", "queue")]


def test_answers_that_measure_the_reviewer_never_count():
    assert settle(("anna", "ham", "audit"), ("anna", "spam", "check"), audited=True) == [
        ("ham", "audit")
    ]


ANSWER = st.tuples(
    st.sampled_from("12"), st.sampled_from(("anna", "ben", "cleo")), st.sampled_from((0, 1)),
    st.sampled_from(("label", "unsure", "skip")), st.sampled_from(("ham", "spam", "other")),
    st.sampled_from(("audit", "queue", "overlap", "rereview", "check", "adjudicate")),
)  # fmt: skip


@given(st.lists(ANSWER, max_size=12))
def test_gold_and_hidden_gold_read_the_same_answers_alike(answers):
    audited = {item for item, _, drawn, *_ in answers if drawn}
    rows = [
        {"item_id": item, "batch": "b", "reviewer": who, "outcome": outcome,
         "label": label if outcome == "label" else None, "origin": origin, "review_id": number,
         "audited": item in audited}
        for number, (item, who, _, outcome, label, origin) in enumerate(answers)
    ]  # fmt: skip
    sql = query("reading.settled.items").sql
    columns = {"item_id": "text", "batch": "text", "reviewer": "text", "outcome": "text",
               "label": "text", "origin": "text", "review_id": "bigint", "audited": "boolean"}  # fmt: skip
    ddl = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    found = []
    for connect in (duckdb.connect, lambda: sqlite3.connect(":memory:")):
        with closing(connect()) as db:
            db.execute(f"create table answers ({ddl})")
            for row in rows:
                db.execute(
                    "insert into answers values (?, ?, ?, ?, ?, ?, ?, ?)", list(row.values())
                )
            found.append(db.execute(sql).fetchall())
    assert found[0] == found[1]


def test_the_store_and_the_warehouse_settle_on_the_same(tmp_path):
    store = ReviewStore(tmp_path / "r.sqlite", seed=0)
    store.plan(Assignment(item_id=i, batch="b", origin="queue", text=i) for i in "1234")
    store.plan([Assignment(item_id="4", batch="b", origin="audit", text="4", probability=0.5)])
    said = [
        ("1", "anna", "ham", "queue"), ("1", "ben", "ham", "overlap"),
        ("2", "anna", "ham", "queue"), ("2", "ben", "spam", "overlap"),
        ("2", "cleo", "spam", "adjudicate"), ("2", "dora", "ham", "adjudicate"),
        ("3", "anna", "ham", "queue"), ("3", "ben", "spam", "overlap"), ("3", "cleo", "spam", "check"),
        ("4", "anna", "ham", "audit"), ("4", "anna", "spam", "rereview"),
    ]  # fmt: skip
    store.record_many(
        Review(item_id=i, batch="b", reviewer=who, outcome="label", label=label, origin=origin,
               seconds=1.0, idempotency_key=f"{i}{who}{origin}")
        for i, who, label, origin in said
    )  # fmt: skip
    with store.database.read() as db:
        of_store = {row["item_id"]: row["label"] for row in settled_items(db) if row["label"]}
    with duckdb.connect() as db:
        session = Session(db, set())
        session.ensure(REVIEWS, AUDIT_SAMPLE)
        session.insert(REVIEWS, store.reviews())
        sample = {"item_id": "4", "batch": "b", "probability": 0.5}
        with session.lend(drawn_now=pa.Table.from_pylist([sample])):
            db.execute("insert into people.audit_sample by name from drawn_now")
        of_warehouse = {row["item_id"]: row["label"] for row in gold_of(session, "b").to_pylist()}
    store.close()
    assert of_store == of_warehouse == {"1": "ham", "4": "ham"}
