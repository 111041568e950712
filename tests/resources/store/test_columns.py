"""Columns of tables that are known by their declaration: counted, renamed, summed."""

import duckdb
import pytest

from labeling.quality.alarms.signal_names import voter_signal
from resources.store.columns import (
    count,
    forget_same,
    pool,
    rename,
    rename_series,
    rename_signals,
    values,
)
from resources.store.session import Session
from resources.store.table import as_arrow
from resources.store.tables import CONFUSION, CONSENSUS, EARLY_WARNINGS, GOLD, RELEASED


@pytest.fixture
def db():
    with duckdb.connect() as connection:
        session = Session(connection, set())
        session.ensure(CONFUSION, CONSENSUS, EARLY_WARNINGS, GOLD, RELEASED)
        yield session


def put(db, table, **columns):
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    db.insert(table, as_arrow(table, rows))


def test_values_of_several_tables_are_told_once_and_counted_by_table(db):
    put(db, GOLD, batch=["b", "a", "b"], label=["it's", None, "it's"])
    put(db, RELEASED, batch=["c", "b"], label=["x", "a"])
    assert values(db, [GOLD, RELEASED], "batch") == ["a", "b", "c"]
    assert count(db, GOLD, "label") == {"it's": 2}
    assert list(count(db, RELEASED, "label").items()) == [("a", 1), ("x", 1)]


def test_names_change_places_at_once_and_a_row_without_a_name_goes(db):
    put(db, GOLD, item_id=["1", "2", "3", "4"], label=["a", "b", "c", "it's"])
    rename(db, GOLD, "label", {"a": "b", "b": "a", "c": None})
    assert count(db, GOLD, "label") == {"a": 1, "b": 1, "it's": 1}


def test_a_column_that_is_called_like_a_word_of_sql_is_renamed_too(db):
    put(db, CONFUSION, truth=["a", "b"], label=["a", "a"])
    rename(db, CONFUSION, "label", {"a": "b"})
    forget_same(db, CONFUSION, "truth", "label")
    assert count(db, CONFUSION, "truth") == {"a": 1}


def test_probabilities_of_what_became_one_are_summed_and_those_that_went_shared_out(db):
    put(db, CONSENSUS, item_id=["1", "2"], posterior=[[0.2, 0.3, 0.1, 0.4], None])
    pool(db, CONSENSUS, "posterior", [[0, 1], [2]])
    told = db.execute("select posterior from labels.consensus order by item_id").fetchall()
    assert told[0][0] == pytest.approx([5 / 6, 1 / 6])
    assert told[1][0] is None


def test_of_several_classes_what_became_one_is_as_likely_as_the_likelier_and_shares_nothing_out(db):
    put(db, CONSENSUS, item_id=["1", "2"], posterior=[[0.2, 0.9, 0.1, 0.4], None])
    pool(db, CONSENSUS, "posterior", [[0, 1], [2]], several=True)
    told = db.execute("select posterior from labels.consensus order by item_id").fetchall()
    assert told == [([0.9, 0.1],), (None,)]


def test_series_of_a_class_and_signals_of_a_voter_follow_its_name_and_no_longer_one(db):
    names = ["class/a", "class/a@b", "class/ab", "voter/llm/p/a", "voter/llm/p/ba", "labels"]
    put(db, EARLY_WARNINGS, signal=names)
    rename_series(db, EARLY_WARNINGS, "signal", {"a": "x"})
    assert set(count(db, EARLY_WARNINGS, "signal")) == {
        "class/x", "class/a@b", "class/ab", "voter/llm/p/x", "voter/llm/p/ba", "labels",
    }  # fmt: skip
    rename_series(db, EARLY_WARNINGS, "signal", {"x": None})
    assert set(count(db, EARLY_WARNINGS, "signal")) == {
        "class/a@b", "class/ab", "voter/llm/p/x", "voter/llm/p/ba", "labels",
    }  # fmt: skip


def test_signals_of_a_class_with_a_slash_are_never_those_of_another(db):
    names = [
        voter_signal("rule/a", "b/c"),
        voter_signal("rule/a/b", "c"),
        voter_signal("r", "c%2F"),
    ]
    put(db, EARLY_WARNINGS, signal=names)
    rename_series(db, EARLY_WARNINGS, "signal", {"c": "x"})
    assert set(count(db, EARLY_WARNINGS, "signal")) == {
        voter_signal("rule/a", "b/c"), voter_signal("rule/a/b", "x"), voter_signal("r", "c%2F"),
    }  # fmt: skip
    rename_series(db, EARLY_WARNINGS, "signal", {"b/c": "y/z"})
    rename_series(db, EARLY_WARNINGS, "signal", {"c%2F": "%"})
    assert set(count(db, EARLY_WARNINGS, "signal")) == {
        voter_signal("rule/a", "y/z"), voter_signal("rule/a/b", "x"), voter_signal("r", "%"),
    }  # fmt: skip


def test_signals_of_an_earlier_version_get_todays_names_where_they_have_one_reading(db):
    former = [
        "voter/rule/a/b/c",
        "voter/rule/d/100%",
        "voter/rule/d/c",
        "voter/gone/b/c",
        "class/b/c",
    ]
    put(db, EARLY_WARNINGS, signal=former)
    for _ in range(2):
        rename_signals(db, EARLY_WARNINGS, ["rule/a", "rule/d"], ["c", "b/c", "100%"])
        assert set(count(db, EARLY_WARNINGS, "signal")) == {
            "voter/rule/a/b%2Fc", "voter/rule/d/100%25", "voter/rule/d/c", "voter/gone/b/c",
            "class/b/c",
        }  # fmt: skip


def test_an_update_reaches_the_rows_that_a_delete_would_and_may_say_nothing(db):
    put(db, RELEASED, batch=["a", "a", "b"], label=["x", "y", "x"], stamp=["old", "old", "old"])
    db.update(RELEASED, {"label": None, "stamp": "new"}, label=["x"], batch="a", stamp="old")
    told = db.execute("select batch, label, stamp from labels.released order by all").fetchall()
    assert told == [("a", "y", "old"), ("a", None, "new"), ("b", "x", "old")]
    db.update(RELEASED, {"stamp": "all"})
    assert count(db, RELEASED, "stamp") == {"all": 3}
