"""How sure a model was, and making that mean what it says."""

import math

import numpy as np
import pyarrow as pa
import pytest

from labeling.kinds.asking import Token
from labeling.kinds.classes import ClassSpec
from labeling.kinds.single.logprobs import from_logprobs
from labeling.llm.confidence.calibration import calibrate
from labeling.llm.confidence.confidence import from_samples

CLASSES = [ClassSpec("SPAM"), ClassSpec("HAM"), ClassSpec("HAMMER")]


def token(text: str, p: float, **others: float) -> Token:
    alternatives = {text: p, **others}
    return Token(text, math.log(p), tuple((t, math.log(q)) for t, q in alternatives.items()))


def test_mass_on_other_classes_lowers_and_mass_on_no_class_does_not():
    sure = from_logprobs([token("SPAM", 0.6, Maybe=0.4)], "SPAM", CLASSES)
    torn = from_logprobs([token("SPAM", 0.6, HAM=0.4)], "SPAM", CLASSES)
    assert sure == pytest.approx(1.0)
    assert torn == pytest.approx(0.6)


def test_a_label_of_several_tokens_multiplies_along_its_way():
    tokens = [token("SP", 0.8, HA=0.2), token("AM", 0.5, X=0.5)]
    assert from_logprobs(tokens, "SPAM", CLASSES) == pytest.approx(0.4 / (0.4 + 0.2))


def test_a_start_that_two_classes_share_is_held_against_neither():
    tokens = [token("HAM", 0.9, SPAM=0.1)]
    assert from_logprobs(tokens, "HAM", CLASSES) == pytest.approx(0.9)


def test_the_label_is_found_inside_json_and_after_reasoning():
    tokens = [
        token("It looks like SPAM but", 1.0),
        token('{"label": "', 1.0),
        token("H", 0.75, SP=0.25),
        token("AM", 1.0),
        token('"}', 1.0),
    ]
    assert from_logprobs(tokens, "HAM", CLASSES) == pytest.approx(0.75)


def test_tokens_that_do_not_spell_the_label_give_no_confidence():
    assert from_logprobs([token("hello", 0.9)], "SPAM", CLASSES) is None
    assert from_logprobs([], "SPAM", CLASSES) is None


def test_samples_agree_or_the_voter_abstains():
    assert from_samples(["A", "A", "B", None]) == ("A", 0.5)
    assert from_samples(["A", "B"]) == (None, None)
    assert from_samples([None, None]) == (None, None)


def simulated(n: int, seed: int = 0) -> tuple[pa.Table, dict[str, str]]:
    """A model that says 0.97 and is right in 70 %, says 0.6 and is right in 50 %."""
    rng = np.random.default_rng(seed)
    says = rng.choice([0.97, 0.6], n)
    right = rng.random(n) < np.where(says > 0.9, 0.7, 0.5)
    ids = [f"i{k}" for k in range(n)]
    votes = pa.table(
        {
            "item_id": ids,
            "voter": ["llm/x"] * n,
            "label": ["A"] * n,
            "confidence": says,
        }
    )
    return votes, {i: "A" if r else "B" for i, r in zip(ids, right, strict=True)}


def test_an_overconfident_model_is_brought_down_to_how_often_it_is_right():
    votes, truth = simulated(4000)
    gold = {k: truth[k] for k in list(truth)[:400]}
    calibrated = calibrate(votes, gold).to_pandas().iloc[400:]
    right = calibrated.item_id.map(truth).eq("A")
    for _, group in calibrated.groupby(calibrated.confidence.round(6)):
        assert group.confidence.mean() == pytest.approx(right[group.index].mean(), abs=0.08)
    assert calibrated.calibrated.all()


def test_a_gold_item_does_not_judge_itself():
    votes, truth = simulated(60)
    base = calibrate(votes, truth).to_pandas().set_index("item_id").confidence
    for item in ("i0", "i7"):
        flipped = {**truth, item: "B" if truth[item] == "A" else "A"}
        other = calibrate(votes, flipped).to_pandas().set_index("item_id").confidence
        assert other[item] == base[item]
        assert (other != base).any()


def test_too_little_gold_leaves_confidences_as_they_are_and_says_so():
    votes, truth = simulated(100)
    few = {k: truth[k] for k in list(truth)[:20]}
    calibrated = calibrate(votes, few)
    assert calibrated["confidence"].to_pylist() == votes["confidence"].to_pylist()
    assert not any(calibrated["calibrated"].to_pylist())


def test_a_missing_confidence_stays_missing():
    votes, truth = simulated(100)
    column = pa.array([None, *votes["confidence"].to_pylist()[1:]], pa.float64())
    calibrated = calibrate(votes.set_column(3, "confidence", column), truth)
    assert calibrated["confidence"][0].as_py() is None
    assert calibrated["calibrated"][0].as_py() is False
