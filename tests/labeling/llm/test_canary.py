"""The canary tells a changed model from one that only wavers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from labeling.llm.canary import accept, diagnose, record
from labeling.llm.ledger import Ledger
from labeling.llm.mcnemar import mcnemar_e_value, threshold

DRIFT = Path(__file__).parents[3].parent / "shared" / "data" / "llm_drift_chatgpt"
GOLD = {f"i{n:03d}": "AB"[n % 2] for n in range(100)}


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "l.sqlite") as opened:
        opened.execute("pragma synchronous=off")
        yield opened


def answers(rng, accuracy: float, hardness) -> dict[str, str]:
    """Items differ in how hard they are; the same item is answered by chance each time."""
    right = rng.random(len(GOLD)) < np.clip(accuracy + hardness, 0, 1)
    return {
        i: g if r else "BA"["AB".index(g)] for (i, g), r in zip(GOLD.items(), right, strict=True)
    }


def test_the_e_value_has_expectation_one_at_most_when_nothing_changed():
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 40, 4000)
    b = rng.binomial(pairs, 0.5)
    mean = np.mean([mcnemar_e_value(int(x), int(n - x)) for x, n in zip(b, pairs, strict=True)])
    assert mean <= 1.15


@pytest.mark.parametrize("n", [0, 1, 5, 30])
def test_the_e_value_sums_to_one_exactly(n):
    from scipy.stats import binom

    assert sum(binom.pmf(b, n, 0.5) * mcnemar_e_value(b, n - b) for b in range(n + 1)) == (
        pytest.approx(1.0)
    )


def test_thresholds_spend_the_false_alarm_rate_once_over_all_looks():
    assert sum(1 / threshold(t, 0.01) for t in range(1, 10_000)) == pytest.approx(0.01, rel=1e-3)


def test_two_hundred_rounds_of_a_wavering_model_raise_no_alarm(ledger):
    rng = np.random.default_rng(7)
    hardness = rng.normal(0, 0.2, len(GOLD))
    findings = [
        record(ledger, "llm/x", "v", f"r{n:03d}", answers(rng, 0.8, hardness), GOLD)
        for n in range(201)
    ]
    assert not any(f.changed for f in findings)
    assert any(f.flips for f in findings)


def test_the_first_round_after_a_change_raises_the_alarm(ledger):
    rng = np.random.default_rng(8)
    hardness = rng.normal(0, 0.1, len(GOLD))
    for n in range(10):
        record(ledger, "llm/x", "v", f"r{n:03d}", answers(rng, 0.9, hardness), GOLD)
    finding = record(ledger, "llm/x", "v", "r010", answers(rng, 0.5, hardness), GOLD)
    assert finding.changed
    assert "the model changed: accuracy on the canary went from" in finding.verdict


def test_a_change_that_leaves_accuracy_alone_is_seen_by_the_answers(ledger):
    items = list(GOLD)
    one = {i: GOLD[i] if n < 50 else None for n, i in enumerate(items)}
    other = {i: GOLD[i] if n >= 50 else None for n, i in enumerate(items)}
    for n in range(2):
        record(ledger, "llm/x", "v", f"r{n}", one, GOLD)
    finding = record(ledger, "llm/x", "v", "r2", other, GOLD)
    assert finding.accuracy == finding.accuracy_before == 0.5
    assert finding.changed


def test_an_accepted_model_is_the_new_reference(ledger):
    rng = np.random.default_rng(9)
    flat = np.zeros(len(GOLD))
    record(ledger, "llm/x", "v", "r0", answers(rng, 0.95, flat), GOLD)
    worse = answers(rng, 0.4, flat)
    assert record(ledger, "llm/x", "v", "r1", worse, GOLD).changed
    accept(ledger, "llm/x", "v")
    assert record(ledger, "llm/x", "v", "r2", worse, GOLD).look == 0
    assert not record(ledger, "llm/x", "v", "r3", worse, GOLD).changed


def test_what_moved_is_told_apart():
    assert diagnose(False, True).startswith("the data changed")
    assert diagnose(True, True).startswith("the model changed, and")


@pytest.mark.parametrize("model", ["gpt-3.5-turbo", "gpt-4"])
@pytest.mark.parametrize("rounds_before", [1, 8])
def test_recorded_models_that_changed_raise_it_on_the_first_round(ledger, model, rounds_before):
    if not DRIFT.exists():
        pytest.skip(f"{DRIFT} is missing")
    march, june, gold = recorded(model)
    for n in range(rounds_before):
        assert not record(ledger, f"llm/{model}", "v", f"r{n}", march, gold).changed
    assert record(ledger, f"llm/{model}", "v", f"r{rounds_before}", june, gold).changed


def recorded(model: str, task: str = "prime_full"):
    data = pd.read_parquet(DRIFT / "answers.parquet")
    data = data[(data.task == task) & data.model.str.contains(f"/{model}-0")]
    data = data.assign(
        answer=data.parsed.str.lower(),
        month=data.model.str[-4:].str[:2],
        gold=data.ref_answer.str.lower(),
    )
    told = {
        month: dict(zip(rows.id, rows.answer.where(rows.answer.notna(), None), strict=True))
        for month, rows in data.groupby("month")
    }
    return told["03"], told["06"], dict(zip(data.id, data.gold, strict=True))
