"""Labels, ids and batches come out of run, import and export as they went in."""

import csv
import json

import pyarrow.parquet as pq
import pytest
import yaml

from cli.new.new import create
from orchestration.running import run_task
from resources.reviews.store import ReviewStore
from resources.task.task import load_task

HARD = ["01", "1", "1.0", "true", "yes", "NA", "nan", "null", "2026-01-01",
        "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"]  # fmt: skip
BATCHES = ["01", "NA"]


@pytest.fixture(scope="module", params=["csv", "jsonl"])
def ran(request, tmp_path_factory):
    """A task whose ids, classes and batches are hard to keep."""
    project = tmp_path_factory.mktemp("hard")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        folder = create(project, "hard")
        for path in [*(folder / "items").iterdir(), folder / "rules.py"]:
            path.unlink()
        rules = [{"name": f"r{i}", "label": one, "keyword": f"w{i}w"} for i, one in enumerate(HARD)]
        (folder / "rules.yaml").write_text(yaml.safe_dump({"rules": rules}))
        spec = {
            "name": "hard", "classes": [{"name": name} for name in HARD], "batch": {"every": "file"},
            "source": {"files": f"items/*.{request.param}"}, "student": {"enabled": False},
            "rules": {"files": ["rules.yaml"]},
        }  # fmt: skip
        (folder / "task.yaml").write_text(yaml.safe_dump(spec))
        wanted = {}
        for batch, before in zip(BATCHES, ("", "x"), strict=True):
            rows = [(f"{before}{name}", f"w{i}w of {batch}") for i, name in enumerate(HARD)]
            with (folder / "items" / f"{batch}.{request.param}").open("w", newline="") as file:
                if request.param == "csv":
                    csv.writer(file).writerows([["item_id", "text"], *rows])
                else:
                    file.writelines(json.dumps({"item_id": i, "text": t}) + "\n" for i, t in rows)
            wanted |= {(i, batch): name for (i, _), name in zip(rows, HARD, strict=True)}
        run_task(load_task(folder), lambda *_: None)
    return project, load_task(folder), wanted


def said(row):
    return (row["item_id"], row["batch"]), row["label"]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_what_is_exported_is_what_went_in(ran, touchstone, tmp_path, ending):
    project, _, wanted = ran
    out = tmp_path / f"labels.{ending}"
    assert touchstone("export", "hard", "-o", str(out), at=project).code == 0
    if ending == "parquet":
        rows = pq.ParquetFile(out).read().to_pylist()
    elif ending == "jsonl":
        rows = [json.loads(line) for line in out.read_text().splitlines()]
    else:
        with out.open(newline="") as file:
            rows = list(csv.DictReader(file))
    assert dict(said(row) for row in rows) == wanted


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json"])
def test_what_is_imported_is_what_stood_there(ran, touchstone, tmp_path, ending):
    project, task, wanted = ran
    task.reviews.path.unlink(missing_ok=True)
    rows = [{"item_id": i, "batch": b, "label": label} for (i, b), label in wanted.items()]
    path = tmp_path / f"answers.{ending}"
    if ending == "csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([list(rows[0]), *(list(row.values()) for row in rows)])
    elif ending == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        path.write_text(json.dumps(rows))
    told = touchstone("import", str(path), "hard", at=project)
    assert (told.code, told.err) == (0, "")
    store = ReviewStore(task.reviews)
    try:
        assert dict(said(row) for row in store.reviews().to_pylist()) == wanted
    finally:
        store.close()
    out = tmp_path / f"again.{ending}"
    assert touchstone("export", "hard", "--reviews", "-o", str(out), at=project).code == 0
    again = touchstone("import", str(out), "hard", at=project)
    assert "0 new assignments and 0 new reviews" in again.out
