"""Spans in Label Studio: its labels become spans of the item's text, however it counts, and come back."""

import csv
import json
from contextlib import closing
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from console.formats.files import read_any
from console.formats.intake.matching import Items
from console.formats.intake.taking import take_entries
from console.formats.tools.entries import name_fields
from console.formats.tools.label_studio_answers import labeling_config, predictions
from console.formats.tools.label_studio_spans import answer_of, regions_of
from console.label_studio.choices import NoChoicesError, with_choices
from console.label_studio.client import LabelStudio
from console.label_studio.sync import sync
from labeling.kinds.spans.answer import Span, written
from labeling.kinds.spans.kind import SpansOfClasses
from labeling.kinds.spans.offsets import CHARACTERS, UNITS, Counting
from resources.reviews.rows import Assignment, ReviewError
from resources.reviews.sight import CurrentItem
from resources.reviews.store import ReviewStore
from tests.console.test_spans_in_files import texts_with_spans
from tests.fakes.label_studio import TOKEN, FakeStudio

KIND = SpansOfClasses()
CLASSES = ("Drug", "Disease")
TEXT = "gout needs \N{PILL} colchicine\r\nnow"
PILL, NOW = Span(13, 23, "Drug"), Span(25, 28, "Disease")
ITEMS = Items([CurrentItem("7", "may", TEXT, None)], complete=True)


def value(start, end, text, *names):
    return {"start": start, "end": end, "text": text, "labels": list(names)}


def exported(*regions, data=None, **annotation):
    results = [
        {"id": f"r{n}", "from_name": "ner", "to_name": "t", "type": "labels", "value": one}
        for n, one in enumerate(regions)
    ]
    return {
        "id": 1, "data": data or {"content": TEXT, "team": "north"}, "predictions": [],
        "annotations": [{"id": 5, "completed_by": 4, "lead_time": 2.5, "was_cancelled": False,
                         "result": results, "updated_at": "2026-03-04T10:00:01Z", **annotation}],
    }  # fmt: skip


def taken(path, **more):
    found = read_any(path, CLASSES, kind=KIND)
    names = name_fields(found.entries, CLASSES, kind=KIND)
    return take_entries(found.entries, names, ITEMS, "refuse", kind=KIND, **more)


def labels(path, *tasks, **more):
    path.write_text(json.dumps(tasks))
    return [(one.outcome, one.label) for one in taken(path, **more).bundle.reviews]


@pytest.mark.parametrize(
    "way", [CHARACTERS, UNITS, Counting(one_line_end=True), Counting(utf16=True, one_line_end=True)]
)
def test_the_covered_text_tells_how_offsets_were_counted(tmp_path, way):
    pill, now = way.write([PILL, NOW], TEXT)
    task = exported(value(*pill[:2], "colchicine", "Drug"), value(*now[:2], "now", "Disease"))
    assert labels(tmp_path / "a.json", task) == [("label", written([PILL, NOW]))]


@given(texts_with_spans(overlap=True))
def test_what_we_write_is_what_we_read(made):
    text, spans = made
    regions = [one["value"] for one in regions_of(written(spans), text, "label")]
    back = json.loads(answer_of(regions, {"text": text}))
    assert [text[a:b].split() for a, b, _ in back] == [text[a:b].split() for a, b, _ in spans]
    assert "\r\n" in text or back == [list(one) for one in spans]


def test_two_labels_of_one_region_are_two_spans(tmp_path):
    task = exported(value(13, 23, "colchicine", "Drug", "Disease"))
    [(_, label)] = labels(tmp_path / "a.json", task)
    assert json.loads(label) == [[13, 23, "Disease"], [13, 23, "Drug"]]


def test_an_annotation_without_a_label_says_that_nothing_is_there_and_a_skipped_one_nothing(
    tmp_path,
):
    assert labels(tmp_path / "a.json", exported()) == [("label", "[]")]
    assert labels(tmp_path / "a.json", exported(was_cancelled=True)) == [("skip", None)]


@pytest.mark.parametrize(
    ("region", "told"),
    [
        (value(13, 23, "aspirin", "Drug"), ("annotation 5: the span 13..23 is said to cover 'aspirin', "
         "but 'colchicine' stands there")),
        (value(13, 99, None, "Drug"), "the span 13..99 ends behind the text, which has 28 characters"),
        (value(23, 13, None, "Drug"), "the span 23..13 does not end after it begins"),
        (value("x", 13, None, "Drug"), "annotation 5: 'x' is no offset"),
    ],
)  # fmt: skip
def test_a_region_that_is_not_in_the_text_is_refused_with_task_and_annotation(
    tmp_path, region, told
):
    with pytest.raises(ReviewError) as refused:
        labels(tmp_path / "a.json", exported(region))
    assert "a.json, task 1" in str(refused.value)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"a": 1}, "needed are start, end and a list of labels"),
        ([3], "annotation 5: its result holds 3, which is no region"),
        ([{"from_name": "ner", "type": "labels"}], "a region has null for its value"),
        ([{"from_name": "ner", "type": "labels", "value": value(0, 4, "gout") | {"labels": "Drug"}}],
         "needed are start, end and a list of labels"),
    ],
)  # fmt: skip
def test_a_damaged_annotation_does_not_say_that_nothing_is_marked(tmp_path, result, told):
    with pytest.raises(ReviewError) as refused:
        labels(tmp_path / "a.json", exported(result=result))
    assert told in str(refused.value)


def test_choices_of_a_whole_text_are_no_spans(tmp_path):
    task = exported()
    task["annotations"][0]["result"] = [
        {"from_name": "mood", "to_name": "t", "type": "choices", "value": {"choices": ["Drug"]}}
    ]
    with pytest.raises(ReviewError, match="the answer is choices, which marks no spans"):
        labels(tmp_path / "a.json", task)


@pytest.mark.parametrize("ending", [".json", ".csv"])
def test_rows_of_json_min_and_csv_hold_regions_too(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    row = {"content": TEXT, "ner": [value(14, 24, "colchicine", "Drug")], "annotator": 1,
           "annotation_id": 9, "lead_time": 1.0, "id": 3}  # fmt: skip
    if ending == ".json":
        path.write_text(json.dumps([row]))
    else:
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            writer.writeheader()
            writer.writerow({**row, "ner": json.dumps(row["ner"])})
    assert [one.label for one in taken(path).bundle.reviews] == [written([PILL])]


def test_the_interface_has_labels_on_the_text_and_follows_the_classes():
    config = labeling_config(['A "&" B', "C"], kind=KIND)
    root = ET.fromstring(config)
    assert [one.get("value") for one in root.iter("Label")] == ['A "&" B', "C"]
    assert root.find("Labels").get("toName") == root.find("Text").get("name")
    assert with_choices(config, ['A "&" B', "C"], kind=KIND) == config
    wider = ET.fromstring(with_choices(config, ["C", "D"], kind=KIND))
    assert [one.get("value") for one in wider.iter("Label")] == ["C", "D"]
    with pytest.raises(NoChoicesError, match="it has no <Labels name='label'>"):
        with_choices(labeling_config(["A"]), ["A"], kind=KIND)


def test_a_machines_spans_are_shown_beforehand_and_so_is_that_there_are_none():
    [shown] = predictions(written([PILL]), KIND, TEXT)[0]["result"]
    assert (shown["type"], shown["value"]) == ("labels", value(13, 23, "colchicine", "Drug"))
    [none] = predictions("[]", KIND, TEXT)[0]["result"]
    assert (none["from_name"], none["value"]) == ("doubt", {"choices": ["none"]})


@pytest.fixture
def studio():
    fake = FakeStudio()
    yield fake
    fake.shutdown()
    fake.server_close()


def test_a_running_label_studio_sends_spans_back_and_keeps_those_that_are_not_allowed(
    tmp_path, studio
):
    plan = [Assignment(item_id=str(n), batch="b", origin="queue", text=TEXT, suggestion=written([PILL]))
            for n in range(3)]  # fmt: skip
    with (
        closing(ReviewStore(tmp_path / "r.sqlite", seed=0, kind=KIND)) as store,
        LabelStudio(studio.url, TOKEN) as client,
    ):
        store.plan(plan)
        project = client.project("drugs", list(CLASSES), kind=KIND)
        assert client.project("drugs", [*CLASSES, "Dose"], kind=KIND) == project
        assert '<Label value="Dose"' in studio.projects[0]["label_config"]
        sync(store, client, project, keep=3, suggestions=True, classes=CLASSES)
        said = [
            [value(13, 23, "colchicine", "Drug")],
            [],
            [value(0, 4, "gout", "Drug"), value(2, 8, "ut nee", "Drug")],
        ]
        for task, regions in zip(studio.tasks, said, strict=True):
            studio.submit(task, {})
            task["annotations"][0]["result"] = exported(*regions)["annotations"][0]["result"]
        told = sync(store, client, project, keep=3, classes=CLASSES)
        assert sorted(one["label"] for one in store.reviews().to_pylist()) == sorted(
            ["[]", written([PILL])]
        )
    assert told.pulled == 2
    assert "1 answer is not taken in" in told.note
    assert "the spans 0..4 and 2..8 overlap" in told.note
