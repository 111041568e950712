import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from resources.store.published import marts
from resources.store.queries import TYPES, every_query, query
from resources.store.session import Session
from resources.store.tables import EVERY, VIEWS

ROOT = Path(__file__).parents[3]
SAMPLES = {
    "text": "",
    "integer": 1,
    "number": 0.5,
    "boolean": True,
    "time": datetime(2026, 3, 2, tzinfo=UTC),
    "texts": [""],
}
WORDS = {"item_id": pa.string(), "batch": pa.string()}
LENT = {
    "window_keys": {**WORDS, "item": pa.int64()},
    "to_show": WORDS,
    "known": WORDS,
    "turned": WORDS,
    "drawn": WORDS,
    "answers": {
        **WORDS,
        "reviewer": pa.string(),
        "outcome": pa.string(),
        "label": pa.string(),
        "origin": pa.string(),
        "review_id": pa.int64(),
        "audited": pa.bool_(),
    },
    "together": {"item_id": pa.string(), "label": pa.string(), "confidence": pa.float64()},
    "settled": {**WORDS, "label": pa.string(), "reviews": pa.int32()},
    "answers_given": {
        "batch": pa.string(),
        "review_id": pa.int64(),
        "at": pa.timestamp("us", "UTC"),
        "aside": pa.bool_(),
    },
    "labels_to_export": WORDS,
    "asked": {**WORDS, "item": pa.int64()},
    "wanted": {"item_id": pa.string(), "text": pa.string(), "letters": pa.string()},
    "now_said": {**WORDS, "voter": pa.string(), "label": pa.string()},
    "now_applied": dict.fromkeys(("batch", "voter", "version", "items_hash"), pa.string()),
}
"""Tables that are lent to queries for as long as they are asked, with their columns."""

MADE = ("reading.votes.make_window", "votes.rules.make_edited")
"""Queries that make a temporary table which others read."""

ASKED = re.compile(
    r"(?:\.(?:read|stream|rows|column|tuples|value|run)|\bquery)\(\s*(?:self,\s*)?f?\"([a-z_]+(?:\.[a-z_{}]+)+)\""
)


@pytest.fixture(scope="module")
def empty():
    """A store that holds every table and mart, and nothing in them."""
    with duckdb.connect() as db:
        session = Session(db, set())
        session.ensure(*EVERY, *VIEWS, *marts())
        for name, columns in LENT.items():
            db.register(name, pa.schema(list(columns.items())).empty_table())
        for name in MADE:
            asked = query(name)
            db.execute(asked.sql, {p: SAMPLES[kind] for p, kind in asked.parameters.items()})
        yield db


@pytest.mark.parametrize("asked", every_query(), ids=lambda asked: asked.name)
def test_every_query_fits_the_tables_and_takes_what_it_says(empty, asked):
    named = set(re.findall(r"\$(\w+)", asked.sql))
    assert named == set(asked.parameters)
    assert set(asked.parameters.values()) <= set(TYPES)
    given = {name: SAMPLES[kind] for name, kind in asked.parameters.items()}
    empty.execute(f"explain {asked.sql}", given)


@pytest.mark.parametrize("asked", every_query(), ids=lambda asked: asked.name)
def test_every_query_says_in_a_sentence_what_it_is(asked):
    assert asked.about.endswith(".")


def test_every_query_is_asked_and_every_one_that_is_asked_stands():
    asked = {
        name
        for room in ("assets", "expectations", "orchestration", "cli", "console", "resources")
        for path in (ROOT / room).rglob("*.py")
        for name in ASKED.findall(path.read_text(encoding="utf-8"))
    } | {
        f"expectations.{path.stem}.{name}"
        for path in (ROOT / "expectations" / "suites").glob("*.yml")
        for name in re.findall(r"^    (?:query|rows): (.+)$", path.read_text("utf-8"), re.MULTILINE)
    }
    by_place = {name.rpartition(".")[0] for name in asked if "{" in name}
    stand = {one.name for one in every_query()}
    assert {name for name in asked if "{" not in name} <= stand
    left = {name for name in stand - asked if name.rpartition(".")[0] not in by_place}
    assert not left


def test_a_query_that_is_given_too_little_too_much_or_another_type_is_refused():
    one = query("reading.stamp.images")
    with pytest.raises(TypeError, match=r"reading\.stamp\.images takes batch; given: none"):
        one.bind({})
    with pytest.raises(TypeError, match="given: batch, most"):
        one.bind({"batch": "a", "most": 2})
    with pytest.raises(TypeError, match="batch is text, not int"):
        one.bind({"batch": 2})


def test_a_query_that_does_not_stand_is_named():
    with pytest.raises(LookupError, match=r"no query 'reading\.stamp\.nothing'"):
        query("reading.stamp.nothing")
    with pytest.raises(LookupError, match=r"no query 'nowhere\.at\.all'"):
        query("nowhere.at.all")
