"""Items that may have several classes, through files and back: the same sets, and none becomes no answer."""

import csv
import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.files import read_any, write_file
from console.formats.intake.again import write_store
from console.formats.intake.matching import Items
from console.formats.intake.taking import take_entries
from console.formats.own.bundle import Bundle, read_store
from console.formats.own.csv import read_csv
from console.formats.own.jsonl import read_jsonl
from console.formats.tools.entries import name_fields
from console.formats.tools.label_studio import read_label_studio
from console.formats.tools.label_studio_answers import labeling_config, predictions
from labeling.kinds.several.answer import written
from labeling.kinds.several.kind import Several
from labeling.kinds.several.limits import Limits
from resources.reviews.rows import Assignment, Review, ReviewError
from resources.reviews.sight import CurrentItem
from resources.reviews.store import ReviewStore

KIND = Several()
CLASSES = ("late", "broken", "praise")
SETS = [("late",), ("broken", "late"), (), ("praise",), ("broken", "late", "praise")]
TEXTS = [f"message {at}" for at in range(len(SETS))]
ITEMS = Items(
    [CurrentItem(str(at), "may", one, None) for at, one in enumerate(TEXTS)], complete=True
)

ANSWER = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
    | st.sampled_from(["=a", "a;b", "a|b", "[x]", "none", "not late", 'say "hi"', "a, b"]),
    max_size=4,
).map(written)
READERS = {
    ".csv": read_csv,
    ".jsonl": lambda path: read_jsonl(path, KIND),
    ".json": lambda path: read_label_studio(path, KIND),
}


@st.composite
def bundles(draw):
    about = {"item_id": "7", "batch": "may"}
    origin = draw(st.sampled_from(["audit", "check"]))
    planned = Assignment(
        **about, origin=origin, text="hi", suggestion=draw(st.none() | ANSWER),
        gold=draw(ANSWER) if origin == "check" else None,
    )  # fmt: skip
    said = draw(st.lists(st.none() | ANSWER, max_size=4))
    reviews = [
        Review(
            **about, reviewer="ann", outcome="skip" if label is None else "label", label=label,
            origin=origin, seconds=1.0, idempotency_key=str(n), note=draw(st.sampled_from(["", "n"])),
        )
        for n, label in enumerate(said)
    ]  # fmt: skip
    return Bundle([planned], reviews)


@pytest.mark.parametrize("ending", READERS)
@settings(max_examples=80, deadline=None)
@given(bundle=bundles())
def test_reviews_with_sets_come_back_as_they_were(tmp_path_factory, ending, bundle):
    path = tmp_path_factory.mktemp("f") / f"file{ending}"
    write_file(bundle, path, kind=KIND)
    back = READERS[ending](path)
    assert (back.assignments, back.reviews) == (bundle.assignments, bundle.reviews)


@pytest.mark.parametrize("ending", READERS)
def test_a_store_of_sets_survives_a_file_that_is_taken_in_twice(tmp_path, ending):
    store = ReviewStore(tmp_path / "a.sqlite", kind=KIND)
    store.plan([Assignment(item_id="7", batch="may", origin="audit", text="hi", probability=0.5)])
    for who, label in (("ann", "[]"), ("ben", '["broken", "late"]')):
        store.record("7", "may", who, "label", label, "audit", 1.0, idempotency_key=who)
    write_file(read_store(store), tmp_path / f"f{ending}", kind=KIND)
    copy = ReviewStore(tmp_path / "b.sqlite", kind=KIND)
    assert write_store(copy, READERS[ending](tmp_path / f"f{ending}"))[1] == 2
    assert write_store(copy, READERS[ending](tmp_path / f"f{ending}")) == (0, 0)
    assert copy.reviews() == store.reviews()


def test_jsonl_keeps_sets_as_lists_and_csv_as_the_json_of_them(tmp_path):
    planned = Assignment(item_id="7", batch="may", origin="queue", text="hi", suggestion="[]")
    review = Review(item_id="7", batch="may", reviewer="ann", outcome="label", origin="queue",
                    label='["broken", "late"]', seconds=1.0, idempotency_key="k")  # fmt: skip
    for ending in (".jsonl", ".csv"):
        write_file(Bundle([planned], [review]), tmp_path / f"f{ending}", kind=KIND)
    line = json.loads((tmp_path / "f.jsonl").read_text())
    assert line["reviews"][0]["label"] == ["broken", "late"]
    assert line["assignments"][0]["suggestion"] == []
    with (tmp_path / "f.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["label"] == '["broken", "late"]'


def lines(path, records):
    path.write_text("".join(json.dumps(one) + "\n" for one in records))


def as_csv(path, records):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)


def as_parquet(path, records):
    pq.write_table(pa.Table.from_pylist(records), path)


def as_json(path, records):
    path.write_text(json.dumps(records))


def choices(control, names):
    return {"id": "x", "from_name": control, "to_name": "t", "type": "choices",
            "value": {"choices": list(names)}}  # fmt: skip


def studio(at, names, control="topics"):
    return {
        "id": at, "data": {"message": TEXTS[at]}, "project": 3, "predictions": [],
        "annotations": [{
            "id": 100 + at, "completed_by": 4, "was_cancelled": False, "lead_time": 3.5,
            "result": [choices(control, names)] if names else [],
            "created_at": "2026-03-04T10:00:00.0Z", "updated_at": "2026-03-04T10:00:01.0Z",
        }],
    }  # fmt: skip


def studio_row(at, names):
    """Return what JSON-MIN and CSV hold: one choice as it is, several as an object."""
    chosen = {"choices": list(names)} if len(names) > 1 else names[0] if names else None
    return {
        "message": TEXTS[at], "id": at, **({"topics": chosen} if chosen else {}), "annotator": 4,
        "annotation_id": 100 + at, "created_at": "2026-03-04T10:00:00.0Z",
        "updated_at": "2026-03-04T10:00:01.0Z", "lead_time": 3.5,
        **({} if chosen else {"doubt": "none"}),
    }  # fmt: skip


def prodigy(at, names):
    return {
        "text": TEXTS[at], "_input_hash": at, "_task_hash": -at, "answer": "accept",
        "options": [{"id": n, "text": one} for n, one in enumerate(CLASSES)],
        "accept": [CLASSES.index(one) for one in names], "config": {"choice_style": "multiple"},
        "_timestamp": 1772618400 + at, "_annotator_id": "set-anna", "_session_id": "set-anna",
    }  # fmt: skip


def argilla(at, names):
    said = [{"value": list(names), "user_id": "u1", "status": "submitted"}]
    return {"id": f"0{at}", "fields": {"prompt": TEXTS[at]}, "metadata": {}, "vectors": {},
            "suggestions": {}, "responses": {"topics": said}, "_server_id": "s"}  # fmt: skip


def old_argilla(at, names):
    return {
        "id": str(at), "text": TEXTS[at], "inputs": {"text": TEXTS[at]}, "prediction": None,
        "annotation": list(names), "annotation_agent": "anna", "status": "Validated", "multi_label": True,
    }  # fmt: skip


def table(at, names):
    return {"item_id": str(at), "label": list(names), "reviewer": "ann"}


FILES = {
    "label studio": ("a.json", as_json, studio),
    "label studio, json-min": ("a.json", as_json, studio_row),
    "prodigy": ("a.jsonl", lines, prodigy),
    "argilla": ("a.json", as_json, argilla),
    "argilla 1": ("a.json", as_json, old_argilla),
    "doccano, checked": (
        "a.jsonl", lines,
        lambda at, names: {"id": at, "text": TEXTS[at], "label": list(names), "annotation_approver": "bo"},
    ),
    "lists in jsonl": ("a.jsonl", lines, table),
    "lists in parquet": ("a.parquet", as_parquet, table),
    "json in csv": ("a.csv", as_csv, lambda at, s: {**table(at, s), "label": json.dumps(s)}),
    "python in csv": ("a.csv", as_csv, lambda at, s: {**table(at, s), "label": str(list(s))}),
    "semicolons": ("a.csv", as_csv, lambda at, s: {**table(at, s), "label": "; ".join(s) or "[]"}),
    "bars": ("a.csv", as_csv, lambda at, s: {**table(at, s), "label": "|".join(s) or "[]"}),
    "columns": (
        "a.csv", as_csv,
        lambda at, s: {"item_id": at, **{one: int(one in s) for one in CLASSES}, "note": ""},
    ),
    "true and false": (
        "a.parquet", as_parquet,
        lambda at, s: {"item_id": str(at), **{one: one in s for one in CLASSES}},
    ),
}  # fmt: skip


def taken(path, **more):
    found = read_any(path, CLASSES, kind=KIND)
    names = name_fields(found.entries, CLASSES)
    return take_entries(found.entries, names, ITEMS, "refuse", kind=KIND, **more)


@pytest.mark.parametrize(("name", "write", "of"), FILES.values(), ids=FILES)
def test_every_tool_brings_each_set_to_its_item(tmp_path, name, write, of):
    write(tmp_path / name, [of(at, names) for at, names in enumerate(SETS)])
    reviews = taken(tmp_path / name).bundle.reviews
    assert [(one.item_id, one.label) for one in reviews] == [
        (str(at), written(names)) for at, names in enumerate(SETS)
    ]


def test_cells_of_a_label_studio_csv_hold_the_json_of_several_choices(tmp_path):
    rows = [studio_row(at, names) for at, names in enumerate(SETS)]
    for row in rows:
        chosen = row.setdefault("topics", "")
        row["topics"] = json.dumps(chosen) if isinstance(chosen, dict) else chosen
        row.setdefault("doubt", "")
    as_csv(tmp_path / "a.csv", rows)
    assert [one.label for one in taken(tmp_path / "a.csv").bundle.reviews] == list(
        map(written, SETS)
    )


def test_nobody_is_said_to_have_answered_what_doccano_lists_without_a_class(tmp_path):
    records = [
        {"id": at, "text": TEXTS[at], "label": list(names), "Comments": []}
        for at, names in enumerate(SETS)
    ]
    lines(tmp_path / "a.jsonl", records)
    with pytest.raises(ReviewError, match=r"row 3: no class is given, .* --empty nothing"):
        taken(tmp_path / "a.jsonl")
    labels = {
        empty: [one.label for one in taken(tmp_path / "a.jsonl", empty=empty).bundle.reviews]
        for empty in ("nothing", "unanswered")
    }
    assert labels["nothing"] == list(map(written, SETS))
    assert labels["unanswered"] == [written(names) for names in SETS if names]


def test_who_was_unsure_or_skipped_has_not_said_that_nothing_applies(tmp_path):
    unsure = studio(0, [])
    unsure["annotations"][0]["result"] = [choices("doubt", ["unsure"])]
    skipped = studio(1, [])
    skipped["annotations"][0]["was_cancelled"] = True
    ignored = [{**prodigy(at, []), "answer": said} for at, said in ((0, "ignore"), (1, "reject"))]
    as_json(tmp_path / "a.json", [unsure, skipped, studio(2, ["late"], "topics")])
    lines(tmp_path / "b.jsonl", [*ignored, prodigy(2, ["late"])])
    for name in ("a.json", "b.jsonl"):
        labels = {one.item_id: one.label for one in taken(tmp_path / name).bundle.reviews}
        assert labels.pop("2") == '["late"]'
        assert set(labels.values()) <= {None}


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([{"item_id": "0", "late": 1, "broken": 0}], r"a column for late, broken, but none for praise"),
        ([{"item_id": "0", "late": 1, "broken": "", "praise": 0}], "row 1: broken is empty, and others"),
        ([{"item_id": "0", "late": 2, "broken": 0, "praise": 0}], "row 1: late is '2', but .* 0 or 1"),
        ([{"item_id": "0", "label": "[late"}], "row 1: '.late' begins like a list of names and is none"),
        ([{"item_id": "0", "label": '["late", ["x"]]'}], "row 1: expected text, found list"),
        (
            [{"item_id": "0", "label": one} for one in ("late", "broken")],
            "row 2: item '0' is .* keep one row an item with all its classes",
        ),
        (
            [{"item_id": "0", "label": one, "reviewer": "ann"} for one in ("late", "broken")],
            "row 2: item '0' is .* keep one row an item with all its classes",
        ),
        ([{"item_id": "0", "topics": "late;broken"}], "'topics' holds only classes of the task"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_tell_the_set_is_refused_by_its_row(tmp_path, records, told):
    as_csv(tmp_path / "a.csv", records)
    with pytest.raises(ReviewError, match=told):
        taken(tmp_path / "a.csv")


def test_one_label_that_was_accepted_or_rejected_says_nothing_of_the_others(tmp_path):
    lines(
        tmp_path / "a.jsonl",
        [{"text": TEXTS[0], "label": "late", "answer": "accept", "_input_hash": 1}],
    )
    with pytest.raises(
        ReviewError, match=r"row 1: says of 'late' alone .* .choice_style: multiple"
    ):
        taken(tmp_path / "a.jsonl")


def test_an_array_of_labels_is_refused(tmp_path):
    (tmp_path / "a.npy").write_bytes(b"")
    with pytest.raises(ReviewError, match="an array has one label an item"):
        read_any(tmp_path / "a.npy", CLASSES, kind=KIND)


def test_classes_that_were_renamed_have_their_columns_still(tmp_path):
    as_csv(tmp_path / "a.csv", [{"item_id": "0", "delayed": 1, "broken": 0, "praise": 1}])
    found = read_any(tmp_path / "a.csv", CLASSES, kind=KIND, former={"delayed": "late"})
    names = name_fields(found.entries, CLASSES)
    bundle = take_entries(found.entries, names, ITEMS, "refuse", kind=KIND).bundle
    assert [one.label for one in bundle.reviews] == ['["late", "praise"]']


def test_label_studio_says_none_in_so_many_words_only_where_it_is_allowed():
    page = labeling_config(["a", "b"], kind=KIND)
    assert 'name="label" toName="item" choice="multiple"' in page
    assert '<Choice value="none"/>' in page
    strict = replace(KIND, limits=Limits(none_allowed=False))
    assert '<Choice value="none"/>' not in labeling_config(["a", "b"], kind=strict)


def test_a_machines_set_is_shown_beforehand_and_so_is_that_nothing_applies():
    shown = {text: predictions(text, KIND)[0]["result"] for text in ("[]", '["a", "b"]')}
    assert shown["[]"][0]["value"]["choices"] == ["none"]
    assert shown["[]"][0]["from_name"] == "doubt"
    assert shown['["a", "b"]'][0]["value"]["choices"] == ["a", "b"]
