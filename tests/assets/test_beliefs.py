"""What the label model believes reaches the warehouse, Dagster and the published files."""

import numpy as np
import pyarrow.parquet as pq

from assets.labels.beliefs import in_dagster, markdown, voter_rows
from labeling.consensus.label_model import LabelModel
from labeling.gold import Gold
from labeling.votes import Votes
from resources.store.tables import CONSENSUS, written_along

CLASSES = ("ham", "spam")


NAMES = ["rule/a", "rule/b", "rule/c", "rule/copy"]


def fitted() -> LabelModel:
    """Rules for spam that speak on a third of 900 items each, and a copy of the first."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 900)
    fires = [rng.random(900) < np.where(truth == 1, 0.5, 0.15) for _ in range(2)]
    said = [np.where(fired, 1, -1) for fired in fires]
    ham = np.where(rng.random(900) < np.where(truth == 0, 0.5, 0.15), 0, -1)
    votes = Votes.from_matrix(np.column_stack([*said, ham, said[0]]), 2)
    gold = Gold(np.arange(300), truth[:300].astype(np.int32), np.full(300, 1 / 3))
    return LabelModel(2, voter_names=NAMES).fit(votes, gold)


def test_dagster_shows_voters_pairs_balance_calibration_and_doubts():
    model = fitted()
    shown = in_dagster(model, NAMES, CLASSES)
    belief = voter_rows(model, NAMES)[1]
    assert belief["accuracy_low"] < belief["accuracy"] < belief["accuracy_high"]
    assert belief["gold_low"] < belief["gold_accuracy"] < belief["gold_high"]
    row = f"| rule/b | {belief['votes']} | {belief['coverage']:.3f} | {belief['accuracy']:.3f} |"
    assert row in shown["voters"].md_str
    assert "| rule/a | rule/copy |" in shown["repeat_each_other"].md_str
    assert shown["class_balance"].md_str.count("\n") == 3
    assert {"calibration_error", "accuracy_on_unseen_gold", "log_loss"} <= set(shown)
    assert "rule/a and rule/copy" in shown["warnings"].md_str


def test_a_cell_cannot_break_the_table():
    assert markdown([{"rule": "a|b", "share": 0.5, "none": None}]).splitlines()[2] == (
        "| a\\|b | 0.500 |  |"
    )


def test_the_files_hold_every_batch_voter_and_class(ran_task):
    files = {
        table.name: pq.ParquetFile(ran_task.task.published / f"{table.name}.parquet")
        .read()
        .to_pylist()
        for table in written_along(CONSENSUS)
        if table.published
    }
    batches = [row["batch"] for row in files["label_model"]]
    votes = pq.ParquetFile(ran_task.task.published / "votes.parquet").read().to_pylist()
    assert len(batches) == 2
    for batch in batches:
        balance = [r["share"] for r in files["class_balance"] if r["batch"] == batch]
        assert len(balance) == len(ran_task.task.classes)
        assert abs(sum(balance) - 1) < 1e-9
    voted = {row["voter"] for row in votes if row["voter"] != "student"}
    assert {r["voter"] for r in files["voter_beliefs"] if r["batch"] == max(batches)} == voted
    shares: dict[tuple[str, str, str], float] = {}
    for row in files["voter_confusions"]:
        assert row["share_low"] - 1e-9 <= row["share"] <= row["share_high"] + 1e-9
        key = row["batch"], row["voter"], row["class"]
        shares[key] = shares.get(key, 0.0) + row["share"]
    assert shares
    assert all(0.9 < total <= 1.001 for total in shares.values())


def test_status_tells_what_consensus_student_and_queue_have_to_say(ran_task, touchstone):
    said = touchstone("status", "letters", at=ran_task.project, columns=300).out
    assert "pooling on" in said
    assert "not measured: the gain over random takes 20 reviews of each arm" in said
    assert "the next 5 reviews cost $0.28" in said
    (model, *_) = pq.ParquetFile(ran_task.task.published / "label_model.parquet").read().to_pylist()
    assert model["method"] in said
