"""The student as the product makes it: opinions blind to the batch, switches, released labels."""

import subprocess
import sys

import numpy as np

from assets.reading.opinions import as_matrix
from resources.store.warehouse import warehouse_of

TOGETHER = """
select r.item_id, r.batch, r.label, r.confidence, r.decided_by, c.label as consensus, s.pooled
from labels.released r
join labels.consensus c using (item_id, batch)
join labels.student_opinions s using (item_id, batch)
order by r.batch, r.item_id
"""


def rows(ran, sql):
    return warehouse_of(ran.task).ask(sql).to_pylist()


def test_every_item_has_an_opinion_and_labels_come_from_both(ran_task):
    table = warehouse_of(ran_task.task).ask(TOGETHER)
    assert table.num_rows == len(ran_task.truth)
    pooled = as_matrix(table["pooled"], 3)
    np.testing.assert_allclose(pooled.sum(axis=1), 1, atol=1e-9)
    least = ran_task.task.spec.student.decides_from
    for row, posterior in zip(table.to_pylist(), pooled, strict=True):
        best = ran_task.task.classes[posterior.argmax()]
        if row["consensus"] is None and posterior.max() < least:
            assert (row["label"], row["decided_by"]) == (None, "nobody")
        else:
            assert row["label"] == best
            assert row["confidence"] == posterior.max()
            assert row["decided_by"] == ("consensus" if best == row["consensus"] else "student")


def test_votes_carry_the_calibrated_confidence(ran_task):
    told = rows(
        ran_task,
        "select v.confidence, list_max(s.calibrated) as calibrated from votes.student v"
        " join labels.student_opinions s using (item_id, batch)",
    )
    assert len(told) == len(ran_task.truth)
    assert all(row["confidence"] == row["calibrated"] for row in told)


def test_each_switch_says_whether_it_is_on_and_why(ran_task):
    switches = rows(ran_task, "from quality.student_switches order by batch, switch")
    names = [
        "calibration", "consistency", "pooling", "self_training", "spreading", "subset", "weighting",
    ]  # fmt: skip
    assert [row["switch"] for row in switches] == names * 2
    for row in switches:
        if row["switch"] not in ("calibration", "pooling"):
            assert not row["kept"]
            assert "it takes 100 audit gold items to tell, there are" in row["told"]


def test_the_student_is_one_file_that_predicts_without_this_product_and_has_a_card(ran_task):
    newest = max(ran_task.task.students.glob("*.joblib"))
    code = (
        "import sys, joblib; model = joblib.load(sys.argv[1]);"
        "print(*model.predict(['The lift is broken and dirty.']));"
        "print([m for m in sys.modules if m.split('.')[0] in ('labeling', 'assets')])"
    )
    said = subprocess.run(
        [sys.executable, "-P", "-c", code, newest], cwd="/", env={}, capture_output=True,
        text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    assert said[:2] == ["complaint", "[]"]
    card = newest.with_suffix(".md").read_text(encoding="utf-8")
    assert "classes: praise, complaint, question" in card
    assert "pooling: on" in card
    assert "calibration: logits divided by" in card
