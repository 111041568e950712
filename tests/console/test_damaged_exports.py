"""Exports of other tools with anything in any place: read, or refused in a sentence."""

import contextlib
import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.files import read_any
from console.formats.intake.matching import Items
from console.formats.intake.taking import check_bundle, take_entries
from console.formats.own.bundle import Bundle
from console.formats.tools.entries import name_fields, text_of
from resources.reviews.rows import ReviewError
from resources.reviews.sight import CurrentItem

CLASSES = ("ham", "spam")
ITEMS = Items([CurrentItem("7", "may", "hi there", None)], complete=True)
GOOD = {
    "label studio": [{
        "id": 1, "data": {"text": "hi there"},
        "annotations": [{
            "id": 2, "completed_by": {"email": "a@b.c"}, "lead_time": 1.5, "was_cancelled": False,
            "updated_at": "2026-03-04T10:00:00Z",
            "result": [{"from_name": "kind", "type": "choices", "value": {"choices": ["ham"]}}],
        }],
    }],
    "json-min": [{"text": "hi there", "kind": "ham", "id": 1, "annotator": 2, "annotation_id": 3,
                  "lead_time": 1.5, "updated_at": "2026-03-04T10:00:00Z"}],
    "doccano": [{"id": 1, "text": "hi there", "label": ["ham"], "meta": {"a": 1}}],
    "prodigy": [{"text": "hi there", "_input_hash": 1, "_task_hash": 2, "accept": ["ham"],
                 "options": [{"id": "ham", "text": "Ham"}], "answer": "accept", "meta": {"a": 1},
                 "_timestamp": 1772618400}],
    "argilla": [{"id": "a", "fields": {"text": "hi there"}, "metadata": {},
                 "responses": {"kind": [{"value": "ham", "user_id": "u"}]}}],
    "argilla server": [{"id": "a", "fields": {"text": "hi there"},
                        "responses": [{"values": {"kind": {"value": "ham"}}, "user_id": "u",
                                       "status": "submitted"}]}],
    "argilla flat": [{"id": "a", "text": "hi there", "kind.responses": ["ham"],
                      "kind.responses.users": ["u"], "kind.responses.status": ["submitted"]}],
    "table": [{"item_id": "7", "text": "hi there", "label": "ham", "seconds": 1.5}],
    "ours": [{"data": {"text": "hi there", "touchstone": {
        "item_id": "7", "batch": "may", "assignments": [{"origin": "queue"}]}}}],
}  # fmt: skip
JUNK = st.sampled_from(
    [
        None,
        [],
        {},
        0,
        -1,
        1.5,
        True,
        "",
        "junk",
        [None],
        [[]],
        [{}],
        {"a": None},
        "\ud800",
        [1, "x"],
    ]
)


def places(value, path=()):
    yield path
    parts = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in parts:
        yield from places(part, (*path, key))


def take(path):
    found = read_any(path, CLASSES)
    if isinstance(found, Bundle):
        return check_bundle(found, ITEMS, "skip", str(path))
    names = name_fields(found.entries, CLASSES)
    for entry in found.entries:
        text_of(entry, names.id)
    return take_entries(found.entries, names, ITEMS, "skip")


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("ending", ["json", "jsonl"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_export_is_read_or_refused_in_a_sentence(tmp_path_factory, kind, ending, data):
    records = copy.deepcopy(GOOD[kind])
    for _ in range(data.draw(st.integers(0, 2))):
        path = data.draw(st.sampled_from(list(places(records))))
        if not path:
            break
        junk = copy.deepcopy(data.draw(JUNK))
        inner = records
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = junk
    file = tmp_path_factory.mktemp("f") / f"a.{ending}"
    text = (
        json.dumps(records) if ending == "json" else "".join(json.dumps(r) + "\n" for r in records)
    )
    file.write_text(text, encoding="utf-8")
    with contextlib.suppress(ReviewError):  # any other error is a traceback for the user
        take(file)


@pytest.mark.parametrize("kind", GOOD)
def test_the_same_exports_undamaged_are_taken_in(tmp_path, kind):
    (tmp_path / "a.json").write_text(json.dumps(GOOD[kind]), encoding="utf-8")
    taken = take(tmp_path / "a.json")
    assert [a.item_id for a in taken.bundle.assignments] == ["7"]
    assert taken.faults == []
    if kind != "ours":
        assert [(r.item_id, r.batch, r.label) for r in taken.bundle.reviews] == [
            ("7", "may", "ham")
        ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b"\xff\xfe[\x00"), ("a.json", b""), ("a.json", b"3"), ("a.json", b"[]"),
        ("a.json", b"[" * 100_000), ("a.jsonl", b"[1]\n"), ("a.jsonl", b"\n"), ("a.csv", b""),
        ("a.csv", b'item_id,label\n"7'), ("a.csv", b"item_id,item_id,label\n1,2,ham\n"),
        ("a.parquet", b"PAR1"), ("a.npy", b"\x93NUMPY"), ("a.xlsx", b"PK"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_by_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReviewError, match=r"a\.\w+"):
        take(tmp_path / name)
