import csv
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.files import read_any, write_file
from console.formats.intake.again import write_store
from console.formats.own.bundle import Bundle, read_store
from console.formats.own.csv import read_csv, write_csv
from console.formats.own.jsonl import read_jsonl, write_jsonl
from console.formats.tools.label_studio import (
    from_tasks,
    read_label_studio,
    to_tasks,
    write_label_studio,
)
from console.formats.tools.label_studio_answers import labeling_config
from resources.reviews.rows import Assignment, Review, ReviewError
from resources.reviews.store import ReviewStore
from tests.fakes.pictures import as_file, wall

FORMATS = [
    pytest.param(write_csv, read_csv, id="csv"),
    pytest.param(write_jsonl, read_jsonl, id="jsonl"),
    pytest.param(write_label_studio, read_label_studio, id="label_studio"),
]

START = datetime(2020, 1, 1, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "=1+1",
        "'=1",
        "''+x",
        "-5",
        "@a",
        "\t=x",
        "\r\n=y",
        "\uff1d1",
        "a\u2028b",
        'a "b", c',
        "<script>",
    ]
)
NAME = TEXT.filter(bool)


@st.composite
def bundles(draw):
    items = draw(st.lists(st.tuples(NAME, TEXT), min_size=1, max_size=4, unique=True))
    assignments, reviews = [], []
    for item_id, batch in items:
        shared = {
            "item_id": item_id, "batch": batch, "text": draw(TEXT), "image": draw(st.none() | NAME),
            "context": draw(st.dictionaries(TEXT, TEXT | st.integers(-9, 9), max_size=2)),
            "suggestion": draw(st.none() | NAME),
        }  # fmt: skip
        origins = draw(
            st.lists(st.sampled_from(["audit", "queue", "check"]), min_size=1, unique=True)
        )
        assignments += [
            Assignment(
                **shared, origin=origin, gold=draw(NAME) if origin == "check" else None,
                priority=draw(st.floats(-1e6, 1e6)),
                probability=draw(st.none() | st.floats(0, 1, exclude_min=True)),
            )
            for origin in origins
        ]  # fmt: skip
    for n in range(draw(st.integers(0, 6))):
        item_id, batch = draw(st.sampled_from(items))
        outcome = draw(st.sampled_from(["label", "skip", "unsure"]))
        reviews.append(
            Review(
                item_id=item_id, batch=batch, reviewer=draw(NAME), outcome=outcome,
                label=draw(NAME) if outcome == "label" else None,
                origin=draw(st.sampled_from(["audit", "queue", "overlap"])),
                seconds=draw(st.floats(0, 1e5)), note=draw(TEXT), idempotency_key=f"={n}",
                at=START + timedelta(microseconds=draw(st.integers(0, 10**15))),
                shown=draw(st.none() | st.dictionaries(TEXT, TEXT, min_size=1, max_size=2)),
            )
        )  # fmt: skip
    return Bundle(assignments, reviews)


@pytest.mark.parametrize(("write", "read"), FORMATS)
@settings(max_examples=60, deadline=None)
@given(bundle=bundles())
def test_what_is_written_is_what_is_read(tmp_path_factory, write, read, bundle):
    path = tmp_path_factory.mktemp("f") / "file"
    write(bundle, path)
    back = read(path)
    assert back.reviews == bundle.reviews
    assert sorted(map(repr, back.assignments)) == sorted(map(repr, bundle.assignments))


@pytest.mark.parametrize(("write", "read"), FORMATS)
def test_a_store_survives_a_file_and_reading_it_twice_changes_nothing(tmp_path, write, read):
    store = ReviewStore(tmp_path / "a.sqlite")
    store.plan([
        Assignment(item_id=str(i), batch="b", origin="audit" if i % 2 else "queue", text=f"=text {i}",
                   probability=0.1, context={"author": "=me"}, suggestion="SPAM") for i in range(6)
    ])  # fmt: skip
    for who, label in (("anna", "HAM"), ("ben", "SPAM"), ("anna", "SPAM")):
        store.record(
            "1",
            "b",
            who,
            "label",
            label,
            "audit",
            1.25,
            "-note",
            idempotency_key=f"{who}{label}",
            shown={"suggestion": None},
        )
    write(read_store(store), tmp_path / "file")

    copy = ReviewStore(tmp_path / "b.sqlite")
    assert write_store(copy, read(tmp_path / "file")) == (7, 3)  # 6, and one disagreement
    assert write_store(copy, read(tmp_path / "file")) == (0, 0)
    assert copy.reviews() == store.reviews()
    assert sorted(copy.open_items().to_pylist(), key=str) == sorted(
        store.open_items().to_pylist(), key=str
    )


def test_no_cell_of_an_exported_csv_is_a_formula(tmp_path):
    evil = '=HYPERLINK("https://evil.example")'
    item = Assignment(item_id="+1", batch="@b", origin="queue", text=evil, suggestion="-x")
    review = Review(item_id="+1", batch="@b", reviewer="=r", outcome="label", label="\t=l",
                    origin="queue", seconds=1, idempotency_key="=k", note="\uff1d1")  # fmt: skip
    write_csv(Bundle([item], [review]), tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [c for c in cells if c[:1] in set("=+-@\t\r\uff1d")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("item_id,text\n1,a\n", "column 'batch' is missing"),
        ("item_id,batch,colour\n1,b,red\n", "column 'colour' is unknown"),
        ("item_id,batch\n1,b\n2\n", "line 3: the row does not have 2 cells"),
        ("item_id,batch,probability\n1,b,7\n", r"line 2: .*probability 7.0 is not in"),
        ("item_id,batch,reviewer,label,seconds\n1,b,anna,A,soon\n", "line 2: seconds is 'soon'"),
        ("item_id,batch,context\n1,b,{\n", "line 2: context is not JSON"),
    ],
)
def test_a_csv_that_cannot_be_read_says_where_and_why(tmp_path, text, told):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(ReviewError, match=told):
        read_csv(path)


def test_a_small_csv_made_by_hand_is_enough(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("item_id,batch,text,reviewer,label\n1,b,hello,anna,HAM\n2,b,world,,\n")
    store = ReviewStore(tmp_path / "s.sqlite")
    assert write_store(store, read_csv(path)) == (2, 1)
    assert store.open_count() == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{\n", "line 1: not JSON"),
        ('{"item_id": "1"}\n', "line 1: a line is an object with at least item_id and batch"),
        ('\n{"item_id": "1", "batch": "b", "colour": 1}\n', "line 2: .*colour"),
        ('{"item_id": "1", "batch": "b", "reviews": [{"outcome": "label"}]}', "line 1, review 0"),
    ],
)
def test_a_jsonl_that_cannot_be_read_says_where_and_why(tmp_path, text, told):
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(ReviewError, match=told):
        read_jsonl(path)


def test_an_annotation_made_or_edited_in_label_studio_counts_as_its_authors():
    item = Assignment(item_id="1", batch="b", origin="queue", text="x", suggestion="HAM")
    ours = Review(item_id="1", batch="b", reviewer="anna", outcome="label", label="HAM",
                  origin="queue", seconds=1, idempotency_key="k")  # fmt: skip
    (task,) = json.loads(json.dumps(to_tasks(Bundle([item], [ours]))))
    assert task["predictions"][0]["result"][0]["value"] == {"choices": ["HAM"]}
    edited = task["annotations"][0]
    edited |= {"id": 9, "completed_by": {"email": "eve@example.org"}}
    edited["result"][0]["value"]["choices"] = ["SPAM"]
    (review,) = from_tasks([task]).reviews
    assert (review.reviewer, review.label) == ("label-studio/eve@example.org", "SPAM")


def test_a_file_that_is_no_task_list_says_so(tmp_path):
    path = tmp_path / "x.json"
    for text, told in (
        ("{}", "must be a list of tasks"),
        ("[{}]", "task 0: has no data"),
        ("[", "not JSON"),
    ):
        path.write_text(text)
        with pytest.raises(ReviewError, match=told):
            read_label_studio(path)


def test_class_names_cannot_break_out_of_the_labelling_interface():
    config = labeling_config(['"/><Evil x="', "A&B"])
    assert "<Evil" not in config
    assert "A&amp;B" in config


def test_a_file_for_label_studio_holds_the_images_and_gives_back_what_named_them(tmp_path):
    (tmp_path / "wall.png").write_bytes(as_file(wall(0, cracked=True)))
    items = [
        Assignment(item_id=name, batch="b", origin="queue", text="x", image=image)
        for name, image in (("a", "wall.png"), ("b", None))
    ]
    path = tmp_path / "walls.json"
    assert write_file(Bundle(items, []), path, images=tmp_path) == 2
    shown = [task["data"]["image"] for task in json.loads(path.read_text(encoding="utf-8"))]
    assert shown[0].startswith("data:image/png;base64,")
    assert shown[1] == ""
    assert [item.image for item in read_any(path, ["cracked", "whole"]).assignments] == [
        "wall.png",
        None,
    ]
