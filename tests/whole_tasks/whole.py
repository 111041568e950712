"""Run a whole task, and compare its intervals with the truth."""

from pathlib import Path

import pytest

from assets.people.scripted import read_truth
from orchestration.running import Outcome, run_task
from resources.store.warehouse import warehouse_of
from resources.task.task import Task, load_task

ROOT = Path(__file__).parents[2]


def run_quietly(task: Task) -> Outcome:
    return run_task(task, lambda *_: None)


def load(name: str, var: Path) -> Task:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOUCHSTONE_VAR", str(var))
        return load_task(ROOT / "tasks" / name)


def covered(task: Task, outcome: Outcome) -> int:
    """In how many batches the interval holds the true accuracy of the released labels."""
    truth = read_truth(task, task.spec.demo.scripted)
    hits = 0
    for row in outcome.rows:
        labels = warehouse_of(task).ask(
            "select item_id, label from labels.released where batch = ? and label is not null",
            [row["batch"]],
        )
        right = [
            truth[i] == label
            for i, label in zip(
                labels["item_id"].to_pylist(), labels["label"].to_pylist(), strict=True
            )
        ]
        actual = sum(right) / len(right)
        hits += row["accuracy_low"] - 1e-9 <= actual <= row["accuracy_high"] + 1e-9
    return hits
