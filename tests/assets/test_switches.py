"""Whether the tricks of the student help is asked of gold that is in the sample it is asked on."""

import numpy as np
import pytest

from assets.labels import switches
from assets.reading.votes import Window
from labeling.gold import Gold
from labeling.kinds.units import Units
from labeling.student.paired import Paired
from labeling.votes import Votes
from resources.store.tables import STUDENT_SWITCHES
from resources.store.warehouse import Warehouse


def test_gold_beyond_the_sample_is_left_out_and_the_rest_keeps_its_labels(tmp_path, monkeypatch):
    n, asked = 12, {}
    label = np.arange(6, dtype=np.int32) % 2
    audit = Gold(np.arange(6), label, np.linspace(0.1, 0.6, 6))
    window = Window(
        np.array([f"i{i}" for i in range(n)], dtype=object),
        np.array(["b"] * n, dtype=object),
        [f"text {i}" for i in range(n)],
        [None] * n,
        ["rule/a"],
        Votes.from_matrix(np.zeros((n, 1), dtype=np.int32), n_classes=2),
        audit,
        audit,
        np.arange(n) >= 10,
        Units.each(n),
    )

    def choose(_student, some, posterior, gold, weight, names):
        asked.update(some=some, posterior=posterior, gold=gold, weight=weight, names=names)
        return "student", []

    monkeypatch.setattr("labeling.student.switches.choose", choose)
    monkeypatch.setattr("labeling.student.switches.MIN_GOLD", 6)
    monkeypatch.setattr(switches, "FEW", (4, 0))
    posterior = np.tile([0.75, 0.25], (n, 1))
    switches.decide(
        Warehouse(path=str(tmp_path / "w.duckdb")),
        "b",
        "student",
        window,
        window.texts,
        posterior,
        np.arange(n) % 2 == 0,
    )
    texts = [asked["some"][i] for i in asked["gold"].item.tolist()]
    assert texts == ["text 2", "text 3", "text 4", "text 5"]
    assert asked["gold"].label.tolist() == label[2:].tolist()
    assert asked["gold"].probability == pytest.approx(audit.probability[2:])
    assert asked["weight"].tolist() == [1.0, 0.0, 1.0, 0.0]


def test_a_decision_is_told_with_its_gain_and_interval_and_without_where_none_was_measured():
    gain = Paired(0.02, -0.01, 0.05, 80)
    row = switches.row_of("pooling", True, "on", gain, 80, "b")
    assert [row[name] for name in ("gain", "gain_low", "gain_high")] == [0.02, -0.01, 0.05]
    row = switches.row_of("pooling", False, "off, not tried")
    assert [row[name] for name in ("gain", "gain_low", "gain_high")] == [None] * 3
    assert STUDENT_SWITCHES.columns.keys() == {"batch", *row}
