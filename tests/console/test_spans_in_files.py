"""Spans through our own files and back: the same spans of the same texts, and what is none is told."""

import json
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.files import read_any, write_file
from console.formats.foreign import Foreign
from console.formats.intake.checking import as_written
from console.formats.intake.matching import Items
from console.formats.intake.taking import check_bundle, take_entries
from console.formats.own.bundle import Bundle
from console.formats.tools.entries import name_fields
from labeling.kinds.spans.answer import Span, written
from labeling.kinds.spans.kind import SpansOfClasses
from labeling.kinds.spans.offsets import UNITS, Counting, moved, read_checked
from labeling.letters.letters import letters
from resources.reviews.rows import Assignment, Review, ReviewError
from resources.reviews.sight import CurrentItem

KIND = SpansOfClasses()
CLASSES = ("Drug", "Disease")
TEXT = "gout needs \N{PILL} colchicine\r\nnow"
PILL = Span(13, 23, "Drug")
ITEMS = Items([CurrentItem("7", "may", TEXT, None)], complete=True)

LETTERS = st.sampled_from(["a", "b ", "\N{PILL}", "e\N{COMBINING ACUTE ACCENT}", "\r\n", "\n", "\t",
    "\N{HEBREW LETTER ALEF}", "\N{ARABIC LETTER BEH}", "\N{RIGHT-TO-LEFT MARK}", ".", "#", "\\n",
    "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}", "\N{NO-BREAK SPACE}", "\N{LINE SEPARATOR}", '"', ";"])  # fmt: skip
TEXTS = st.lists(LETTERS, min_size=1, max_size=14).map("".join)


@st.composite
def texts_with_spans(draw, texts=TEXTS, classes=CLASSES, overlap=False):
    text = draw(texts)
    whole = [at for at, one in enumerate(letters([text]).inside.tolist()) if not one]
    cuts = sorted(draw(st.sets(st.sampled_from(whole), max_size=8)))
    pairs = list(pairwise(cuts))[:: 1 if overlap else 2]
    spans = [Span(start, end, draw(st.sampled_from(classes))) for start, end in pairs]
    if overlap and spans:
        spans.append(Span(spans[0].start, spans[-1].end, draw(st.sampled_from(classes))))
    return text, tuple(sorted(set(spans)))


@given(texts_with_spans(overlap=True), st.booleans(), st.booleans())
def test_what_another_program_counts_is_counted_back(made, utf16, one_line_end):
    text, spans = made
    way = Counting(utf16, one_line_end)
    places = way.ruler(text)
    if all(at in places for span in spans for at in span[:2]):
        there = way.write(spans, text)
        assert way.read(there, text) == list(spans)
        # what it covers tells the way of counting, unless two ways cover the same
        covered = [text[one.start : one.end] for one in spans]
        back = read_checked(there, covered, text)
        assert [text[b.start : b.end].split() for b in back] == [one.split() for one in covered]


@given(texts_with_spans(overlap=True))
def test_spans_move_to_a_text_with_other_line_ends_and_back(made):
    text, spans = made
    unix = text.replace("\r\n", "\n")
    if all(text[s.start : s.end].strip() and "\r" not in text[s.end - 1] for s in spans):
        there = moved(spans, text, unix.strip())
        assert there is not None
        assert [unix.strip()[s.start : s.end].split() for s in there] == [
            text[s.start : s.end].split() for s in spans
        ]


def test_a_span_within_a_character_is_refused():
    with pytest.raises(ValueError, match=r"the span 0\.\.12 cuts a character in two"):
        UNITS.read([Span(0, 12, "Drug")], TEXT)


def own(path) -> Bundle:
    return cast("Bundle", read_any(path, CLASSES, kind=KIND))


@st.composite
def bundles(draw):
    text, spans = draw(texts_with_spans())
    about: dict[str, Any] = {"item_id": "7", "batch": "may"}
    answer = st.none() | st.just(written(spans))
    origin = draw(st.sampled_from(["audit", "check"]))
    planned = Assignment(
        **about, origin=origin, text=text, suggestion=draw(answer),
        gold=written(spans[:1]) if origin == "check" else None,
    )  # fmt: skip
    said = draw(st.lists(answer, max_size=3))
    reviews = [
        Review(
            **about, reviewer="ann", outcome="skip" if label is None else "label", label=label,
            origin=origin, seconds=1.0, idempotency_key=str(n), note=draw(st.sampled_from(["", "n"])),
        )
        for n, label in enumerate(said)
    ]  # fmt: skip
    return Bundle([planned], reviews)


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json"])
@settings(max_examples=60, deadline=None)
@given(bundle=bundles())
def test_reviews_with_spans_come_back_as_they_were(tmp_path_factory, ending, bundle):
    path = tmp_path_factory.mktemp("f") / f"file{ending}"
    write_file(bundle, path, kind=KIND)
    back = own(path)
    assert (back.assignments, back.reviews) == (bundle.assignments, bundle.reviews)


def test_jsonl_holds_spans_as_lists(tmp_path):
    planned = Assignment(item_id="7", batch="may", origin="queue", text=TEXT, suggestion="[]")
    review = Review(item_id="7", batch="may", reviewer="ann", outcome="label", origin="queue",
                    label=written([PILL]), seconds=1.0, idempotency_key="k")  # fmt: skip
    write_file(Bundle([planned], [review]), tmp_path / "f.jsonl", kind=KIND)
    line = json.loads((tmp_path / "f.jsonl").read_text())
    assert line["reviews"][0]["label"] == [list(PILL)]
    assert line["assignments"][0]["suggestion"] == []


def taken(path, items=ITEMS, kind=KIND, **more):
    found = cast("Foreign", read_any(path, CLASSES, kind=kind))
    names = name_fields(found.entries, CLASSES, kind=kind)
    return take_entries(found.entries, names, items, "refuse", kind=kind, **more)


def table(path, *labels, **fields):
    rows = [{"item_id": "7", **fields, "label": one} for one in labels]
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


@pytest.mark.parametrize(
    "label",
    [
        [[13, 23, "Drug"]],
        "[[13, 23, \"Drug\"]]",
        [{"start": 13, "end": 23, "label": "Drug", "text": "colchicine"}],
        [{"start_offset": 13, "end_offset": "23", "labels": ["Drug"]}],
    ],
)  # fmt: skip
def test_a_table_may_write_spans_in_several_ways(tmp_path, label):
    reviews = taken(table(tmp_path / "a.jsonl", label)).bundle.reviews
    assert [one.label for one in reviews] == [written([PILL])]


def test_offsets_in_a_text_with_other_line_ends_become_those_of_the_items_own(tmp_path):
    text = TEXT.replace("\r\n", "\n")
    last = Span(24, 27, "Disease")
    assert text[24:27] == "now"
    path = table(tmp_path / "a.jsonl", [last], text=f"{text}\n")
    label = taken(path).bundle.reviews[0].label
    assert label == '[[25, 28, "Disease"]]'


def test_a_text_that_the_task_took_something_out_of_is_left_out_and_told(tmp_path):
    items = Items([CurrentItem("7", "may", "[name] has gout", None)], complete=True,
                  redact=lambda text: text.replace("Ann", "[name]"))  # fmt: skip
    found = taken(table(tmp_path / "a.jsonl", [[8, 12, "Disease"]], text="Ann has gout"), items)
    assert found.bundle.reviews == []
    assert "row 1: the text is not the one that the task keeps" in found.unplaced[0]


@pytest.mark.parametrize(
    ("text", "at", "whole"),
    [
        ("\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} hello", (0, 1), "0..2"),
        ("\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} hello", (1, 8), "0..2"),
        ("a cafe\N{COMBINING ACUTE ACCENT} there", (2, 6), "5..7"),
        ("\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN} talk", (0, 2), "0..3"),
        (
            "\N{REGIONAL INDICATOR SYMBOL LETTER D}\N{REGIONAL INDICATOR SYMBOL LETTER E}",
            (0, 1),
            "0..2",
        ),
    ],
)
def test_a_span_that_cuts_a_character_is_left_out_with_its_answer_and_told(
    tmp_path, text, at, whole
):
    items = Items([CurrentItem("7", "may", text, None)], complete=True)
    found = taken(table(tmp_path / "a.jsonl", [[*at, "Drug"]]), items)
    assert found.bundle.reviews == []
    assert f"row 1: the span {at[0]}..{at[1]} cuts the character" in found.unplaced[0]
    assert f"which is {whole}; mark the whole of it" in found.unplaced[0]


@pytest.mark.parametrize("complete", [True, False])
def test_answers_of_our_own_files_that_cut_a_character_are_left_out_too(complete):
    text = "a cafe\N{COMBINING ACUTE ACCENT}"
    items = Items([CurrentItem("7", "may", text, None)] if complete else [], complete=complete)
    reviews = [
        Review(item_id="7", batch="may", reviewer="ann", outcome="label", origin="queue", seconds=0,
               label=f'[[2, {end}, "Drug"]]', idempotency_key=f"k{end}")
        for end in (6, 7)
    ]  # fmt: skip
    bundle = Bundle([Assignment(item_id="7", batch="may", origin="queue", text=text)], reviews)
    found = check_bundle(bundle, items, "refuse", "a.jsonl", KIND)
    assert [one.label for one in found.bundle.reviews] == ['[[2, 7, "Drug"]]']
    assert ["cuts the character" in one for one in found.unplaced] == [True]


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ([[13, 99, "Drug"]], r"row 1: the span 13\.\.99 ends behind the text, which has 28 characters"),
        ([[13, "x", "Drug"]], r"row 1: 'x' is no offset"),
        ([[13, 23]], r"row 1: \[13, 23\] is no start, end and class"),
        ("Drug", r"row 1: 'Drug' is no list of spans"),
        ("[[13, 23", "row 1: .* is no list of spans"),
    ],
)  # fmt: skip
def test_what_is_no_span_of_the_text_is_refused_with_its_row(tmp_path, label, told):
    with pytest.raises(ReviewError, match=told):
        taken(table(tmp_path / "a.jsonl", label))


def test_our_own_files_are_refused_where_a_span_lies_outside_the_text(tmp_path):
    planned = Assignment(item_id="7", batch="may", origin="queue", text=TEXT)
    review = Review(item_id="7", batch="may", reviewer="ann", outcome="label", origin="queue",
                    label='[[0, 40, "Drug"]]', seconds=1.0, idempotency_key="k")  # fmt: skip
    for complete in (True, False):
        items = Items(ITEMS.known if complete else [], complete=complete)
        for ending in (".csv", ".jsonl"):
            path = tmp_path / f"a{ending}"
            write_file(Bundle([planned], [review]), path, kind=KIND)
            with pytest.raises(
                ReviewError, match=r"line \d: the span 0\.\.40 ends behind the text"
            ):
                check_bundle(own(path), items, "refuse", str(path), KIND)


def test_people_may_write_spans_into_our_csv_in_any_order(tmp_path):
    class Task:
        kind, classes, former_classes, name = KIND, CLASSES, frozenset(), "t"

    path = tmp_path / "a.csv"
    path.write_text('item_id,batch,text,label\n7,may,x,"[[13,23,""Drug""],[0,4,""Disease""]]"\n')
    bundle, task = own(path), cast("Any", Task)
    as_written(task, path, bundle)
    assert bundle.reviews[0].label == '[[0, 4, "Disease"], [13, 23, "Drug"]]'
    path.write_text("item_id,batch,text,label\n7,may,x,Drug\n")
    with pytest.raises(ReviewError, match="line 2: 'Drug' is no list of spans"):
        as_written(task, path, own(path))
