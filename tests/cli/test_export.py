"""``touchstone export``: the same labels in every format, harmless in a spreadsheet, whole or not at all."""

import csv
import json
import subprocess
import sys
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.everyday.export import whole, write_labels
from labeling.kinds.registry import SINGLE
from resources.task.errors import TaskError

WITHOUT_US = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('labeling', 'assets', 'orchestration', 'console'):
            raise ImportError(name)
sys.meta_path.insert(0, Nothing())
import joblib, json
model = joblib.load(sys.argv[1])
print(json.dumps([model.predict(sys.argv[2:]).tolist(), model.predict_proba(sys.argv[2:]).tolist()]))
"""


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_parquet_and_jsonl_hold_the_same_labels(ran_task, touchstone, tmp_path):
    for ending in ("csv", "parquet", "jsonl"):
        said = touchstone(
            "export", "letters", "-o", str(tmp_path / f"out.{ending}"), at=ran_task.project
        )
        assert said.code == 0
        assert "62 labels" in said.out
    published = pq.ParquetFile(ran_task.task.published / "labels.parquet").read().to_pylist()
    assert pq.ParquetFile(tmp_path / "out.parquet").read().to_pylist() == published
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == published
    for told, row in zip(read_csv(tmp_path / "out.csv"), published, strict=True):
        assert (told["item_id"], told["label"]) == (row["item_id"], row["label"] or "")
        assert told["confidence"] == ("" if row["confidence"] is None else str(row["confidence"]))


def test_undecided_items_are_written_and_not_counted_as_labels(tmp_path):
    labels = {"item_id": ["a", "b", "c"], "label": ["praise", None, "praise"]}
    pq.write_table(pa.table(labels), tmp_path / "labels.parquet")
    task = SimpleNamespace(name="letters", published=tmp_path, kind=SINGLE)
    told = write_labels(task, tmp_path / "out.csv", with_text=False)
    assert told == "2 labels and 1 undecided item"
    assert len(read_csv(tmp_path / "out.csv")) == 3


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless_and_told(
    ran_task, touchstone, tmp_path
):
    out = tmp_path / "out.csv"
    said = touchstone("export", "letters", "--text", "-o", str(out), at=ran_task.project)
    texts = {row["item_id"]: row["text"] for row in read_csv(out)}
    assert texts["odd-2026-03-03"] == f"'{ran_task.formula}"
    assert texts["odd-2026-03-02"] == ran_task.markup
    assert "1 cell that begins like a formula" in said.out


def test_other_formats_keep_such_a_text_as_it_is(ran_task, touchstone, tmp_path):
    out = tmp_path / "out.jsonl"
    touchstone("export", "letters", "--text", "-o", str(out), at=ran_task.project)
    texts = [json.loads(line)["text"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert ran_task.formula in texts


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json"])
def test_reviews_come_with_every_answer(ran_task, touchstone, tmp_path, ending):
    from console.formats.files import read_any
    from resources.reviews.store import ReviewStore

    out = tmp_path / f"reviews.{ending}"
    said = touchstone("export", "letters", "--reviews", "-o", str(out), at=ran_task.project)
    assert said.code == 0
    store = ReviewStore(ran_task.task.reviews)
    answered = store.reviews().num_rows
    store.close()
    assert len(read_any(out, ran_task.task.classes).reviews) == answered > 0


def test_the_model_predicts_class_names_where_this_product_is_not_installed(
    ran_task, touchstone, tmp_path
):
    out = tmp_path / "student.joblib"
    assert touchstone("export", "letters", "--model", "-o", str(out), at=ran_task.project).code == 0
    texts = ["The lift is broken and dirty.", "When does the café open?"]
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_US, str(out), *texts],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    labels, probabilities = json.loads(ended.stdout)
    assert labels == ["complaint", "question"]
    assert all(sum(row) == pytest.approx(1) for row in probabilities)
    card = out.with_suffix(".md").read_text(encoding="utf-8")
    assert "# Student of letters" in card
    assert "| accuracy |" in card


def test_a_model_card_is_written_over_a_card_only(ran_task, touchstone, tmp_path):
    readme, card = tmp_path / "README.md", tmp_path / "student.md"
    readme.write_text("# My project\n")
    said = touchstone(
        "export", "letters", "--model", "-o", str(tmp_path / "README.joblib"), at=ran_task.project
    )
    assert said.code == 2
    assert "README.md stands there, is no model card" in " ".join(said.err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert readme.read_text() == "# My project\n"
    for _ in range(2):
        out = tmp_path / "student.joblib"
        assert (
            touchstone("export", "letters", "--model", "-o", str(out), at=ran_task.project).code
            == 0
        )
    assert card.read_text().startswith("# Student of letters")


def test_a_failed_export_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    out = tmp_path / "labels.csv"
    out.write_text("old")

    def fail(path):
        path.write_text("half of it")
        raise OSError(28, "No space left on device")

    with pytest.raises(TaskError, match=r"labels\.csv cannot be written: No space left on device"):
        whole(out, fail)
    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-o", "labels.xlsx"], "labels can be written to .csv, .parquet, .jsonl"),
        (["--model", "-o", "m.csv"], "a model can be written to .joblib"),
        (["--reviews", "-o", "r.parquet"], "reviews can be written to .csv, .jsonl, .json"),
        (["--reviews", "--model", "-o", "m.joblib"], "give one"),
        (["-o", "nowhere/labels.csv"], "the folder nowhere does not stand"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_what_is_allowed(
    ran_task, touchstone, arguments, told
):
    said = touchstone("export", "letters", *arguments, at=ran_task.project, columns=300)
    assert said.code == 2
    assert told in said.err


def test_before_the_first_run_there_is_nothing_to_export(tmp_path, touchstone):
    from cli.new.new import create

    create(tmp_path, "fresh")
    for more in (["-o", "l.csv"], ["--reviews", "-o", "r.csv"], ["--model", "-o", "m.joblib"]):
        said = touchstone("export", "fresh", *more, at=tmp_path)
        assert said.code == 2
        assert "run" in said.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tasks", "workspace.yaml"]
