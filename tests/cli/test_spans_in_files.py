"""``touchstone import`` and ``export`` of a task that asks for spans."""

import json
from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resources.reviews.store import ReviewStore
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task

TASK = """name: box
kind: spans
description: Which drugs and diseases are named?
classes:
  - {name: Drug, description: a medicine}
  - {name: Disease, description: an illness}
source: {files: items/*.csv, id: item_id, text: text}
batch: {}
"""
TEXTS = {"1": "gout needs \N{PILL} colchicine", "2": "aspirin\r\nfor a cold", "3": "nothing here"}
SPANS = {"1": [[0, 4, "Disease"], [13, 23, "Drug"]], "2": [[0, 7, "Drug"]], "3": []}


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "tasks" / "box"
    (folder / "items").mkdir(parents=True)
    (folder / "task.yaml").write_text(TASK)
    (folder / "rules.yaml").write_text("rules: []\n")
    (folder / "items" / "b.csv").write_text("item_id,text\n1,one\n")
    return tmp_path


@pytest.fixture
def with_items(project):
    """A task whose items are in its warehouse, and whose labels are published."""
    task = load_task(project / "tasks" / "box")
    items = pa.table({
        "item_id": list(TEXTS), "batch": ["b"] * 3, "text": list(TEXTS.values()),
        "image": pa.nulls(3, pa.string()),
    })  # fmt: skip
    with warehouse_of(task).connect() as db, db.lend(some_items=items):
        db.execute("insert into raw.items by name select * from some_items")
    task.published.mkdir(parents=True, exist_ok=True)
    said = [json.dumps(one, ensure_ascii=False) for one in SPANS.values()]
    labels = {"item_id": list(TEXTS), "batch": ["b"] * 3, "label": said}
    pq.write_table(pa.table(labels), task.published / "labels.parquet")
    return project


def stored(project):
    task = load_task(project / "tasks" / "box")
    with closing(ReviewStore(task.reviews, kind=task.kind)) as store:
        rows = store.reviews().to_pylist()
    return {one["item_id"]: json.loads(one["label"]) for one in rows}


def said(project, **labels):
    rows = [{"item_id": name, "batch": "b", "text": TEXTS[name], "label": one}
            for name, one in labels.items()]  # fmt: skip
    (project / "said.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json"])
def test_what_was_taken_in_is_exported_and_taken_in_again_once(project, touchstone, ending):
    rows = [f'{name},b,"{TEXTS[name]}","{json.dumps(spans).replace(chr(34), chr(34) * 2)}"'
            for name, spans in SPANS.items()]  # fmt: skip
    content = "\n".join(["item_id,batch,text,label", *rows])
    (project / "said.csv").write_bytes(content.encode())
    assert "3 new reviews" in touchstone("import", "said.csv", "box", at=project).out
    assert stored(project) == SPANS
    out = f"out.{ending}"
    assert touchstone("export", "box", "-o", out, "--reviews", at=project).code == 0
    told = touchstone("import", out, "box", at=project).out
    assert "0 new assignments and 0 new reviews taken in; 3 reviews were there before" in told


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        ([[0, 4, "Illness"]], "'Illness' is no class of task 'box' (1 such label); allowed: Drug, Disease"),
        ([[0, 4, "Drug"], [2, 6, "Drug"]], "the spans 0..4 and 2..6 overlap, and this task allows no"),
        ([[4, 4, "Drug"]], "the span 4..4 does not end after it begins"),
        ([[-1, 4, "Drug"]], "the span -1..4 begins before the text"),
        ([[0, 99, "Drug"]], "the span 0..99 ends behind the text, which has 23 characters"),
        ([[0, 4]], "[0, 4] is no start, end and class"),
    ],
)  # fmt: skip
def test_what_the_task_does_not_allow_is_refused_whole_with_its_line(
    project, touchstone, spans, told
):
    (project / "said.csv").write_text(
        "item_id,batch,text,label\n"
        + "".join(
            f'{name},b,{TEXTS["1"]},"{json.dumps(one).replace(chr(34), chr(34) * 2)}"\n'
            for name, one in (("1", SPANS["1"]), ("4", spans))
        )
    )
    refused = touchstone("import", "said.csv", "box", at=project)
    assert refused.code == 2
    assert "said.csv, line 3" in refused.err
    assert told in refused.err
    assert not load_task(project / "tasks" / "box").reviews.exists()


@pytest.mark.parametrize(
    ("tool", "out", "empty"),
    [
        ("doccano", "out.jsonl", ("--empty", "nothing")),
        ("prodigy", "out.jsonl", ()),
        ("label-studio", "out.json", ()),
        ("conll", "out.conll", ()),
        ("brat", "out", ("--empty", "nothing")),
    ],
)
def test_released_spans_go_through_another_program_and_come_back(
    with_items, touchstone, tool, out, empty
):
    told = touchstone("export", "box", "-o", out, "--for", tool, at=with_items)
    assert told.code == 0, told.err
    assert "3 spans of 3 texts written to" in told.out
    back = touchstone("import", out, "box", *empty, at=with_items)
    assert "3 new reviews" in back.out, back.err
    assert stored(with_items) == SPANS


@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ("doccano", "d.jsonl"),
        ("prodigy", "p.jsonl"),
        ("label-studio", "l.json"),
        ("conll", "c.conll"),
    ],
)
def test_who_answered_may_be_said_where_the_file_does_not(with_items, touchstone, tool, name):
    path = str(with_items / name)
    assert touchstone("export", "box", "--for", tool, "-o", path, at=with_items).code == 0
    said = touchstone(
        "import", path, "box", "--reviewer", "anna", "--empty", "nothing", "--dry-run",
        at=with_items,
    )  # fmt: skip
    assert "By: anna 3" in said.out


def test_tokens_without_ids_are_found_by_their_letters(with_items, touchstone):
    lines = ["aspirin B-Drug", "for O", "a O", "cold B-Disease", "", "nothing O", "here O"]
    (with_items / "a.conll").write_text("\n".join(lines))
    assert "2 new reviews" in touchstone("import", "a.conll", "box", at=with_items).out
    assert stored(with_items) == {"2": [[0, 7, "Drug"], [15, 19, "Disease"]], "3": []}


def test_labels_are_lists_of_spans_where_a_file_can_hold_lists(with_items, touchstone):
    for ending in ("parquet", "jsonl", "csv"):
        touchstone("export", "box", "-o", f"out.{ending}", at=with_items)
    fields = ("start", "end", "label")
    lists = [[dict(zip(fields, span, strict=True)) for span in one] for one in SPANS.values()]
    lines = (with_items / "out.jsonl").read_text().splitlines()
    assert [json.loads(line)["label"] for line in lines] == lists
    assert pq.read_table(with_items / "out.parquet")["label"].to_pylist() == lists
    assert (with_items / "out.csv").read_text().splitlines()[3] == "3,b,[]"
    assert "3 new reviews" in touchstone("import", "out.parquet", "box", at=with_items).out
    assert stored(with_items) == SPANS


def test_relations_of_brat_are_told_and_texts_whose_spans_are_in_pieces_left_out(
    with_items, touchstone
):
    touchstone("export", "box", "-o", "out", "--for", "brat", at=with_items)
    with (with_items / "out" / "b" / "1.ann").open("a") as file:
        file.write("R1\tTreats Arg1:T2 Arg2:T1\n")
    (with_items / "out" / "b" / "2.ann").write_text("T1\tDrug 0 3;4 7\tasp rin\n")
    told = touchstone("import", "out", "box", "--empty", "nothing", at=with_items).out
    assert "1 relation not taken in" in told
    assert "1 text is left out, because a span stands in pieces" in told
    assert stored(with_items).keys() == {"1", "3"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-o", "out.csv", "--for", "excel"), "--for is 'excel'; allowed: brat, conll, doccano"),
        (("-o", "out.csv", "--for", "conll"), "spans for conll can be written to .conll, .iob"),
        (("-o", "out.csv", "--for", "brat"), "can be written to a folder, whose name has no ending"),
        (("-o", "out.spacy", "--for", "spacy", "--text"), "are different things to export"),
    ],
)  # fmt: skip
def test_a_program_that_cannot_be_written_for_is_refused(project, touchstone, arguments, told):
    refused = touchstone("export", "box", *arguments, at=project)
    assert (refused.code, told in refused.err) == (2, True), refused.err


def test_a_task_of_classes_has_no_spans_to_write(project, touchstone):
    task = project / "tasks" / "box" / "task.yaml"
    task.write_text(TASK.replace("kind: spans\n", ""))
    refused = touchstone("export", "box", "-o", "out.conll", "--for", "conll", at=project)
    assert "task 'box' asks for none (kind: single)" in refused.err
