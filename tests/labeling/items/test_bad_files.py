"""Every kind of bad file: what can be used is used, the rest is set aside with row, field and reason."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.errors import LabelingError
from labeling.files.columns import read_columns
from labeling.files.found import find_files
from labeling.items.columns import Columns
from labeling.items.reading import read_items
from labeling.items.times import OTHERWISE

HTML = "<script>alert('x')</script> &amp; <b>bold</b>"
EMOJI = "\N{GRINNING FACE}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER} \N{SNOWMAN}"


@pytest.fixture
def read(tmp_path):
    """Write bytes to a file, read it; kept rows as (row, id, text), others as (row, field, reason)."""

    def call(name, data, columns=None, **more):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        arrived = read_items(path, columns or Columns(), **more)
        kept = [(r["row"], r["item_id"], r["text"]) for r in arrived.rows.to_pylist()]
        aside = [(r["row"], r["field"], r["reason"]) for r in arrived.rejected.to_pylist()]
        return kept, aside, arrived.rejected["content"].to_pylist()

    return call


@pytest.fixture
def parquet(tmp_path):
    """Write a table to a parquet file and return its bytes."""

    def call(**columns):
        pq.write_table(pa.table(columns), tmp_path / "made.parquet")
        return (tmp_path / "made.parquet").read_bytes()

    return call


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_an_empty_file_is_set_aside_as_a_whole(read, name):
    assert read(name, b"") == ([], [(None, None, "the file is empty")], [None])


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_missing_column_names_those_that_are_there(read, parquet, name):
    data = {
        "a.csv": b"id,text\n1,hello\n",
        "a.jsonl": b'{"id": 1, "text": "hello"}\n',
        "a.parquet": parquet(id=["1"], text=["hello"]),
    }[name]
    kept, aside, _ = read(name, data)
    assert kept == []
    assert aside == [(None, "item_id", "column 'item_id' is missing; the file has id, text")]


def test_columns_that_task_yaml_names_are_missed_too(read):
    kept, aside, _ = read(
        "a.csv", "item_id,text\n1,x\n", Columns(time="sent_at", metadata=("channel",))
    )
    assert kept == []
    assert [field for _, field, _ in aside] == ["sent_at", "channel"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_rows_without_an_id_or_a_text_are_set_aside_one_by_one(read, name):
    rows = [("", "no id"), ("  ", "blank id"), ("3", "fine"), ("4", ""), ("5", " \t")]
    if name == "a.csv":
        data = "item_id,text\n" + "".join(f"{i},{t}\n" for i, t in rows)
    else:
        data = "".join(json.dumps({"item_id": i, "text": t}) + "\n" for i, t in rows)
    kept, aside, content = read(name, data)
    assert kept == [(3, "3", "fine")]
    assert aside == [
        (1, "item_id", "the id is empty"),
        (2, "item_id", "the id is empty"),
        (4, "text", "the text is empty"),
        (5, "text", "the text is empty"),
    ]
    assert "no id" in content[0]


def test_a_row_of_parquet_without_an_id_is_set_aside(read, parquet):
    data = parquet(item_id=["1", None, "3"], text=["a", "b", None])
    kept, aside, _ = read("a.parquet", data)
    assert kept == [(1, "1", "a")]
    assert aside == [(2, "item_id", "the id is empty"), (3, "text", "the text is empty")]


def test_a_line_of_jsonl_that_is_not_utf8_is_set_aside_and_the_others_stay(read):
    data = b'{"item_id": 1, "text": "a"}\n{"item_id": 2, "text": "caf\xe9"}\n{"item_id": 3, "text": "c"}\n'
    kept, ((row, field, reason),), (content,) = read("a.jsonl", data)
    assert [row for row, *_ in kept] == [1, 3]
    assert (row, field) == (2, None)
    assert "not UTF-8: byte 0xe9" in reason
    assert "caf\\xe9" in content


def test_a_row_of_csv_that_is_not_utf8_is_set_aside_and_the_others_stay(read):
    kept, ((row, _, reason),), (content,) = read("a.csv", b"item_id,text\n1,a\n2,caf\xe9\n3,c\n")
    assert kept == [(1, "1", "a"), (3, "3", "c")]
    assert row == 2
    assert "not UTF-8: byte 0xe9" in reason
    assert "caf\\xe9" in content


def test_bytes_that_are_not_utf8_within_a_quoted_text_cost_that_row_alone(read):
    kept, aside, _ = read("a.csv", b'item_id,text\n1,a\n2,"two\n\xff lines"\n3,c\n')
    assert kept == [(1, "1", "a"), (3, "3", "c")]
    assert [(row, "not UTF-8" in reason) for row, _, reason in aside] == [(2, True)]


def test_a_header_that_is_not_utf8_does_not_make_the_first_row_the_header(read):
    kept, ((row, _, reason),), _ = read("a.csv", b"item_id,te\xffxt\n1,a\n2,b\n")
    assert kept == []
    assert row is None
    assert "header is not UTF-8" in reason
    assert "save the file as UTF-8" in reason


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(read, name):
    data = "item_id,text\n1,a\n" if name == "a.csv" else '{"item_id": "1", "text": "a"}\n'
    kept, aside, _ = read(name, b"\xef\xbb\xbf" + data.encode())
    assert kept == [(1, "1", "a")]
    assert aside == []


def test_a_half_written_jsonl_keeps_all_but_the_line_that_was_cut(read):
    kept, ((row, _, reason),), content = read(
        "a.jsonl", '{"item_id": 1, "text": "a"}\n{"item_id": 2, "te'
    )
    assert kept == [(1, "1", "a")]
    assert row == 2
    assert reason.startswith("not a JSON object")
    assert "half-written" in reason
    assert content == ['{"item_id": 2, "te']


def test_a_half_written_csv_keeps_all_but_the_row_that_was_cut(read):
    kept, ((row, _, reason),), content = read("a.csv", 'item_id,text\n1,a\n2,"the file en')
    assert kept == [(1, "1", "a")]
    assert row == 2
    assert "half-written" in reason
    assert content == ['2,"the file en']


def test_a_half_written_parquet_is_set_aside_as_a_whole(read, parquet):
    data = parquet(item_id=["1"] * 100, text=["a"] * 100)
    for size in (4, len(data) // 2, len(data) - 1):
        kept, ((row, _, reason),), _ = read("a.parquet", data[:size])
        assert kept == []
        assert row is None
        assert "half-written" in reason


def test_a_stray_quote_costs_its_own_row_alone(read):
    kept, aside, content = read("a.csv", 'item_id,text\n1,"a" b\n2,c\n3,d\n')
    assert kept == [(2, "2", "c"), (3, "3", "d")]
    assert [row for row, *_ in aside] == [1]
    assert content == ['1,"a" b']


def test_a_quote_that_is_never_closed_keeps_every_line_behind_it_in_quarantine(read):
    kept, aside, content = read("a.csv", 'item_id,text\n1,a\n2,"open\n3,c\n4,d\n')
    assert kept == [(1, "1", "a")]
    assert [row for row, *_ in aside] == [2, 3, 4]
    assert all("never closed" in reason for *_, reason in aside)
    assert content == ['2,"open', "3,c", "4,d"]


def test_a_row_with_too_many_or_too_few_fields_is_told_by_number(read):
    kept, aside, _ = read("a.csv", "item_id,text\n1\n2,a,b\n3,c\n")
    assert kept == [(3, "3", "c")]
    assert aside == [
        (1, None, "the header has 2 fields, this row 1"),
        (2, None, "the header has 2 fields, this row 3"),
    ]


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_lines_count_where_rows_are_told_and_are_no_rows_themselves(read, blank):
    kept, aside, _ = read("a.csv", f"{blank}\nitem_id,text\n1,a\n{blank}\n3\n4,d\n{blank}\n")
    assert kept == [(1, "1", "a"), (4, "4", "d")]
    assert aside == [(3, None, "the header has 2 fields, this row 1")]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
def test_a_packed_file_with_nothing_in_it_is_empty(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(b""))
    found = read_items(path, Columns()).rejected.to_pylist()
    assert [(one["row"], one["reason"]) for one in found] == [(None, "the file is empty")]


def test_a_column_that_stands_twice_is_not_guessed_at(read):
    kept, aside, _ = read("a.csv", "item_id,text,text\n1,a,b\n")
    assert kept == []
    assert aside == [(None, "text", "column 'text' stands more than once")]


def test_a_text_that_is_too_long_says_how_long_and_what_is_allowed(read):
    data = json.dumps({"item_id": "1", "text": "x" * 5_000_000}) + "\n"
    kept, aside, content = read("a.jsonl", data)
    assert kept == []
    assert aside == [(1, "text", "the text has 5,000,000 characters; 100,000 are allowed")]
    assert len(content[0]) > 5_000_000


def test_a_text_of_five_megabytes_is_read_where_task_yaml_allows_it(read):
    data = "item_id,text\n1," + "y" * 5_000_000 + "\n"
    (kept,), aside, _ = read("a.csv", data, longest_text=5_000_000)
    assert len(kept[2]) == 5_000_000
    assert aside == []


@pytest.mark.parametrize("text", [HTML, EMOJI, "[bold]", "a\u2028b\x85c\x0bd", "nul-free \x1b[31m"])
def test_html_emoji_and_odd_characters_are_text_like_any_other(read, parquet, text):
    made = {
        "a.jsonl": (json.dumps({"item_id": "1", "text": text}) + "\n").encode(),
        "b.jsonl": (json.dumps({"item_id": "1", "text": text}, ensure_ascii=False) + "\n").encode(),
        "a.csv": f'item_id,text\n1,"{text}"\n'.encode(),
        "a.parquet": parquet(item_id=["1"], text=[text]),
    }
    for name, data in made.items():
        assert read(name, data) == ([(1, "1", text)], [], [])


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_nul_byte_in_a_text_sets_its_row_aside(read, parquet, name):
    data = {
        "a.csv": b"item_id,text\n1,a\x00b\n2,c\n",
        "a.jsonl": b'{"item_id": "1", "text": "a\\u0000b"}\n{"item_id": "2", "text": "c"}\n',
        "a.parquet": parquet(item_id=["1", "2"], text=["a\x00b", "c"]),
    }[name]
    kept, aside, _ = read(name, data)
    assert kept == [(2, "2", "c")]
    assert aside == [(1, "text", "a NUL byte; text files carry none")]


def test_a_nul_byte_in_an_id_is_told_of_the_id(read):
    _, aside, _ = read("a.jsonl", b'{"item_id": "1\\u0000", "text": "a"}\n')
    assert aside == [(1, "item_id", "a NUL byte; text files carry none")]


@pytest.mark.parametrize("field", ["item_id", "text", "channel"])
def test_half_a_surrogate_pair_sets_its_row_aside(read, field):
    record = {"item_id": "1", "text": "a", "channel": "mail"} | {field: "\ud83d"}
    good = {"item_id": "2", "text": "b", "channel": "mail"}
    data = json.dumps(record) + "\n" + json.dumps(good) + "\n"
    kept, ((row, told, reason),), _ = read("a.jsonl", data, Columns(metadata=("channel",)))
    assert kept == [(2, "2", "b")]
    assert (row, told) == (1, field)
    assert "surrogate" in reason


def test_json_nested_without_end_is_set_aside_like_any_broken_line(read):
    kept, ((row, *_),), _ = read("a.jsonl", "[" * 100_000 + '\n{"item_id": 2, "text": "b"}\n')
    assert kept == [(2, "2", "b")]
    assert row == 1


@pytest.mark.parametrize("value", [["x"], {"a": 1}])
def test_a_list_or_an_object_is_no_text(read, value):
    kind = type(value).__name__
    for field in ("item_id", "text"):
        data = json.dumps({"item_id": "1", "text": "a"} | {field: value}) + "\n"
        assert read("a.jsonl", data)[1] == [(1, field, f"expected text, found {kind}")]


def test_bytes_in_parquet_are_no_text(read, parquet):
    data = parquet(item_id=["1"], text=pa.array([b"\xff"], pa.binary()))
    assert read("a.parquet", data)[1] == [(1, "text", "expected text, found bytes")]


def test_lines_that_are_no_objects_say_what_was_found(read):
    kept, aside, _ = read("a.jsonl", '[1]\n"x"\nnull\n{"item_id": 4, "text": "d"}\n')
    assert kept == [(4, "4", "d")]
    assert [reason for *_, reason in aside] == [
        f"expected a JSON object, found {kind}" for kind in ("list", "str", "NoneType")
    ]


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", "2026-03-01T00:00:00+25:00", [1]])
def test_a_time_that_cannot_be_read_is_told_with_its_field(read, time):
    data = json.dumps({"item_id": "1", "text": "a", "at": time}) + "\n"
    kept, aside, _ = read("a.jsonl", data, Columns(time="at"))
    assert kept == []
    assert aside == [(1, "at", f"{time!r} {OTHERWISE}")]


def test_a_missing_time_is_no_fault(read):
    data = '{"item_id": "1", "text": "a", "at": null}\n{"item_id": "2", "text": "b", "at": ""}\n'
    kept, aside, _ = read("a.jsonl", data, Columns(time="at"))
    assert len(kept) == 2
    assert aside == []


def test_stars_beside_other_characters_are_told(tmp_path):
    with pytest.raises(LabelingError, match=r"\*\* stands for any folders, and alone"):
        find_files(tmp_path / "**.csv")


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()], ids=str)
def test_numbers_of_any_precision_are_ids_and_metadata_as_a_person_would_write_them(tmp_path, kind):
    numbers = [0.1, 2.5, 7.0, 1024.0, 1e-3]
    columns = {"item_id": pa.array(numbers).cast(kind), "text": ["a"] * 5}
    table = pa.table(columns | {"score": pa.array([*numbers[:4], None]).cast(kind)})
    pq.write_table(table, tmp_path / "a.parquet")
    arrived = read_items(tmp_path / "a.parquet", Columns(metadata=("score",)))
    assert arrived.rows["item_id"].to_pylist() == ["0.1", "2.5", "7", "1024", "0.001"]
    said = [json.loads(one)["score"] for one in arrived.rows["metadata"].to_pylist()]
    assert said == [0.1, 2.5, 7.0, 1024.0, None]
    read = read_columns(tmp_path / "a.parquet", ["item_id", "score"])
    assert read["item_id"].to_pylist() == ["0.1", "2.5", "7", "1024", "0.001"]
    assert read["score"].to_pylist() == ["0.1", "2.5", "7", "1024", None]


def test_bytes_in_metadata_are_their_text_or_base64(tmp_path):
    odd = [b"caf\xc3\xa9", b"two\nlines", b"\xff\xfe", b"\x00\x01", b"", None]
    table = pa.table({"item_id": list("abcdef"), "text": ["x"] * 6, "raw": odd, "deep": [odd] * 6})
    pq.write_table(table, tmp_path / "a.parquet")
    arrived = read_items(tmp_path / "a.parquet", Columns(metadata=("raw", "deep")))
    told = ["café", "two\nlines", "//4=", "AAE=", "", None]
    rows = [json.loads(one) for one in arrived.rows["metadata"].to_pylist()]
    assert [row["raw"] for row in rows] == told
    assert rows[0]["deep"] == told


@pytest.mark.parametrize(("mark", "told"), [(b";", "';'"), (b"\t", "tabs"), (b"|", "'|'")])
def test_cells_that_no_comma_separates_are_told_once_for_the_file(read, mark, told):
    kept, aside, _ = read("a.csv", b"item_id,text\n1,hello\n".replace(b",", mark))
    assert kept == []
    assert aside == [(None, None, f"its cells are separated by {told}; save it with commas")]
