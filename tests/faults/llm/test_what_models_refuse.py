"""Models that do not take what they are sent, and answers that have no room, over HTTP."""

import json

import pytest

from labeling.llm.ledger.behaviour import ability
from labeling.llm.ledger.caps import Budget
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.transport import Fault
from resources.models.replies.refused_parameters import refused_parameter
from tests.fakes.provider import faults as wire
from tests.fakes.provider import odd
from tests.fakes.provider.server import Answer, FakeProvider
from tests.resources.models.conftest import TEXT, prompt, table

ONE_BY_ONE = Pace(concurrency=1)
ZERO = f"parameters: {{temperature: 0, max_tokens: 16}}\n{TEXT}"
PROBED = "parameters: {temperature: 0, max_tokens: 16}\noutput: {format: auto, confidence: none}\n"
CLIENTS = ["openai/fake", "hosted_vllm/fake"]


def no_temperature(body) -> wire.Fault | None:
    if body.get("temperature", 1) != 1:
        return wire.Fault(
            "unsupported_value",
            400,
            message="Unsupported value: 'temperature' does not support 0 with this model. Only the "
            "default (1) value is supported.",
            param="temperature",
        )
    return None


def no_max_tokens(body) -> wire.Fault | None:
    if "max_tokens" in body:
        return wire.Fault(
            "unsupported_parameter",
            400,
            message="Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            param="max_tokens",
        )
    return None


def at_least_256(body) -> wire.Fault | None:
    if body.get("max_tokens", body.get("max_completion_tokens")) < 256:
        return wire.Fault(
            "integer_below_min_value",
            400,
            message="Invalid 'max_output_tokens': integer below minimum value. Expected a value >= "
            "256, but got 16 instead.",
            param="max_output_tokens",
        )
    return None


def could_not_finish(body) -> wire.Fault | None:
    if body["max_tokens"] < 2000:
        return wire.Fault(
            "invalid_value",
            400,
            message="Could not finish the message because max_tokens or model output limit was "
            "reached. Please try again with higher max_tokens.",
        )
    return None


def all_of_them(body) -> wire.Fault | None:
    return no_temperature(body) or no_max_tokens(body) or at_least_256(body)


REFUSALS = {
    "temperature": (no_temperature, {"max_tokens": 16}),
    "max_tokens": (no_max_tokens, {"temperature": 0, "max_completion_tokens": 16}),
    "a minimum": (at_least_256, {"temperature": 0, "max_tokens": 256}),
    "all of them": (all_of_them, {"max_completion_tokens": 256}),
}


@pytest.mark.parametrize(("refuses", "sends"), REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_model_refuses_is_left_out_and_told_and_never_sent_again(
    bench, refuses, sends, client
):
    with FakeProvider(lambda _: "HAM", refuses=refuses) as provider:
        first = bench.ask(provider, table(30), [prompt(ZERO, model=client)])
        met = len(provider.meter)
        second = bench.ask(provider, table(40), [prompt(ZERO, model=client)], run="next")
        later = provider.meter[met:]
    assert first.votes.num_rows == 30
    assert second.votes.num_rows == 40
    assert not first.partial
    names = ("temperature", "max_tokens", "max_completion_tokens")
    assert [m.status for m in later] == [200] * 10
    assert {n: later[0].body[n] for n in names if n in later[0].body} == sends
    assert any("change it under parameters" in note for note in first.summary.advice)
    assert first.summary.exposure_usd == 0


@pytest.mark.parametrize("client", CLIENTS)
def test_a_model_that_refuses_for_want_of_room_may_have_charged_its_thoughts(bench, ledger, client):
    with FakeProvider(lambda _: "HAM", refuses=could_not_finish) as provider:
        result = bench.ask(provider, table(5), [prompt(ZERO, model=client)], pace=ONE_BY_ONE)
    assert result.votes.num_rows == 5
    assert [m.body["max_tokens"] for m in provider.meter] == [16] + [4096] * 5
    first = ledger.execute("select * from calls order by id")[0]
    assert first["cost_usd"] + first["exposure_usd"] == first["reserved_usd"] > 0
    assert len(result.summary.advice) >= 1


@pytest.mark.parametrize("client", CLIENTS)
def test_a_rejected_probe_is_never_remembered_as_what_a_model_cannot_do(bench, ledger, client):
    with FakeProvider(lambda _: "HAM", refuses=all_of_them) as provider:
        result = bench.ask(provider, table(5), [prompt(PROBED, model=client)])
    assert result.votes.num_rows == 5
    assert ability(client, ledger) == (True, False)
    assert json.loads(ledger.execute("select answer from calls where kind = 'ask'")[0][0])


def test_a_model_that_rejects_every_question_is_not_said_to_lack_an_ability(bench, ledger):
    nothing = wire.Fault("bad_request", 400, message="this deployment is not set up")
    with FakeProvider(lambda _: "HAM", refuses=lambda _: nothing) as provider:
        result = bench.ask(provider, table(5), [prompt(PROBED)])
    assert ability("openai/fake", ledger) is None
    assert "not set up" in result.summary.why
    with FakeProvider(lambda _: "HAM") as provider:
        after = bench.ask(provider, table(5), [prompt(PROBED)], run="next")
    assert after.votes.num_rows == 5
    assert ability("openai/fake", ledger) == (True, False)


def test_a_model_that_refuses_either_limit_is_not_asked_for_ever(bench):
    def neither(body):
        name = next(n for n in ("max_tokens", "max_completion_tokens") if n in body)
        return wire.Fault("unsupported_parameter", 400, message=f"no {name}", param=name)

    with FakeProvider(lambda _: "HAM", refuses=neither) as provider:
        result = bench.ask(provider, table(1), [prompt(ZERO)])
    assert result.votes.num_rows == 0
    assert result.summary.faults == {Fault.REJECTED: len(provider.meter)}
    assert len(provider.meter) <= 3


def test_a_limit_beyond_the_models_own_is_lowered(bench):
    def at_most(body):
        if body["max_tokens"] > 4096:
            return wire.Fault(
                "invalid_value",
                400,
                message="max_tokens is too large: 9000. This model supports at most 4096 completion "
                "tokens, whereas you provided 9000.",
                param="max_tokens",
            )
        return None

    front = f"parameters: {{max_tokens: 9000}}\n{TEXT}"
    with FakeProvider(lambda _: "HAM", refuses=at_most) as provider:
        result = bench.ask(provider, table(2), [prompt(front)])
    assert result.votes.num_rows == 2
    assert provider.meter[-1].body["max_tokens"] == 4096


@pytest.mark.parametrize(
    ("text", "named", "refused"),
    [
        ("top_p is not supported", None, "top_p"),
        ("Unrecognized request argument supplied: seed", None, "seed"),
        ("gpt-5 models don't support temperature=0. Only temperature=1 is supported", None, "temperature"),
        ("`temperature` and `top_p` cannot both be specified", None, None),
        ("the context window is exceeded", None, None),
        ("Invalid value", "messages[0].content", None),
        ("Invalid schema", "response_format", None),
        ("temperature: must be 1", "temperature", "temperature"),
        ("your text on temperature is nice", None, None),
    ],
)  # fmt: skip
def test_only_a_parameter_that_is_refused_by_name_is_left_out(text, named, refused):
    found = refused_parameter(text, named, {"temperature", "top_p", "seed", "max_tokens"})
    assert (found.parameter if found else None) == refused


def thinks(limit: int):
    """A reasoning model: it needs ``limit`` tokens before it says anything."""

    def answer(body):
        room = body.get("max_tokens", body.get("max_completion_tokens"))
        if room >= limit:
            return Answer("HAM")
        used = {"prompt_tokens": 120, "completion_tokens": room, "total_tokens": 120 + room}
        return Answer("", finish_reason="length", bend=odd.usage(used))

    return answer


def test_an_answer_without_room_is_asked_again_with_more_and_the_user_is_told(bench):
    with FakeProvider(thinks(500)) as provider:
        result = bench.ask(provider, table(20), [prompt(ZERO)], pace=ONE_BY_ONE)
        again = bench.ask(provider, table(20), [prompt(ZERO)], run="next")
    assert result.votes.num_rows == again.votes.num_rows == 20
    assert [m.body["max_tokens"] for m in provider.meter] == [16] + [4096] * 20
    assert again.summary.calls == 0
    (note,) = result.summary.advice
    assert "ended at 16 tokens before it said anything" in note
    assert "raise parameters.max_tokens" in note


def test_more_room_is_never_more_than_the_budget(bench):
    with FakeProvider(thinks(500)) as provider:
        result = bench.ask(
            provider, table(20), [prompt(ZERO)], pace=ONE_BY_ONE, budget=Budget(run_usd=0.004)
        )
    assert len(provider.meter) == 1
    assert result.partial
    assert "run budget" in result.summary.why


def test_an_answer_that_has_never_room_is_an_abstention_with_its_remedy(bench):
    with FakeProvider(thinks(10**9)) as provider:
        result = bench.ask(provider, table(3), [prompt(ZERO)], pace=ONE_BY_ONE)
    assert len(provider.meter) == 6
    assert set(result.abstentions["reason"].to_pylist()) == {"the answer was cut at max_tokens"}
    assert any("was not enough" in note for note in result.summary.advice)


def test_a_thought_that_was_cut_is_asked_again_with_more_room(bench):
    def answer(body):
        if body["max_tokens"] < 100:
            return Answer("<think>It is SPAM, label: SPAM", finish_reason="length")
        return "<think>It is SPAM? No.</think>HAM"

    with FakeProvider(answer) as provider:
        result = bench.ask(provider, table(1), [prompt(ZERO)])
    assert result.votes["label"].to_pylist() == ["HAM"]
    assert provider.meter[0].body["messages"] == provider.meter[1].body["messages"]


def test_a_probe_without_room_does_not_deny_a_model_its_json(bench, ledger):
    with FakeProvider(thinks(10**9)) as provider:
        bench.ask(provider, table(1), [prompt(PROBED)], pace=ONE_BY_ONE)
    assert ability("openai/fake", ledger) is None
    assert all("response_format" in m.body for m in provider.meter)
