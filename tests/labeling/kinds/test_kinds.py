"""What all kinds keep, and what sets one apart from another."""

from dataclasses import replace

import numpy as np
import pytest

from labeling.errors import VotesError
from labeling.kinds.classes import ClassSpec
from labeling.kinds.kind import Answers, Kind
from labeling.kinds.registry import KINDS
from labeling.kinds.single.kind import Single
from labeling.kinds.units import Units
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.prompts.settings import Settings

CLASSES = ("HAM", "SPAM", "other")


class Otherwise(Single):
    name = "otherwise"


OF_CLASSES = {name: kind for name, kind in KINDS.items() if not kind.marks_text}
"""Kinds whose answers are put together from those of their units."""


@pytest.mark.parametrize("kind", OF_CLASSES.values(), ids=OF_CLASSES)
def test_what_units_answer_is_what_answers_said(kind: Kind) -> None:
    said = [kind.checked(name, CLASSES) for name in CLASSES]
    rows = Answers.of(range(len(said)), said)
    units = kind.units(len(said), rows, CLASSES)
    cast = kind.cast(units, rows, CLASSES)
    label = np.full(units.n_units, -1, dtype=np.int32)
    label[cast.unit] = cast.label
    posterior = np.eye(len(kind.answers(CLASSES)))[label]
    assert kind.assemble(units, label, posterior, CLASSES) == said
    assert set(label.tolist()) <= set(range(len(kind.answers(CLASSES))))


@pytest.mark.parametrize("kind", OF_CLASSES.values(), ids=OF_CLASSES)
def test_an_answer_names_what_is_carried_over(kind: Kind) -> None:
    said = kind.checked("SPAM", CLASSES)
    renamed = kind.carried(said, lambda name: {"SPAM": "ads"}.get(name, name))
    assert renamed is not None
    assert kind.named(renamed) == ("ads",)
    assert kind.carried(said, {"HAM": "HAM"}.get) is None


def test_a_question_of_another_kind_is_another_question() -> None:
    prompt = Prompt("p", "m", Settings(model="m"), "Which?")
    told = [ClassSpec(name) for name in CLASSES]
    assert replace(prompt, kind=Otherwise()).version(told) != prompt.version(told)


@pytest.mark.parametrize(
    ("item", "question", "told"),
    [
        ([0, 1], [0], "units name 2 items, but 1 questions"),
        ([0, 3], [0, 0], r"items 0\.\.3; they run 0\.\.2"),
        ([1, 0], [0, 0], "unit 1 is of item 0, the one before it of 1"),
    ],
)
def test_units_that_fit_no_items_are_refused(
    item: list[int], question: list[int], told: str
) -> None:
    with pytest.raises(VotesError, match=told):
        Units(np.array(item), np.array(question), n_items=3)
