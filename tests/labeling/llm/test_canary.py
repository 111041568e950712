"""The canary tells a changed model from one that only wavers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.llm.canary.canary import record as record_answers
from labeling.llm.canary.finding import Finding, diagnose
from labeling.llm.canary.mcnemar import mcnemar_e_value, threshold
from labeling.llm.canary.rounds import (
    AGAIN,
    GIVEN_UP_S,
    Answers,
    accept,
    begin,
    end,
    last_asked,
    store,
)
from labeling.llm.ledger.ledger import Ledger

DRIFT = Path(__file__).parents[3].parent / "shared" / "data" / "llm_drift_chatgpt"
GOLD = {f"i{n:03d}": "AB"[n % 2] for n in range(100)}


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "l.sqlite") as opened:
        opened.execute("pragma synchronous=off")
        yield opened


def record(ledger, voter, version, round_id, label, gold=GOLD, now=None, **more) -> Finding:
    said = Answers(label, **more)
    return record_answers(ledger, voter, version, round_id, said, gold, now=now)


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


SHORT = {f"i{n:02d}": "AB"[n % 2] for n in range(24)}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_recording_any_round_again_in_any_order_leaves_all_findings_as_they_were(
    tmp_path_factory, data
):
    """Rounds of two versions of a prompt, a model that changes in between, references taken anew."""
    with Ledger(tmp_path_factory.mktemp("l") / "l.sqlite") as ledger:
        ledger.execute("pragma synchronous=off")
        said, told = {}, {}
        for n in range(data.draw(st.integers(2, 7))):
            version = data.draw(st.sampled_from(["v1", "v2"]))
            wrong = data.draw(st.sampled_from([0, 1, 15, 24]))
            labels = {i: None if k < wrong else g for k, (i, g) in enumerate(SHORT.items())}
            said[version, f"r{n}"] = labels
            told[version, f"r{n}"] = record(
                ledger, "llm/x", version, f"r{n}", labels, SHORT, now=100.0 + n
            )
            if data.draw(st.booleans()):
                accept(ledger, "llm/x", version, now=100.5 + n)
        again = data.draw(st.lists(st.sampled_from(sorted(said)), max_size=6))
        for at, (version, name) in enumerate([*again, *data.draw(st.permutations(sorted(said)))]):
            finding = record(
                ledger, "llm/x", version, name, said[version, name], SHORT, now=500.0 + at
            )
            # NaN before the first comparison equals nothing, not even itself
            assert repr(finding) == repr(told[version, name])


def test_a_prompt_that_was_edited_has_a_reference_of_its_own_and_the_old_one_keeps_its_rounds(
    ledger,
):
    wrong = dict.fromkeys(GOLD)
    record(ledger, "llm/x", "v1", "r0", GOLD)
    assert record(ledger, "llm/x", "v2", "r0", wrong).look == 0
    assert not record(ledger, "llm/x", "v2", "r1", wrong).changed
    assert record(ledger, "llm/x", "v1", "r1", wrong).changed


def test_gold_that_a_later_review_corrects_changes_no_evidence_that_the_model_changed(ledger):
    record(ledger, "llm/x", "v", "r0", GOLD)
    corrected = {i: "B" if n < 30 else g for n, (i, g) in enumerate(GOLD.items())}
    finding = record(ledger, "llm/x", "v", "r1", GOLD, corrected)
    assert not finding.changed
    assert finding.accuracy == finding.accuracy_before == pytest.approx(0.85)
    # and a model that now says what the review says has become better, not worse
    assert record(ledger, "llm/x", "v", "r2", corrected, corrected).accuracy == 1


def test_an_item_that_reads_otherwise_than_in_the_reference_is_another_question(ledger):
    was = dict.fromkeys(GOLD, "a")
    record(ledger, "llm/x", "v", "r0", GOLD, content=was)
    edited = {i: "b" if n < 60 else "a" for n, i in enumerate(GOLD)}
    wrong = {i: None if edited[i] == "b" else g for i, g in GOLD.items()}
    finding = record(ledger, "llm/x", "v", "r1", wrong, content=edited)
    assert (finding.changed, finding.n_items, finding.edited) == (False, 40, 60)
    assert "60 items read otherwise than then and are left out" in finding.verdict
    blind = record(ledger, "llm/x", "v", "r2", wrong, content=dict.fromkeys(GOLD, "c"))
    assert not blind.changed
    assert "take a new reference: touchstone canary --accept llm/x" in blind.blind
    accept(ledger, "llm/x", "v")
    assert record(ledger, "llm/x", "v", "r3", wrong, content=dict.fromkeys(GOLD, "c")).blind == ""


def test_items_that_the_provider_failed_on_are_no_answers(ledger):
    record(ledger, "llm/x", "v", "r0", GOLD)
    some = {i: g for n, (i, g) in enumerate(GOLD.items()) if n >= 40}
    finding = record(ledger, "llm/x", "v", "r1", some)
    assert (finding.changed, finding.n_items, finding.unanswered) == (False, 60, 40)
    assert record(ledger, "llm/x", "v", "r2", dict.fromkeys(some)).changed


def test_of_several_fingerprints_only_one_that_is_new_is_told(ledger):
    def named(*names: str) -> bool:
        of = {i: names[n % len(names)] for n, i in enumerate(GOLD)}
        name = f"r{len(ledger.execute('select distinct round from canary_answers'))}"
        return record(ledger, "llm/x", "v", name, GOLD, fingerprint=of).fingerprint_changed

    record(ledger, "llm/x", "v", "r0", GOLD, fingerprint=dict.fromkeys(GOLD, "m/a"))
    assert [named("m/a", "m/b"), named("m/a"), named("m/a"), named("m/c")] == [
        True, False, False, True,
    ]  # fmt: skip


def test_a_round_by_the_clock_that_was_cut_short_is_gone_on_with_for_a_while(ledger):
    assert begin(ledger, "clock 1", now=1000.0) == "clock 1"
    assert begin(ledger, "clock 2", now=1100.0) == "clock 1"
    assert begin(ledger, "clock 1", now=1200.0) == "clock 1"
    end(ledger, "clock 1", now=1300.0)
    assert begin(ledger, "clock 3", now=1400.0) == "clock 3"
    assert begin(ledger, "clock 4", now=1400.0 + GIVEN_UP_S) == "clock 4"


def test_the_last_round_is_the_one_asked_last_not_the_one_recorded_last(ledger):
    record(ledger, "llm/x", "v", "r0", GOLD, now=10.0)
    record(ledger, "llm/x", "v", "r1", GOLD, now=20.0)
    record(ledger, "llm/x", "v", "r0", GOLD, now=30.0)
    assert last_asked(ledger) == 20.0


def test_what_moved_is_told_apart():
    assert diagnose(False, True).startswith("the data changed")
    assert diagnose(True, True).startswith("the model changed, and")


@pytest.mark.parametrize("model", ["gpt-3.5-turbo", "gpt-4"])
@pytest.mark.parametrize("rounds_before", [1, 200])
def test_recorded_models_that_changed_raise_it_on_the_first_round_and_never_before(
    ledger, model, rounds_before
):
    """March's answers, then June's, on a panel of the usual size."""
    if not DRIFT.exists():
        pytest.skip(f"{DRIFT} is missing")
    march, june, gold = recorded(model)
    panel = list(np.random.default_rng(60).permutation(sorted(gold))[:60])
    march, june, gold = ({i: of[i] for i in panel} for of in (march, june, gold))
    voter = f"llm/{model}"
    store(ledger, voter, "v", f"r000{AGAIN}", Answers(march), now=1.5)
    told = [
        record(ledger, voter, "v", f"r{n:03d}", month, gold, now=float(n + 1))
        for n, month in enumerate([march] * rounds_before + [june])
    ]
    assert [finding.changed for finding in told] == [False] * rounds_before + [True]
    assert told[-1].look == rounds_before


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
