"""A task whose batches are worked on in parts, here or by other processes, publishes the same labels."""

import csv

import pyarrow.parquet as pq
import pytest

from assets.labels import judging
from cli.new.new import create
from labeling.student import others
from orchestration.running import run_task
from resources.engines.dask_engine import DaskConnection
from resources.engines.ray_engine import RayConnection
from resources.task.task import load_task
from tests.fakes.dask_cluster import DaskCluster
from tests.fakes.ray_cluster import INSTALLED, TOKEN, RayCluster

N = 2_400
SAID = {
    "praise": ["Thank you for the lovely {}", "I am so glad about the {}", "What a wonderful {}"],
    "complaint": ["The {} is broken again", "Nobody answers about the {}", "The {} was dirty"],
    "question": ["When does the {} open?", "Do you have a {}", "Where is the {}?"],
}
THINGS = ["reading room", "lift", "printer", "story hour", "desk", "garden", "map", "chess club"]
RULES = """
rules:
  - {name: thanks, label: praise, keyword: ["thank you", glad]}
  - {name: wonderful, label: praise, regex: "wonderful|lovely"}
  - {name: broken, label: complaint, keyword: [broken, dirty]}
  - {name: nobody, label: complaint, keyword: [nobody]}
  - {name: asks, label: question, regex: "open[?]$"}
  - {name: longer_than_most, label: complaint, sql: "length(text) > 1.5 * (select avg(length(text)) from batch)"}
"""


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Run the same 2,400 items under a setting of ``scale``, and return what is published."""
    monkeypatch.delenv("TOUCHSTONE_VAR", raising=False)
    monkeypatch.setattr(others, "PART", 200)

    def published(scale: str):
        folder = create(tmp_path / str(len(list(tmp_path.iterdir()))), "letters")
        for path in (folder / "items").iterdir():
            path.unlink()
        labels = list(SAID)
        with (folder / "items" / "2026-03-02.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["item_id", "received_at", "channel", "text"])
            for n in range(N):
                said = SAID[labels[n % 3]][n // 3 % 3].format(THINGS[n // 9 % 8])
                rows.writerow([f"m{n:05d}", "2026-03-02T09:00:00", "mail", f"{n % 11} {said}"])
        (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
        settings = folder / "task.yaml"
        said = settings.read_text(encoding="utf-8").replace(
            "[rules.yaml, rules.py]", "[rules.yaml]"
        )
        settings.write_text(f"{said}\nscale: {scale}\n", encoding="utf-8")
        task = load_task(folder)
        outcome = run_task(task, lambda *_: None)
        assert outcome.labelled == ["2026-03-02"]
        assert not list((task.var / "parts").iterdir())
        published.bytes = (task.var / "published" / "labels.parquet").read_bytes()
        return pq.read_table(task.var / "published" / "labels.parquet")

    return published


def test_labels_are_the_same_in_one_part_in_many_and_on_workers_of_dask(published, monkeypatch):
    pytest.importorskip("distributed", reason="touchstone[dask] is not installed")
    asked: list[object] = []
    as_it_is = judging.JudgeOn.__call__

    def counting(self, student, terms, parts):
        asked.append(self.engine)
        return as_it_is(self, student, terms, parts)

    monkeypatch.setattr(judging.JudgeOn, "__call__", counting)
    whole = published("{items_a_part: 1000000}")
    files = [published.bytes]
    parts = published("{items_a_part: 1000}")
    files.append(published.bytes)
    assert not asked
    dask = published("{engine: dask, items_a_part: 1000}")
    files.append(published.bytes)
    assert len(asked) == 1
    assert len(set(files)) == 1, "published files are the same, byte by byte"
    assert whole.num_rows == N
    assert set(SAID) <= set(whole["label"].to_pylist())
    assert parts.equals(whole)
    assert dask.equals(whole)


@pytest.mark.skipif(not INSTALLED, reason="touchstone[ray] is not installed")
def test_labels_are_the_same_on_workers_of_ray(published, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    asked: list[object] = []
    as_it_is = RayConnection.send

    def sending(connection, digest, handed, part):
        asked.append(part)
        return as_it_is(connection, digest, handed, part)

    monkeypatch.setattr(RayConnection, "send", sending)
    published("{items_a_part: 1000}")
    here = published.bytes
    cluster = RayCluster()
    try:
        cluster.start()
        published(f"{{engine: ray, address: '{cluster.address}', items_a_part: 1000}}")
    finally:
        cluster.remove()
    assert published.bytes == here, "published files are the same, byte by byte"
    assert len(asked) > 8, "rules by three parts, and the student by twelve"


def test_labels_are_the_same_where_workers_are_killed_twice_and_the_scheduler_once(
    published, monkeypatch, tmp_path
):
    pytest.importorskip("distributed", reason="touchstone[dask] is not installed")
    whole = published("{items_a_part: 1000000}")
    cluster = DaskCluster(tmp_path)
    as_it_is = DaskConnection.result
    answers: list[object] = []

    def answered(engine, future):
        found = as_it_is(engine, future)
        answers.append(found)
        if len(answers) in (1, 6):  # in the middle of the rules, and of the student
            cluster.kill_worker()
            cluster.start_worker()
        if len(answers) == 8:
            cluster.kill()
            cluster.start()
        return found

    monkeypatch.setattr(DaskConnection, "result", answered)
    cluster.start()
    try:
        found = published(f"{{engine: dask, address: '{cluster.address}', items_a_part: 1000}}")
    finally:
        cluster.kill()
    assert len(answers) > 8
    assert found.equals(whole)
