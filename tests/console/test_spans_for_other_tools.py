"""Spans written for other programs and read again: the same spans, and what is lost is counted."""

import json
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.formats.files import read_any
from console.formats.intake.matching import Items
from console.formats.intake.taking import take_entries
from console.formats.spans import docbin
from console.formats.spans.conll import BLANK, CUT, OVERLAP
from console.formats.spans.document import Document
from console.formats.spans.tokens import tokens, words
from console.formats.spans.writing import ENDINGS, write_for
from console.formats.tools.entries import name_fields
from labeling.kinds.spans.answer import Span, overlapping, written
from labeling.kinds.spans.kind import SpansOfClasses
from resources.reviews.rows import ReviewError
from resources.reviews.sight import CurrentItem
from tests.console.test_spans_in_files import texts_with_spans

KIND = SpansOfClasses(overlap=True)
CLASSES = ("Drug", "side effect")
TEXT = "gout needs \N{PILL} colchicine\r\nnow"
LOSSLESS = ["doccano", "prodigy", "label-studio"]


def documents(overlap):
    made = st.lists(texts_with_spans(classes=CLASSES, overlap=overlap), min_size=1, max_size=3)
    ids = st.sampled_from(["7", "a/b", "..", ".x y", "\N{HEBREW LETTER ALEF}", "O", "# O"])
    return st.builds(
        lambda some, first: [
            Document(f"{first}{at}", "may 1", f"{at}{text}", tuple(_moved(spans, len(str(at)))))
            for at, (text, spans) in enumerate(some)
        ],
        made, ids,
    )  # fmt: skip


def _moved(spans, by):
    return [one._replace(start=one.start + by, end=one.end + by) for one in spans]


def read_again(path, some, **more):
    """Return the answers of a file by item, where the task has these items."""
    items = Items([CurrentItem(d.item_id, d.batch, d.text, None) for d in some], complete=True)
    found = read_any(path, CLASSES, kind=KIND)
    names = name_fields(found.entries, CLASSES, kind=KIND)
    taken = take_entries(found.entries, names, items, "refuse", kind=KIND, **more)
    assert not taken.unplaced
    return {one.item_id: one.label for one in taken.bundle.reviews}


def path_for(tool, folder):
    return folder / f"out{ENDINGS[tool][0]}"


@pytest.mark.parametrize("tool", LOSSLESS)
@settings(max_examples=50, deadline=None)
@given(some=documents(overlap=True))
def test_what_every_span_survives_comes_back_as_it_was(tmp_path_factory, tool, some):
    path = path_for(tool, tmp_path_factory.mktemp("f"))
    carried = write_for(tool, some, path, CLASSES, KIND)
    assert carried.spans == sum(len(one.spans) for one in some)
    back = read_again(path, some, empty="nothing")
    if tool == "label-studio":  # where "\r\n" may be one, a covered blank does not tell which
        some = [one for one in some if "\r\n" not in one.text]
    assert {one.item_id: back[one.item_id] for one in some} == {
        one.item_id: written(one.spans) for one in some
    }


def fits_grid(document):
    """Return the spans that a grid of tokens can hold, longest first."""
    edges = words(document.text)
    kept = []
    for span in sorted(document.spans, key=lambda s: (s.start - s.end, s)):
        on_grid = span.start in {a for a, _ in edges} and span.end in {b for _, b in edges}
        if on_grid and not any(a.start < span.end and span.start < a.end for a in kept):
            kept.append(span)
    return kept


@settings(max_examples=80, deadline=None)
@given(some=documents(overlap=True))
def test_a_grid_of_tokens_brings_back_all_that_it_can_hold(tmp_path_factory, some):
    path = path_for("conll", tmp_path_factory.mktemp("f"))
    carried = write_for("conll", some, path, CLASSES, KIND)
    kept = {one.item_id: fits_grid(one) for one in some}
    assert carried.spans == sum(map(len, kept.values()))
    assert carried.left_out.total() == sum(len(one.spans) for one in some) - carried.spans
    assert read_again(path, some) == {name: written(spans) for name, spans in kept.items()}


@settings(max_examples=50, deadline=None)
@given(some=documents(overlap=True))
def test_brat_brings_back_all_but_spans_that_begin_or_end_at_a_line_end(tmp_path_factory, some):
    folder = tmp_path_factory.mktemp("f") / "brat"
    carried = write_for("brat", some, folder, CLASSES, KIND)
    kept = {
        one.item_id: [s for s in one.spans if not {one.text[s.start], one.text[s.end - 1]} & {"\r", "\n"}]
        for one in some
    }  # fmt: skip
    assert carried.spans == sum(map(len, kept.values()))
    back = read_again(folder, some, empty="nothing")
    alike = [one for one in some if "\r\n" not in one.text]
    assert {one.item_id: back[one.item_id] for one in alike} == {
        one.item_id: written(kept[one.item_id]) for one in alike
    }


@given(texts_with_spans(overlap=True))
def test_tokens_make_up_the_text_and_spans_are_some_of_them(made):
    text, spans = made
    found = tokens(text, spans)
    assert "".join(text[one.start : one.end] + " " * one.space for one in found) == text
    assert {s.start for s in spans} <= {one.start for one in found}
    assert {s.end for s in spans} <= {one.end for one in found}


def test_what_a_grid_cannot_hold_is_told_by_why(tmp_path):
    spans = [Span(0, 4, "Drug"), Span(0, 10, "Drug"), Span(1, 4, "Drug"), Span(4, 10, "Drug")]
    carried = write_for("conll", [Document("7", "may", TEXT, tuple(spans))],
                        tmp_path / "a.conll", CLASSES, KIND)  # fmt: skip
    assert carried.left_out == Counter({OVERLAP: 1, CUT: 1, BLANK: 1})
    assert str(carried).startswith("1 span of 1 text (3 spans are left out: 1 begins or ends with")


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        (["B-Drug", "I-Drug", "O", "I-Drug"], [(0, 10), (13, 23)]),
        (["S-Drug", "S-Drug", "B-Drug", "E-Drug"], [(0, 4), (5, 10), (11, 23)]),
        (["U-Drug", "O", "B-Drug", "L-Drug"], [(0, 4), (11, 23)]),
        (["I-Drug", "B-Drug", "O", "O"], [(0, 4), (5, 10)]),
        (["O", "O", "O", "O"], []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("separator", [" ", "\t"])
def test_other_corpora_are_found_by_their_letters_whatever_their_tags(
    tmp_path, tags, spans, separator
):
    some = [Document("7", "may", TEXT, ())]
    columns = zip(TEXT.split(), [*tags, "O"], strict=True)
    lines = [separator.join((word, "-X-", tag)) for word, tag in columns]
    (tmp_path / "a.iob").write_text(
        "-DOCSTART- -X- O\n\n" + "\n".join([*lines[:2], "", *lines[2:]])
    )
    assert read_again(tmp_path / "a.iob", some) == {
        "7": written(Span(start, end, "Drug") for start, end in spans)
    }


BROKEN = {
    "no tag": ("a.conll", "gout\n", "line 1: 'gout' has no tag"),
    "no such tag": ("a.conll", "gout B-Drug\nnow X-Drug\n", "line 2: 'X-Drug' is no tag"),
    "doccano, outside": ("a.jsonl", {"id": 1, "text": TEXT, "label": [[0, 99, "Drug"]]},
                         "row 1: the span 0..99 ends behind the text, which has 29 characters; doccano"),
    "doccano, in a character": ("a.jsonl", {"id": 1, "text": TEXT, "label": [[0, 12, "Drug"]]},
                                "the span 0..12 cuts a character in two"),
    "doccano, no span": ("a.jsonl", {"id": 1, "text": TEXT, "label": ["Drug"]},
                         'row 1: "Drug" is no start, end and class'),
    "prodigy, backwards": ("a.jsonl", {"text": TEXT, "answer": "accept",
                           "spans": [{"start": 9, "end": 3, "label": "Drug"}]},
                           "row 1: the span 9..3 does not end after it begins"),
    "prodigy, one at a time": ("a.jsonl", {"text": TEXT, "answer": "accept", "_view_id": "ner",
                               "spans": []}, "row 1: asks about one span at a time"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "told"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_span_is_refused_with_its_line(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(ReviewError) as refused:
        read_any(path, CLASSES, kind=KIND)
    assert str(path) in str(refused.value)
    assert told in str(refused.value)


def brat(folder, *lines, text=TEXT):
    folder.mkdir(exist_ok=True)
    (folder / "7.txt").write_bytes(text.encode())
    (folder / "7.ann").write_text("".join(f"{line}\n" for line in lines))
    return folder


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("T1\tDrug 0 99\tx", "7.ann, line 2: the span 0..99 ends behind the text, which has 28 characters"),
        ("T1\tDrug 5 4\tx", "7.ann, line 2: the span 5..4 does not end after it begins"),
        ("T1\tDrug 0 4\taspirin", "the span 0..4 is said to cover 'aspirin', but 'gout' stands there"),
        ("T1 Drug 0 4", "7.ann, line 2: 'T1 Drug 0 4' is no annotation of brat"),
    ],
)  # fmt: skip
def test_a_line_of_brat_that_does_not_fit_its_text_is_refused(tmp_path, line, told):
    with pytest.raises(ReviewError) as refused:
        read_any(brat(tmp_path / "b", "T9\tDrug 0 4\tgout", line), CLASSES, kind=KIND)
    assert told in str(refused.value)


def test_brat_tells_what_is_no_span_and_leaves_texts_out_whose_spans_are_in_pieces(tmp_path):
    lines = ["T1\tDrug 0 4\tgout", "R1\tTreats Arg1:T1 Arg2:T1", "#1\tAnnotatorNotes T1\tsure"]
    found = read_any(brat(tmp_path / "b", *lines), CLASSES, kind=KIND)
    assert len(found.entries) == 1
    assert found.told == [
        f"1 {one} not taken in: an answer is spans" for one in ("note", "relation")
    ]
    found = read_any(
        brat(tmp_path / "b", "T1\tDrug 0 4;13 23\tgout colchicine"), CLASSES, kind=KIND
    )
    assert found.entries == []
    assert "1 text is left out, because a span stands in pieces" in found.told[0]


def test_brat_joins_pieces_that_only_a_line_end_parts(tmp_path):
    some = [Document("7", "may", TEXT, ())]
    path = brat(tmp_path / "b", "T1\tside_effect 13 23;25 28\tcolchicine now")
    assert read_again(path, some) == {"7": '[[13, 28, "side effect"]]'}


def test_brat_lets_carriage_returns_count_or_not(tmp_path):
    some = [Document("7", "may", TEXT, ())]
    path = brat(tmp_path / "b", "T1\tDrug 24 27\tnow")
    assert read_again(path, some) == {"7": '[[25, 28, "Drug"]]'}


@pytest.mark.parametrize("tool", ["doccano", "brat"])
def test_whether_nothing_was_found_or_nobody_looked_is_asked(tmp_path, tool):
    some = [Document("7", "may", TEXT, ())]
    path = path_for(tool, tmp_path)
    write_for(tool, some, path, CLASSES, KIND)
    with pytest.raises(
        ReviewError, match=r"no span is given, .* --empty nothing says that there is"
    ):
        read_again(path, some)
    assert read_again(path, some, empty="unanswered") == {}
    assert read_again(path, some, empty="nothing") == {"7": "[]"}


def test_who_rejected_or_ignored_in_prodigy_has_not_said_that_nothing_is_there(tmp_path):
    records = [{"text": TEXT, "spans": [], "answer": one} for one in ("accept", "reject", "ignore")]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    entries = read_any(tmp_path / "a.jsonl", CLASSES, kind=KIND).entries
    assert [(one.said, one.skipped) for one in entries] == [
        ({"spans": ("[]",)}, False), ({}, True), ({}, True),
    ]  # fmt: skip


def test_relations_of_doccano_come_with_entities(tmp_path):
    some = [Document("7", "may", TEXT, ())]
    entity = {"id": 3, "label": "Drug", "start_offset": 14, "end_offset": 24}
    record = {"id": 1, "text": TEXT, "entities": [entity], "relations": [], "Comments": []}
    (tmp_path / "a.jsonl").write_text(json.dumps(record))
    assert read_again(tmp_path / "a.jsonl", some) == {"7": '[[13, 23, "Drug"]]'}


def test_classes_that_a_format_cannot_tell_apart_are_named(tmp_path):
    for tool in ("conll", "brat"):
        with pytest.raises(ReviewError, match="both as 'side_effect'; rename one of them"):
            write_for(tool, [], tmp_path / tool, ("side effect", "side_effect"), KIND)


@settings(max_examples=25, deadline=None)
@given(some=documents(overlap=True))
def test_spacy_brings_back_every_span_and_has_entities_where_none_overlap(tmp_path_factory, some):
    spacy = pytest.importorskip("spacy", reason="`make test` installs spaCy")
    path = tmp_path_factory.mktemp("f") / "a.spacy"
    carried = docbin.write(some, path)
    entries, told = docbin.read(path)
    docs = spacy.tokens.DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab)
    assert (carried.spans, told) == (sum(len(one.spans) for one in some), [])
    assert [(one.fields, one.said["ents"][0]) for one in entries] == [
        ({"item_id": d.item_id, "batch": d.batch, "text": d.text}, written(d.spans)) for d in some
    ]
    ents = [[(x.start_char, x.end_char, x.label_) for x in doc.ents] for doc in docs]
    assert ents == [[] if overlapping(d.spans) else [tuple(s) for s in d.spans] for d in some]


def test_without_spacy_it_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(ReviewError, match=r"pip install 'touchstone\[spacy\]'"):
        write_for("spacy", [], tmp_path / "a.spacy", CLASSES, KIND)
    (tmp_path / "a.spacy").write_bytes(b"")
    with pytest.raises(ReviewError, match=r"pip install 'touchstone\[spacy\]'"):
        read_any(tmp_path / "a.spacy", CLASSES, kind=KIND)
