"""A round of the canary asks one model about every item, whatever else the prompt says."""

import pyarrow as pa
import pytest

from labeling.kinds.classes import ClassSpec
from labeling.llm.canary import canary
from labeling.llm.canary.canary import ask_canary
from labeling.llm.ledger.caps import Budget
from labeling.llm.prompts.prompt import Prompt, parse_prompts
from labeling.llm.prompts.settings import Pace
from resources.models.litellm_transport import LiteLlmTransport
from tests.fakes.provider import faults as wire
from tests.fakes.provider.recorded import item_text
from tests.fakes.provider.server import FakeProvider
from tests.resources.models.conftest import KEY

FRONT = "price: {input: 1, output: 2}\noutput: {format: text, confidence: none}\n"
CLASSES = [ClassSpec("yes"), ClassSpec("no")]
PANEL = pa.table(
    {
        "item_id": [f"q{n:02d}" for n in range(40)],
        "text": [f"question {n}" for n in range(40)],
        "label": ["yes"] * 40,
    }
)


def named(name: str, more: str = "") -> Prompt:
    (prompt,) = parse_prompts(f"---\nmodel: openai/{name}\n{FRONT}{more}---\nAnswer.", name)
    return prompt


def ask(ledger, provider, prompts, round_id: str, **more):
    transport = LiteLlmTransport(provider.url, KEY)
    return ask_canary(PANEL, prompts, CLASSES, transport, ledger, round_id=round_id, **more)


def test_a_step_of_a_cascade_is_asked_about_every_item_and_hangs_on_no_other_model(ledger):
    prompts = [named("cheap"), named("dear", "ask: {after: cheap, below: 0.99}\n")]
    said = {"cheap": "yes"}
    with FakeProvider(lambda body: said.get(body["model"], "yes")) as provider:
        first, _ = ask(ledger, provider, prompts, "r0")
        said["cheap"] = "no"
        second, _ = ask(ledger, provider, prompts, "r1")
        # who has completed a round is not asked again: the step is then alone
        alone, _ = ask(ledger, provider, prompts[1:], "r2")
    assert [f.n_items for f in first] == [40, 40]
    assert {f.voter: f.changed for f in second} == {"llm/cheap": True, "llm/dear": False}
    assert alone[0].accuracy == 1


def test_no_fallback_answers_for_a_model_that_is_down(ledger):
    prompts = [named("own", "fallbacks: [openai/other]\n")]
    said = {"own": "yes", "other": "no"}
    with FakeProvider(lambda body: said[body["model"]]) as provider:
        ask(ledger, provider, prompts, "r0")
        provider.script.extend([wire.FORBIDDEN] * 40)
        findings, tallies = ask(ledger, provider, prompts, "r1", pace=Pace(concurrency=1))
        provider.script.clear()
        again, _ = ask(ledger, provider, prompts, "r1")
    assert findings == []
    assert "own" in tallies["llm/own"].why
    assert {m.model for m in provider.meter} == {"own"}
    assert (again[0].changed, again[0].flips) == (False, 0)


@pytest.mark.parametrize("failed", [15, 30])
def test_items_that_a_provider_failed_on_are_left_out_and_prove_nothing(ledger, failed):
    with FakeProvider(lambda _: "yes") as provider:
        ask(ledger, provider, [named("m")], "r0")
        provider.script.extend(([wire.CONTEXT] * (failed // 10) + [None]) * 15)
        findings, tallies = ask(ledger, provider, [named("m")], "r1")
    if failed == 15:
        assert (findings[0].changed, findings[0].n_items) == (False, 25)
        assert "15 items were not answered and are left out" in findings[0].verdict
    else:
        assert findings == []
        assert tallies["llm/m"].why == "the provider answered only 10 of 40 items"


def test_a_round_that_the_budget_cuts_short_is_no_finding_and_goes_on_later(ledger):
    with FakeProvider(lambda _: "yes") as provider:
        findings, tallies = ask(ledger, provider, [named("m")], "r0", budget=Budget(run_usd=0.001))
        paid = len(provider.meter)
        assert findings == []
        assert "run budget" in tallies["llm/m"].why
        findings, _ = ask(ledger, provider, [named("m")], "r0", budget=Budget(run_usd=1))
    assert 0 < paid < 40
    assert len(provider.meter) == 2 * 40
    assert findings[0].n_items == 40


def test_killed_between_the_answers_and_the_record_a_round_pays_for_nothing_twice(
    ledger, monkeypatch
):
    def killed(*_, **__):
        raise KeyboardInterrupt

    with FakeProvider(lambda body: "yes" if "1" in item_text(body) else "no") as provider:
        with monkeypatch.context() as patch:
            patch.setattr(canary, "store", killed)
            with pytest.raises(KeyboardInterrupt):
                ask(ledger, provider, [named("m")], "r0")
        findings, _ = ask(ledger, provider, [named("m")], "r0")
        ask(ledger, provider, [named("m")], "r0")
    assert len(provider.meter) == 2 * 40
    assert findings[0].look == 0
    assert ledger.spent("r0").run == pytest.approx(
        sum(m.prompt_tokens * 1e-6 + m.completion_tokens * 2e-6 for m in provider.charged)
    )


def test_a_reference_is_asked_twice_so_that_a_model_that_wavers_is_known_at_once(ledger):
    """Half of the answers change and none is worse for it: only the second asking can tell."""
    said = {"odd": "yes"}

    def answer(body) -> str:
        return said["odd"] if int(item_text(body).split()[1]) % 2 else "no"

    half = PANEL.set_column(2, "label", pa.array(["yes", "no"] * 20))
    with FakeProvider(answer) as provider:
        transport = LiteLlmTransport(provider.url, KEY)

        def round_of(name: str):
            return ask_canary(half, [named("m")], CLASSES, transport, ledger, round_id=name)[0][0]

        assert round_of("r0").look == 0
        assert len(provider.meter) == 2 * 40
        said["odd"] = "neither"
        found = round_of("r1")
    assert (found.look, found.flips, found.changed) == (1, 20, True)
    asked = [m for m in provider.meter if "could not be read" not in m.question]
    assert len(asked) == 3 * 40
