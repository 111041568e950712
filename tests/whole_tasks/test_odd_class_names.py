"""Classes that are called like what stands beside classes in tables and metrics."""

import csv
import re

import pyarrow.parquet as pq
import pytest
import yaml

from cli.new.new import create
from orchestration.planning import batches_with_new_reviews
from orchestration.running import run_task
from resources.store.warehouse import warehouse_of
from resources.task.task import load_task

NAMES = ("all", "overall", "macro", "undecided", "none", "total", "labels", "a+b", "a&b")
DAYS = ("2026-03-02", "2026-03-03")
EACH = 12


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A task whose rules are right about everything, reviewed by a script, run once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TOUCHSTONE_VAR", raising=False)
        folder = create(tmp_path_factory.mktemp("project"), "odd")
        for path in (*(folder / "items").iterdir(), folder / "rules.py"):
            path.unlink()
        truth = [["item_id", "label"]]
        for day in DAYS:
            rows = [["item_id", "time", "shop", "text"]]
            for k in range(EACH * len(NAMES)):
                name = NAMES[k % len(NAMES)]
                rows.append(
                    [f"{day}/{k}", f"{day}T10:00:00", "mail", f"word{k % len(NAMES)} no {k}"]
                )
                truth.append([f"{day}/{k}", name])
            write(folder / "items" / f"{day}.csv", rows)
        write(folder / "truth.csv", truth)
        rules = [
            {"name": f"r{k}", "label": name, "keyword": [f"word{k}"]}
            for k, name in enumerate(NAMES)
        ]
        (folder / "rules.yaml").write_text(yaml.safe_dump({"rules": rules}), encoding="utf-8")
        spec = yaml.safe_load((folder / "task.yaml").read_text(encoding="utf-8"))
        spec = {k: v for k, v in spec.items() if k in ("name", "description", "owner", "batch")}
        spec |= {
            "classes": [{"name": name} for name in NAMES],
            "source": {"files": "items/*.csv", "time": "time"},
            "rules": {"files": ["rules.yaml"]},
            "audit": {"per_batch": EACH * len(NAMES)},
            "reviewers": {"scripted": {"truth": "truth.csv", "error_rate": 0}},
        }
        (folder / "task.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        task = load_task(folder)
        yield task, run_task(task, lambda *_: None)


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def published(task, name):
    return pq.ParquetFile(task.published / f"{name}.parquet").read().to_pylist()


def test_no_figure_of_a_class_is_taken_for_one_of_all_of_them(ran):
    task, outcome = ran
    whole = EACH * len(NAMES)
    assert [(row["batch"], row["items"], row["reviewed"]) for row in outcome.rows] == [
        (day, whole, whole) for day in DAYS
    ]
    warehouse = warehouse_of(task)
    for table in ("accuracy", "scores", "overall"):
        where = "" if table == "accuracy" else "where series = 'labels'"
        rows = warehouse.ask(f"select class, reviewed from quality.{table} {where}").to_pylist()
        assert {row["class"] for row in rows} == {"(all)", *NAMES}
        of_all = sum(row["reviewed"] for row in rows if row["class"] == "(all)")
        assert of_all == sum(row["reviewed"] for row in rows if row["class"] != "(all)")
    warehouse.close()
    of_classes = [r for r in published(task, "class_report") if r["span"] == "all"]
    assert sorted(row["class"] for row in of_classes) == sorted(["(macro)", *NAMES])
    assert {r["reviewed"] for r in of_classes if r["class"] != "(macro)"} == {2 * EACH}
    shares = [(row["label"], row["items"]) for row in published(task, "label_distribution")]
    assert sorted(shares) == sorted((name, EACH) for name in NAMES for _ in DAYS)


def test_each_class_has_a_metric_of_its_own_in_mlflow(ran):
    from mlflow.tracking import MlflowClient

    task, _ = ran
    client = MlflowClient(task.tracking_uri)
    experiment = client.get_experiment_by_name(task.name)
    assert experiment is not None
    (history,) = client.search_runs([experiment.experiment_id], "tags.kind = 'history'")
    told = [name for name in history.data.metrics if name.startswith("accuracy of class ")]
    assert len(told) == len(NAMES)
    assert sum(bool(re.fullmatch("accuracy of class a_b [0-9a-f]{6}", name)) for name in told) == 2


def test_what_an_earlier_version_called_all_classes_together_is_measured_anew(ran):
    task, _ = ran
    warehouse = warehouse_of(task)
    assert batches_with_new_reviews(task, warehouse) == []
    with warehouse.connect() as db:
        db.execute(
            "update quality.accuracy set class = 'all' where class = '(all)' and batch = ?",
            [DAYS[1]],
        )
    assert batches_with_new_reviews(task, warehouse) == [DAYS[1]]
    warehouse.close()
    outcome = run_task(task, lambda *_: None)
    assert outcome.measured == [DAYS[1]]
    assert [row["accuracy"] for row in outcome.rows] == [1.0, 1.0]
    assert run_task(task, lambda *_: None).measured == []
