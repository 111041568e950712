"""Odd and damaged files: what stands in them comes out, or a refusal names file and row."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.consensus.files import read_votes
from labeling.errors import LabelingError
from labeling.files.columns import column_names, read_columns
from labeling.files.records import read_records
from labeling.items.columns import Columns
from labeling.items.reading import read_items
from labeling.items.times import read_time
from labeling.quality.tables.table import read_reviews
from labeling.rules.tables import spread

NOT_UTF8 = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pa.py_buffer(b"\xffb")]
)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('a,1\nb,"0\nc,1\nd,0\n', "row 2 .*never closed"),
        ('a,1\n"b"b,0\n', "row 2 .*not a csv record"),
    ],
)
def test_a_quote_that_is_never_closed_takes_no_row_with_it(tmp_path, rows, said):
    path = tmp_path / "votes.csv"
    path.write_text("item_id,label\n" + rows)
    with pytest.raises(LabelingError, match=said):
        read_columns(path)


def test_a_cell_may_hold_line_ends_of_any_kind(tmp_path):
    path = tmp_path / "votes.csv"
    path.write_bytes(b'item_id,label\r\n"a\r\nb",1\r\n"c\rd",2\r\n')
    assert read_columns(path)["item_id"].to_pylist() == ["a\r\nb", "c\rd"]
    assert [one["item_id"] for _, one in read_records(path, ("item_id",))[0]] == ["a\r\nb", "c\rd"]


def test_lines_may_end_as_on_an_old_mac(tmp_path):
    path = tmp_path / "items.csv"
    path.write_bytes(b"item_id,text\ra,hi\rb,oh\r")
    assert read_items(path, Columns()).rows["item_id"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "content"), [("v.csv", "\n\n"), ("v.jsonl", "{}\n{}\n"), ("v.jsonl", "\n")]
)
def test_a_file_without_any_column_is_told(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(LabelingError, match=rf"{name} names no column"):
        column_names(tmp_path / name)


def test_numbers_of_json_stay_as_they_are_written_however_odd(tmp_path):
    path = tmp_path / "v.jsonl"
    odd = ["-0", "0", "-0.0", "Infinity", "1e400", str(2**63), "1" * 5000]
    path.write_text("".join(f'{{"item_id": {one}}}\n' for one in odd))
    assert read_columns(path)["item_id"].to_pylist() == odd


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"item_id": "a", "item_id": "b"}', "row 2 .*'item_id' stands twice"),
        ('{"item_id": "a\\ud800"}', "row 2: 'item_id': half a surrogate pair"),
    ],
)
def test_json_that_says_two_things_or_no_character_is_told_by_its_row(tmp_path, line, said):
    path = tmp_path / "v.jsonl"
    path.write_text('{"item_id": "x"}\n' + line + "\n")
    with pytest.raises(LabelingError, match=said):
        read_columns(path)


@pytest.mark.parametrize(
    "column",
    [
        NOT_UTF8,
        pa.array([10**15, 0], pa.timestamp("s")),
        pa.array([1, None], pa.timestamp("us", "Mars/X")),
    ],
)
def test_a_value_of_parquet_that_nothing_can_hold_is_told_by_its_row(tmp_path, column):
    path = tmp_path / "v.parquet"
    pq.write_table(pa.table({"item_id": column, "text": ["a", "b"]}), path)
    with pytest.raises(LabelingError, match=r"v\.parquet row 1: 'item_id' cannot be read as"):
        read_columns(path)
    arrived = read_items(path, Columns())
    assert arrived.rejected.to_pylist()[0]["row"] == 1
    assert arrived.rejected.to_pylist()[0]["field"] == "item_id"


def test_a_number_too_long_for_a_class_is_told_by_its_row(tmp_path):
    path = tmp_path / "v.csv"
    path.write_text(f"item_id,voter,label\na,v,{'1' * 100_000}\nb,v,0\n")
    with pytest.raises(LabelingError, match=r"row 1: column 'label'.*100,000 characters") as told:
        read_votes(path)
    assert len(str(told.value)) < 500
    path.write_text(f"item_id,voter,label\na,v,{'1' * 500}\nb,v,0\n")
    with pytest.raises(LabelingError, match="row 1: column 'label'"):
        read_votes(path)


def test_reviews_never_merge_what_differs_in_a_character_nobody_sees(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("batch,label,gold\na,x,x\na,x\0,x\n")
    with pytest.raises(LabelingError, match=r"row 2: label .*NUL"):
        read_reviews(path)
    path.write_text("batch,item,correct\na\x1fb,c,1\na,b\x1fc,0\n")
    assert len(read_reviews(path).correct) == 2


@pytest.mark.parametrize("time", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 30, tzinfo=UTC)])  # noqa: DTZ001
def test_a_time_that_the_calendar_there_does_not_have_is_told(time):
    with pytest.raises(ValueError, match="not a time that can be read"):
        read_time(time, ZoneInfo("Europe/Berlin"))
    with pytest.raises(ValueError, match="not a time that can be read"):
        read_time(time.isoformat(), ZoneInfo("Europe/Berlin"))


def test_rules_see_odd_columns_as_json_writes_them():
    columns = spread(['{"a": true, "b": 1}', '{"a": {"x": "y"}, "b": 99999999999999999999999}'])
    assert columns["a"].to_pylist() == ["true", '{"x": "y"}']
    assert columns["b"].to_pylist() == ["1", "99999999999999999999999"]


@pytest.mark.parametrize(("mark", "told"), [(";", "';'"), ("\t", "tabs"), ("|", "'|'")])
def test_cells_that_no_comma_separates_are_told_by_name(tmp_path, mark, told):
    path = tmp_path / "votes.csv"
    path.write_text("item_id,voter,label\n1,a,x\n".replace(",", mark))
    with pytest.raises(LabelingError, match=rf"separated by {re.escape(told)}; save it with"):
        column_names(path)
