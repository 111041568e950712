"""A file that is read in parts gives the rows and the reasons of one that is read at once."""

import gzip
import json
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.files import records
from labeling.items import reading
from labeling.items.columns import REJECTED, ROWS, Columns
from labeling.items.reading import read_items
from labeling.items.times import read_time

COLUMNS = Columns(time="at", metadata=("likes", "shop"))
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(-3, 3),
    st.sampled_from(["a", "b ", " ", "", "é", "x\x00y", "\ud83d", "2026-03-02", "2026-03-02T09:00:00Z", "x" * 20]),
    st.lists(st.integers(0, 1), max_size=1),
)  # fmt: skip
PLAIN = st.fixed_dictionaries(
    {"item_id": st.sampled_from(["a", "é"]), "text": st.sampled_from(["hi", "größer"])},
    optional={"at": st.sampled_from(["2026-03-02", None]), "likes": VALUES},
)
ODD = st.dictionaries(st.sampled_from(["item_id", "text", "at", "likes", "shop"]), VALUES)


@given(st.lists(st.one_of(PLAIN, ODD), max_size=6))
def test_what_is_checked_together_is_what_is_checked_one_by_one(found):
    numbered = list(enumerate(found, start=1))
    when = partial(read_time, zone=COLUMNS.zone, form=None)
    each, faults = reading._one_by_one(numbered, COLUMNS, 15, when)
    together = reading._all_plain(numbered, COLUMNS, 15, when)
    if together is not None:
        assert not faults
        assert together.equals(each)


def test_plain_records_are_checked_together():
    numbered = [(n, {"item_id": f"m{n}", "text": "größer", "at": "2026-03-02"}) for n in range(5)]
    when = partial(read_time, zone=COLUMNS.zone, form=None)
    assert reading._all_plain(numbered, COLUMNS, 15, when) is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("text", one) for one in (" ", "", "x\x00y", "\ud83d", 3, None, ["a"], "x" * 16)),
        *(("item_id", one) for one in (" ", "", "x\x00y", "\ud83d", 3, None, ["a"], "x" * 1001)),
        *(("at", one) for one in ("never", ["a"], 3, "\ud83d")),
        ("shop", "\ud83d"),
    ],
    ids=repr,
)
def test_a_record_in_which_anything_is_odd_is_looked_at_alone(field, value):
    odd = {"item_id": "a", "text": "x", "at": "2026-03-02"} | {field: value}
    numbered = [(1, {"item_id": "b", "text": "y", "at": None}), (2, odd)]
    when = partial(read_time, zone=COLUMNS.zone, form=None)
    assert reading._all_plain(numbered, COLUMNS, 15, when) is None


LINES = ["not json", "[1]", '{"item_id": "", "text": "x"}', '{"item_id": "b", "text": "\\ud83d"}']


def written(folder, ending, n=25):
    """A file of n items, some of them odd."""
    path = folder / f"items{ending}"
    good = [{"item_id": f"m{at}", "text": f"text {at}", "at": "2026-03-02"} for at in range(n)]
    if ending == ".parquet":
        pq.write_table(pa.Table.from_pylist([*good, {"item_id": None, "text": "x"}]), path)
        return path
    if ending.startswith(".csv"):
        lines = ["item_id,text,at", *(",".join(one.values()) for one in good), "only one", ",x,"]
    else:
        lines = [json.dumps(one) for one in good]
        lines[7:7] = LINES
        lines[20:20] = ["", *LINES]
    data = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(data) if ending.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".csv", ".csv.gz", ".parquet"])
@pytest.mark.parametrize("at_once", [1, 4, 7])
def test_parts_of_any_size_hold_the_same_rows_and_reasons(tmp_path, monkeypatch, ending, at_once):
    path = written(tmp_path, ending)
    columns = Columns(time="at")
    whole = read_items(path, columns)
    monkeypatch.setattr(records, "AT_ONCE", at_once)
    monkeypatch.setattr(records.record_parts, "__defaults__", (at_once,))
    monkeypatch.setattr(reading, "AT_ONCE", at_once)
    parts = read_items(path, columns)
    assert parts.rows.equals(whole.rows)
    assert parts.rows.schema == ROWS
    assert sorted(map(repr, parts.rejected.to_pylist())) == sorted(map(repr, whole.rejected.to_pylist()))  # fmt: skip
    assert whole.rows.num_rows == 25


def test_a_column_that_no_record_has_makes_all_of_them_useless_in_parts_too(tmp_path, monkeypatch):
    path = tmp_path / "items.jsonl"
    lines = ["broken", *(json.dumps({"item_id": f"m{n}", "body": "x"}) for n in range(9))]
    path.write_text("\n".join(lines))
    monkeypatch.setattr(records.record_parts, "__defaults__", (2,))
    found = read_items(path, Columns())
    assert found.rows.num_rows == 0
    assert found.rejected.schema == REJECTED
    told = found.rejected.to_pylist()
    assert [(one["row"], one["field"]) for one in told] == [(1, None), (None, "text")]
    assert told[1]["reason"] == "column 'text' is missing; the file has item_id, body"


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".csv.gz"])
def test_a_file_without_a_row_is_told(tmp_path, ending):
    path = tmp_path / f"items{ending}"
    if ending == ".parquet":
        pq.write_table(
            pa.table({"item_id": pa.array([], pa.string()), "text": pa.array([], pa.string())}),
            path,
        )
    else:
        path.write_bytes(
            gzip.compress(b"item_id,text\n") if ending == ".csv.gz" else b"item_id,text\n"
        )
    found = read_items(path, Columns())
    assert found.rows.num_rows == 0
    assert found.rejected["reason"].to_pylist() == ["the file has no row below its header"]


def test_a_column_may_have_a_dot_in_its_name(tmp_path):
    table = pa.table(
        {"item_id": ["a"], "text": ["x"], "shop.name": ["north"], "shop": [{"name": "south"}]}
    )
    pq.write_table(table, tmp_path / "items.parquet")
    found = read_items(tmp_path / "items.parquet", Columns(metadata=("shop.name",)))
    assert found.rows["metadata"].to_pylist() == ['{"shop.name": "north"}']
