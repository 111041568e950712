"""Rows in = rows kept + rows set aside, whatever stands in them and wherever a file was cut."""

import csv
import io
import json
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given
from hypothesis import strategies as st

from labeling.items.columns import Columns
from labeling.items.reading import read_items

NASTY = st.text(
    st.one_of(
        st.sampled_from('",;\n\r\t \x00\x1b\x85\u2028\ufeff[]{}<>&=\\'),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=12,
)
ROWS = st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=8)


def read(name, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read_items(path, Columns())


def as_csv(rows):
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("item_id", "text"), *rows])
    return file.getvalue().encode()


def as_jsonl(rows):
    return "".join(json.dumps({"item_id": i, "text": t}) + "\n" for i, t in rows).encode()


def usable(item, text):
    return bool(item.strip() and text.strip()) and "\x00" not in item + text


def kept(arrived):
    return [(r["row"], r["item_id"], r["text"]) for r in arrived.rows.to_pylist()]


@given(ROWS)
def test_every_row_of_csv_and_jsonl_is_kept_as_it_is_or_set_aside_with_a_reason(rows):
    for name, data in (("a.csv", as_csv(rows)), ("a.jsonl", as_jsonl(rows))):
        arrived = read(name, data)
        good = [(at, i, t) for at, (i, t) in enumerate(rows, start=1) if usable(i, t)]
        assert kept(arrived) == good
        aside = set(arrived.rejected["row"].to_pylist())
        assert aside == set(range(1, len(rows) + 1)) - {row for row, *_ in good}
        assert all(arrived.rejected["reason"].to_pylist())
        assert arrived.rows.num_rows + arrived.rejected.num_rows == len(rows)


@given(ROWS)
def test_every_row_of_parquet_is_kept_or_set_aside(rows):
    buffer = io.BytesIO()
    pq.write_table(
        pa.table({"item_id": [i for i, _ in rows], "text": [t for _, t in rows]}), buffer
    )
    arrived = read("a.parquet", buffer.getvalue())
    assert arrived.rows.num_rows + arrived.rejected.num_rows == len(rows)
    assert len(kept(arrived)) == sum(usable(i, t) for i, t in rows)


@given(ROWS, st.integers(0, 10_000))
def test_where_a_file_was_cut_all_rows_before_the_cut_stay(rows, cut):
    for name, write in (("a.csv", as_csv), ("a.jsonl", as_jsonl)):
        data = write(rows)
        part = data[: cut % (len(data) + 1)]
        whole = [n for n in range(len(rows) + 1) if len(write(rows[:n])) <= len(part)]
        arrived = read(name, part)
        before = [r for r in kept(read(name, data)) if whole and r[0] <= whole[-1]]
        assert [r for r in kept(arrived) if whole and r[0] <= whole[-1]] == before


@given(st.binary(max_size=300))
@example(b'"')
def test_any_bytes_at_all_are_read_without_an_exception(data):
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        read(name, data)
        read(name, b"item_id,text\n" + data)


@given(st.lists(st.binary(max_size=20).filter(lambda b: b"\n" not in b), min_size=1, max_size=10))
def test_every_line_of_a_broken_jsonl_is_counted(lines):
    good = b'{"item_id": "1", "text": "a"}'
    arrived = read("a.jsonl", b"\n".join([good, *lines]))
    written = sum(bool(line.decode("utf-8", "replace").strip()) for line in lines)
    assert arrived.rows.num_rows + arrived.rejected.num_rows == 1 + written


@given(
    st.lists(st.sampled_from(["1,a", '2,"b"', '3,"c', '4,d" e', '5,"f" g', '"', "6,h"]), max_size=8)
)
def test_every_line_of_a_csv_with_stray_quotes_is_found_again(lines):
    arrived = read("a.csv", "\n".join(["item_id,text", *lines]).encode())
    found = "\n".join(
        [
            *(f"{r['item_id']},{r['text']}" for r in arrived.rows.to_pylist()),
            *(str(content) for content in arrived.rejected["content"].to_pylist()),
        ]
    )
    for line in lines:
        assert line.strip('"').partition(",")[2].strip('"').partition('"')[0] in found
