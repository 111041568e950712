"""The simulated model: as wrong as it is told to be, and changed when it is told to."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from labeling.errors import LabelingError
from labeling.kinds.classes import ClassSpec
from labeling.kinds.spans.answer import marked
from labeling.kinds.spans.kind import SpansOfClasses
from labeling.llm.confidence.calibration import calibrate
from labeling.llm.labelling import label_batch
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.prompts.settings import Pace
from resources.models.litellm_transport import LiteLlmTransport
from resources.models.simulated.behaviour import Behaviour, text_digest
from resources.models.simulated.server import SimulatedModel
from tests.resources.models.conftest import CLASSES

NAMES = ["SPAM", "HAM", "OTHER"]
TRUTH = {text_digest(f"text {n}"): NAMES[n % 3] for n in range(3000)}


def answers(behaviour: Behaviour, batch: str) -> tuple[np.ndarray, np.ndarray]:
    said = [behaviour.answer(f"text {n}", batch) for n in range(3000)]
    right = np.array([label == NAMES[n % 3] for n, (label, _) in enumerate(said)])
    return right, np.array([confidence for _, confidence in said])


@pytest.mark.parametrize("rate", [0.0, 0.12, 0.4])
def test_it_errs_at_the_rate_it_was_told(rate):
    right, _ = answers(Behaviour(TRUTH, NAMES, rate), "2026-01-01")
    assert 1 - right.mean() == pytest.approx(rate, abs=0.02)


def test_its_confidence_is_honest_before_the_change_and_not_after():
    model = Behaviour(TRUTH, NAMES, 0.12, changes_at="2026-03-10", error_rate_after=0.4)
    before, sure = answers(model, "2026-03-09")
    after, still_sure = answers(model, "2026-03-10")
    assert sure.mean() == pytest.approx(before.mean(), abs=0.02)
    assert (sure == still_sure).all()
    assert 1 - after.mean() == pytest.approx(0.4, abs=0.03)


def test_it_confuses_what_it_was_told_to_confuse():
    model = Behaviour(TRUTH, NAMES, {"SPAM": 0.5}, {"SPAM": "OTHER"})
    said = [model.answer(f"text {n}")[0] for n in range(0, 3000, 3)]
    assert said.count("OTHER") > 4 * said.count("HAM")
    assert all(model.answer(f"text {n}")[0] == NAMES[n % 3] for n in range(1, 300, 3))


def test_the_same_seed_says_the_same_and_another_does_not():
    one, same, other = (Behaviour(TRUTH, NAMES, 0.4, seed=s) for s in (1, 1, 2))
    assert (answers(one, "x")[0] == answers(same, "x")[0]).all()
    assert (answers(one, "x")[0] != answers(other, "x")[0]).any()


def test_a_class_that_does_not_exist_is_refused():
    with pytest.raises(LabelingError, match="told of the class 'NOPE'"):
        Behaviour(TRUTH, NAMES, confusions={"SPAM": "NOPE"})


@pytest.mark.parametrize("form", ["text", "json"])
def test_through_litellm_its_votes_are_as_good_and_as_sure_as_it_was_told(ledger, form):
    n = 300
    truth = {text_digest(f"text {k}"): ["SPAM", "HAM"][k % 2] for k in range(n)}
    (prompt,) = parse_prompts(
        f"---\nmodel: simulated/one\noutput: {{format: {form}}}\n---\nSort these.", "classify"
    )
    items = pa.table(
        {"item_id": [str(k) for k in range(n)], "text": [f"text {k}" for k in range(n)]}
    )
    with SimulatedModel(truth, ["SPAM", "HAM"], 0.2) as model:
        transport = LiteLlmTransport(model.api_base, "k", simulated=True, free=True)
        result = label_batch(
            items, [prompt], CLASSES, transport, ledger, run="r", pace=Pace(concurrency=32)
        )
        assert model.calls == n + 1
    votes = result.votes.to_pandas()
    assert set(votes.voter) == {"simulated/classify"}
    right = votes.label == [["SPAM", "HAM"][int(i) % 2] for i in votes.item_id]
    assert right.mean() == pytest.approx(0.8, abs=0.06)
    assert votes.confidence.mean() == pytest.approx(0.8, abs=0.06)
    gold = {str(k): ["SPAM", "HAM"][k % 2] for k in range(100)}
    assert all(calibrate(result.votes, gold)["calibrated"].to_pylist())


SPAN_CLASSES = ("Disease", "Drug")
SPAN_TRUTH = '[[0, 5, "Drug"], [17, 29, "Disease"]]'


def about(n: int) -> str:
    return f"Advil helps with severe gout and more in {n} of all cases."


@pytest.mark.parametrize("form", ["text", "json"])
def test_through_litellm_it_quotes_spans_as_wrong_as_it_was_told(ledger, form):
    n, kind = 400, SpansOfClasses()
    (prompt,) = parse_prompts(
        f"---\nmodel: simulated/one\noutput: {{format: {form}}}\n---\nMark these.", "mark"
    )
    texts = [about(k) for k in range(n)]
    items = pa.table({"item_id": [str(k) for k in range(n)], "text": texts})
    truth = {text_digest(text): SPAN_TRUTH for text in texts}
    with SimulatedModel(truth, SPAN_CLASSES, 0.1, kind=kind) as model:
        transport = LiteLlmTransport(model.api_base, "k", simulated=True, free=True)
        result = label_batch(
            items, [replace(prompt, kind=kind)], [ClassSpec(name) for name in SPAN_CLASSES],
            transport, ledger, run="r", pace=Pace(concurrency=32),
        )  # fmt: skip
    said = result.votes["label"].to_pylist()
    assert len(said) == n
    assert sum(one == SPAN_TRUTH for one in said) / n == pytest.approx(0.9**3, abs=0.07)
    found = [set(marked(one).found) for one in said]
    true = set(marked(SPAN_TRUTH).found)
    drug, disease = sorted(true)
    assert any(len(one) < 2 for one in found), "one left out"
    assert any(disease._replace(name="Drug") in one for one in found), "one misnamed"
    assert any(disease._replace(end=23) in one for one in found), "one cut"
    assert any(drug._replace(end=11) in one for one in found), "one grown"
    assert any(len(one) > 2 for one in found), "one invented"


def test_it_marks_nothing_where_nothing_is_true_and_it_never_errs():
    model = Behaviour({}, SPAN_CLASSES, 0.0, kind=SpansOfClasses())
    assert model.answer("no truth is known of this") == ("[]", 1.0)
    assert (
        Behaviour({text_digest(""): "[]"}, SPAN_CLASSES, 1.0, kind=SpansOfClasses()).answer("")[0]
        == "[]"
    )
