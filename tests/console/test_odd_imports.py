"""Answers keep their item and their class, and what cannot be taken is told by its row."""

import json

import pytest

from console.formats.entries import name_fields
from console.formats.files import read_any
from console.formats.matching import Items
from console.formats.taking import check_bundle, take_entries
from labeling.files.apostrophes import harmless, raw_cell
from labeling.files.columns import read_columns
from labeling.files.records import read_records
from resources.reviews.rows import ReviewError
from resources.reviews.sight import Shown

CLASSES = ("ham", "spam")
ITEMS = Items([Shown("7", "may", "hi", None), Shown("8", "may", "oh", None)], complete=True)
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
