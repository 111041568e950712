"""``touchstone import`` and ``export`` of a task whose items may have several classes."""

import json
from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resources.reviews.store import ReviewStore
from resources.task.task import load_task

TASK = """name: box
kind: several
description: What is a message about?
excludes: [[praise, refund]]
classes:
  - {name: late, description: came late}
  - {name: broken, description: damaged}
  - {name: praise, description: happy}
  - {name: refund, description: wants money back}
source: {files: items/*.csv, id: item_id, text: text}
batch: {}
"""
ROWS = "item_id,batch,text,label\n1,b,one,broken; late\n2,b,two,[]\n3,b,three,praise\n4,b,four,\n"


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "tasks" / "box"
    (folder / "items").mkdir(parents=True)
    (folder / "task.yaml").write_text(TASK)
    (folder / "rules.yaml").write_text("rules: []\n")
    (folder / "items" / "b.csv").write_text("item_id,text\n1,one\n")
    return tmp_path


def stored(project):
    with closing(ReviewStore(load_task(project / "tasks" / "box").reviews)) as store:
        return {one["item_id"]: one["label"] for one in store.reviews().to_pylist()}


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json"])
def test_what_was_taken_in_is_exported_and_taken_in_again_once(project, touchstone, ending):
    (project / "said.csv").write_text(ROWS)
    assert "3 new reviews" in touchstone("import", "said.csv", "box", at=project).out
    assert stored(project) == {"1": '["broken", "late"]', "2": "[]", "3": '["praise"]'}
    out = f"out.{ending}"
    assert touchstone("export", "box", "-o", out, "--reviews", at=project).code == 0
    told = touchstone("import", out, "box", at=project).out
    assert "0 new assignments and 0 new reviews taken in; 3 reviews were there before" in told


def test_a_dry_run_counts_each_class_that_is_named(project, touchstone):
    (project / "said.csv").write_text(ROWS)
    told = touchstone("import", "said.csv", "box", "--dry-run", at=project).out
    assert "Answers: (no class) 1, broken 1, late 1, praise 1" in told


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("late; lost", "said.csv, line 2: 'lost' is no class of task 'box' (1 such label)"),
        ("praise|refund", "said.csv, line 2: praise and refund exclude each other (1 such label)"),
        ("[late", "said.csv, line 2: '[late' begins like a list of names and is none"),
    ],
)
def test_a_set_that_the_task_does_not_allow_is_refused_whole(project, touchstone, label, told):
    (project / "said.csv").write_text(f"item_id,batch,text,label\n1,b,one,{label}\n2,b,two,late\n")
    said = touchstone("import", "said.csv", "box", at=project)
    assert said.code == 2
    assert told in said.err
    assert not load_task(project / "tasks" / "box").reviews.exists()


def test_an_unknown_meaning_of_no_class_is_refused(project, touchstone):
    (project / "said.csv").write_text(ROWS)
    said = touchstone("import", "said.csv", "box", "--empty", "none", at=project)
    assert "--empty is 'none'; allowed: refuse, nothing, unanswered" in said.err


def test_labels_are_lists_where_a_file_can_hold_lists(project, touchstone):
    task = load_task(project / "tasks" / "box")
    task.published.mkdir(parents=True)
    labels = pa.table({"item_id": ["1", "2", "3"], "label": ['["broken", "late"]', "[]", None]})
    pq.write_table(labels, task.published / "labels.parquet")
    for ending in ("parquet", "jsonl", "csv"):
        touchstone("export", "box", "-o", f"out.{ending}", at=project)
    lists = [["broken", "late"], [], None]
    lines = (project / "out.jsonl").read_text().splitlines()
    assert [json.loads(line)["label"] for line in lines] == lists
    assert pq.read_table(project / "out.parquet")["label"].to_pylist() == lists
    assert (project / "out.csv").read_text().splitlines()[1:] == [
        '1,"[""broken"", ""late""]"', "2,[]", "3,",
    ]  # fmt: skip
