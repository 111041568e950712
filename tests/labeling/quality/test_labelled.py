"""Labels and gold stay where classes are told apart; what measures sees only what was wrong."""

import ast
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from labeling.errors import QualityError
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.audited import AuditedBatch, uniform_design
from labeling.quality.estimates.labelled import MISSING, LabelledBatch

MEASURES = (
    "estimates.accuracy", "estimates.audited", "alarms.betting", "alarms.detector",
    "family", "planning", "alarms.trail", "alarms.watch",
)  # fmt: skip


@pytest.mark.parametrize("name", MEASURES)
def test_what_measures_knows_no_labels(name: str) -> None:
    spec = find_spec(f"labeling.quality.{name}")
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text())
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} | {
        node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    }
    assert not read & {"label", "gold", "n_classes", "labeling.quality.estimates.labelled"}


def test_a_kind_says_which_answers_are_wrong() -> None:
    near = LabelledBatch(
        "a",
        np.array([0, 1, 2, MISSING], np.int32),
        uniform_design(4, 4),
        np.arange(4),
        np.array([1, 1, 0, 0], np.int32),
        3,
        lambda label, gold: np.abs(label - gold) > 1,
    )
    assert near.audited().wrong.tolist() == [False, False, True, False]
    assert accuracy([near.audited()]).errors == 1


def test_an_answer_that_nobody_judged_or_gave_is_not_wrong() -> None:
    batch = LabelledBatch.uniform("a", [0, 0, MISSING], range(3), [1, MISSING, 1])
    assert batch.audited().wrong.tolist() == [True, False, False]
    assert batch.audited().silent().wrong.tolist() == [False] * 3
    with pytest.raises(QualityError, match="draw 1 is wrong, but nobody judged it"):
        AuditedBatch(
            "a", uniform_design(2, 2), np.ones(2, bool), np.arange(2),
            np.array([True, False]), np.array([False, True]),
        )  # fmt: skip
