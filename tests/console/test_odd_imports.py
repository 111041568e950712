"""Answers keep their item and their class, and what cannot be taken is told by its row."""

import json
import os

import pytest

from console.formats.files import read_any
from console.formats.intake.matching import Items
from console.formats.intake.taking import check_bundle, take_entries
from console.formats.own.bundle import Bundle
from console.formats.tools.entries import Entry, name_fields
from labeling.files.apostrophes import harmless, raw_cell
from labeling.files.columns import read_columns
from labeling.files.records import read_records
from resources.reviews.rows import ReviewError
from resources.reviews.sight import CurrentItem

CLASSES = ("ham", "spam")
ITEMS = Items(
    [CurrentItem("7", "may", "hi", None), CurrentItem("8", "may", "oh", None)], complete=True
)
REVIEWS = "item_id,batch,text,origin,priority,reviewer,outcome,label,seconds,idempotency_key\n"


def lines(path, records):
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


@pytest.mark.parametrize(
    "records",
    [
        [{"text": t, "accept": ["ham"], "answer": "accept"} for t in ("hi", "oh")],
        [
            {"fields": {"text": t}, "responses": {"kind": [{"value": "ham", "user_id": "u"}]}}
            for t in ("hi", "oh")
        ],
    ],
    ids=["prodigy", "argilla"],
)
def test_answers_without_a_number_of_their_own_are_kept_apart(tmp_path, records):
    found = read_any(lines(tmp_path / "a.jsonl", records), CLASSES)
    taken = take_entries(found.entries, name_fields(found.entries, CLASSES), ITEMS, "refuse")
    assert [review.item_id for review in taken.bundle.reviews] == ["7", "8"]
    assert len({review.idempotency_key for review in taken.bundle.reviews}) == 2


@pytest.mark.parametrize("name", ["r.csv", "r.CSV"])
def test_an_unknown_item_of_our_own_reviews_is_told_by_its_row(tmp_path, name):
    path = tmp_path / name
    rows = ["7,may,hi,queue,1.0,ann,label,ham,1.0,k1", "9,may,hi,queue,1.0,ann,label,ham,1.0,k2"]
    path.write_text(REVIEWS + "\n".join(rows) + "\n")
    with pytest.raises(ReviewError, match=rf"{name}, line 3: the task has no item '9'"):
        check_bundle(read_any(path, CLASSES), ITEMS, "refuse", str(path))
    path = tmp_path / "r.jsonl"
    lines(path, [{"item_id": i, "batch": "may", "text": ""} for i in ("7", "9")])
    with pytest.raises(ReviewError, match=r"r\.jsonl, line 2: the task has no item '9'"):
        check_bundle(read_any(path, CLASSES), ITEMS, "refuse", str(path))


@pytest.mark.parametrize(
    "cell", ["-5", "+1.5", "'-5", "''-5", "=1", "'=1", "@x", "-a", "'tis", "-"]
)
def test_a_cell_comes_back_as_it_was(cell):
    assert raw_cell(harmless(cell)) == cell


def test_only_our_own_exports_lose_an_apostrophe(tmp_path):
    ours, theirs = tmp_path / "ours.csv", tmp_path / "theirs.csv"
    ours.write_text(
        "item_id,batch,label,confidence,decided_by\n'@x,may,'=ham,0.9,gold\n'-5,may,,,\n"
    )
    theirs.write_text("item_id,batch,label\n'@x,may,'=ham\n")
    said = read_columns(ours, ["item_id", "label"])
    assert said.to_pylist() == [
        {"item_id": "@x", "label": "=ham"},
        {"item_id": "-5", "label": None},
    ]
    assert read_records(ours, ())[0][0][1]["item_id"] == "@x"
    assert read_columns(theirs, ["item_id", "label"]).to_pylist() == [
        {"item_id": "'@x", "label": "'=ham"}
    ]
    assert read_records(theirs, ())[0][0][1]["item_id"] == "'@x"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("item_id,label\n7,ham\n7,spam\n", r"row 2: item '7' is 'spam' here and 'ham' in .*row 1"),
        ("item_id,label,seconds\n7,ham,1\n8,ham,1e400\n", "row 2: seconds is inf"),
    ],
)
def test_a_table_that_says_two_things_is_refused_with_its_row(tmp_path, rows, said):
    path = tmp_path / "t.csv"
    path.write_text(rows)
    found = read_any(path, CLASSES)
    with pytest.raises(ReviewError, match=said):
        take_entries(found.entries, name_fields(found.entries, CLASSES), ITEMS, "refuse")


def test_a_cancelled_annotation_of_label_studio_is_a_skip_whatever_was_chosen(tmp_path):
    chosen = {"from_name": "kind", "type": "choices", "value": {"choices": ["ham"]}}
    task = {"data": {"text": "hi"}, "annotations": [{"was_cancelled": True, "result": [chosen]}]}
    path = tmp_path / "t.json"
    path.write_text(json.dumps([task]))
    found = read_any(path, CLASSES)
    taken = take_entries(found.entries, name_fields(found.entries, CLASSES), ITEMS, "refuse")
    assert [(one.outcome, one.label) for one in taken.bundle.reviews] == [("skip", None)]


def test_the_tasks_own_columns_are_never_taken_for_the_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Nr,channel,sent,label\n7,counter,2026-03-01,ham\n")
    found = read_any(path, CLASSES)
    names = name_fields(found.entries, CLASSES, ids=["Nr"], others=["channel", "sent"])
    assert (names.id, names.text) == ("Nr", None)
    taken = take_entries(found.entries, names, ITEMS, "refuse")
    assert [(one.item_id, one.batch) for one in taken.bundle.reviews] == [("7", "may")]


def test_another_text_is_told_with_the_column_that_was_taken_for_the_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Nr,team,label\n7,front desk,ham\n")
    found = read_any(path, CLASSES)
    names = name_fields(found.entries, CLASSES, ids=["Nr"])
    with pytest.raises(ReviewError, match="row 1: item '7' has another text than 'team' says"):
        take_entries(found.entries, names, ITEMS, "refuse")


def test_reviews_with_semicolons_are_told_to_need_commas(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("item_id;batch;label\n7;may;ham\n")
    with pytest.raises(ReviewError, match="separated by ';'; save it with commas"):
        read_any(path, CLASSES)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,verdict\nhi,ham\n"),
        ("a.csv", "item_id,batch,verdict\n7,may,ham\n"),
        ("a.jsonl", '{"item_id": "7", "verdict": "ham"}\n'),
        ("a.json", '[{"item_id": "7", "verdict": "ham"}]'),
    ],
)
def test_a_tables_column_of_labels_may_have_any_name_that_is_said(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    found = read_any(path, CLASSES, label="verdict")
    names = name_fields(found.entries, CLASSES, wanted="verdict")
    taken = take_entries(found.entries, names, ITEMS, "refuse")
    assert [(one.item_id, one.label) for one in taken.bundle.reviews] == [("7", "ham")]


@pytest.mark.parametrize("header", ["Item_ID,Label", "sep=,", "text,verdict"])
def test_a_table_without_labels_tells_its_columns_and_how_to_name_one(tmp_path, header):
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n7,ham\n")
    with pytest.raises(ReviewError, match=f"columns are {header.split(',')[0]}, .*--label"):
        read_any(path, CLASSES)


@pytest.mark.parametrize(
    "rows", ["item_id,label\n7,ham\n,\n , \n", "item_id,batch,label\n7,may,ham\n,,\n , ,\n"]
)
def test_rows_of_nothing_but_commas_are_no_rows(tmp_path, rows):
    path = tmp_path / "a.csv"
    path.write_text(rows)
    found = read_any(path, CLASSES)
    if isinstance(found, Bundle):
        taken = check_bundle(found, ITEMS, "refuse", str(path))
    else:
        taken = take_entries(found.entries, name_fields(found.entries, CLASSES), ITEMS, "refuse")
    assert [one.item_id for one in taken.bundle.reviews] == ["7"]


def test_a_column_without_a_name_is_never_taken_for_the_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",item_id,label\n0,7,ham\n1,8,spam\n")
    found = read_any(path, CLASSES)
    taken = take_entries(found.entries, name_fields(found.entries, CLASSES), ITEMS, "refuse")
    assert [one.item_id for one in taken.bundle.reviews] == ["7", "8"]


@pytest.mark.parametrize("cell", ["abc", "1,5", "1:30"])
@pytest.mark.parametrize("batch", ["", "may"])
def test_a_cell_that_is_no_number_is_told_with_its_column(tmp_path, cell, batch):
    path = tmp_path / "a.csv"
    named = "item_id,batch,label,seconds" if batch else "item_id,label,seconds"
    path.write_text(f'{named}\n7,{batch + "," if batch else ""}ham,"{cell}"\n')
    with pytest.raises(ReviewError, match=rf"(row 1|line 2): seconds is '{cell}', but must be"):
        read_any(path, CLASSES)


def answered_with(kind, value):
    region = {"from_name": "kind", "type": kind, "value": {kind: value}}
    return [{"data": {"text": "hi"}, "annotations": [{"id": 1, "result": [region]}]}]


def argilla(value):
    said = {"values": {"kind": {"value": value}}, "user_id": "u", "status": "submitted"}
    return [{"id": "a", "fields": {"text": "hi"}, "responses": [said]}]


@pytest.mark.parametrize(
    ("records", "told"),
    [
        (answered_with("taxonomy", [["ham"]]), "annotation 1: the answer is taxonomy, which is no"),
        (answered_with("rating", 3), "annotation 1: the answer is rating, which is no class"),
        (argilla([{"value": "ham", "rank": 1}]), "row 1: the answer is spans or a ranking"),
    ],
)
def test_answers_that_are_no_choices_are_refused_and_never_dropped(tmp_path, records, told):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(records))
    found = read_any(path, CLASSES)
    with pytest.raises(ReviewError, match=told):
        name_fields(found.entries, CLASSES)


def test_choices_are_taken_where_something_else_was_answered_beside_them(tmp_path):
    path = tmp_path / "a.json"
    both = [*answered_with("rating", 3), *answered_with("choices", ["ham"])]
    path.write_text(json.dumps(both))
    found = read_any(path, CLASSES)
    taken = take_entries(found.entries, name_fields(found.entries, CLASSES), ITEMS, "refuse")
    assert [one.label for one in taken.bundle.reviews] == ["ham"]
    assert taken.unanswered == 1


def test_what_is_no_file_is_told_as_what_it_is(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(ReviewError, match=r"a\.csv: is a folder"):
        read_any(tmp_path / "a.csv", CLASSES)
    os.mkfifo(tmp_path / "b.csv")
    with pytest.raises(ReviewError, match=r"b\.csv: is no file that can be read"):
        read_any(tmp_path / "b.csv", CLASSES)
    with pytest.raises(ReviewError, match=r"c\.csv: there is no such file"):
        read_any(tmp_path / "c.csv", CLASSES)


def test_records_a_line_under_the_name_json_are_told_to_be_jsonl(tmp_path):
    path = lines(tmp_path / "a.json", [{"text": "hi", "label": "ham"}] * 2)
    with pytest.raises(ReviewError, match=r"ends in \.jsonl"):
        read_any(path, CLASSES)


def test_reasons_are_counted_with_their_names_left_out(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("item_id,text,label\n7,no,ham\n8,no,ham\n9,hi,ham\n")
    found = read_any(path, CLASSES)
    with pytest.raises(ReviewError) as refused:
        take_entries(found.entries, name_fields(found.entries, CLASSES), ITEMS, "refuse")
    counted = str(refused.value).splitlines()[0]
    assert "2 x item … has another text than … says" in counted
    assert "1 x the task has no item …" in counted


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
@pytest.mark.parametrize(
    ("begins", "told"),
    [
        (b"PK\x03\x04\x14\x00", "a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old workbook"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"\x1f\x8b\x08\x00", "packed with gzip"),
    ],
)
def test_a_file_of_another_kind_is_told_as_what_it_is(tmp_path, ending, begins, told):
    path = tmp_path / f"labels{ending}"
    path.write_bytes(begins + bytes(40))
    with pytest.raises(ReviewError, match=f"labels{ending}: the file is {told}"):
        read_any(path, ["praise", "complaint"])
    assert read_records(path, ())[1][0][2].startswith(f"the file is {told}")


@pytest.mark.parametrize("numbering", ["Unnamed: 0", "level_0", "__index_level_0__"])
def test_the_numbers_that_pandas_writes_are_no_text(numbering):
    entries = [
        Entry(where=f"row {n}", fields={numbering: "1000000000000", "words": f"a {n}"})
        for n in range(3)
    ]
    assert name_fields(entries, ["praise"]).text == "words"
