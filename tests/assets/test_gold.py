"""What the answers of people settle on."""

import duckdb
import pytest

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
        rows = session.tuples("people.gold.settle", batch="b")
    return [(row[2], row[3]) for row in rows]


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
