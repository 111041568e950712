"""What providers charge in other ways than by counting two numbers, and how they ask for time."""

import itertools
import json
import time

import pytest

from labeling.llm.asking import _wait
from labeling.llm.collecting import collect_batches
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.price import Price, Usage
from labeling.llm.providers.transport import Fault
from resources.models.listed_prices import listed_price
from resources.models.litellm_batches import LiteLlmBatches
from resources.models.replies.completions import LONGEST
from resources.models.replies.usage_counts import read_usage
from tests.fakes.provider import faults as wire
from tests.fakes.provider import odd
from tests.fakes.provider.server import Answer, FakeProvider
from tests.resources.models.conftest import KEY, TEXT, prompt, table

ONE_BY_ONE = Pace(concurrency=1)
COUNTED = {"prompt_tokens": 120, "completion_tokens": 3, "total_tokens": 123}
NOTHING = {"prompt_tokens": 120, "completion_tokens": 0, "total_tokens": 120}


def booked(ledger):
    return ledger.execute("select * from calls order by id")


@pytest.mark.parametrize(
    "bend",
    [
        odd.message(content="", reasoning_content="It is spam. " * 9),
        odd.message(content="", thinking_blocks=[{"type": "thinking", "thinking": "spam"}]),
        odd.message(content=None, refusal="I cannot help with that."),
    ],
    ids=["thoughts", "blocks", "refusal"],
)
def test_thoughts_and_refusals_took_tokens_whatever_is_counted(bench, ledger, bend):
    def both(body):
        return odd.usage(NOTHING)(bend(body))

    with FakeProvider(lambda _: Answer("", bend=both)) as provider:
        bench.ask(provider, table(1))
    assert all(row["cost_usd"] == row["reserved_usd"] > 0 for row in booked(ledger))


def test_more_text_than_its_tokens_can_hold_is_booked_at_its_worst_case(bench, ledger):
    one = {"prompt_tokens": 120, "completion_tokens": 1, "total_tokens": 121}
    long = "HAM\n" + "because of this and that " * 200
    with FakeProvider(lambda _: Answer(long, bend=odd.usage(one))) as provider:
        bench.ask(provider, table(1))
    (row,) = booked(ledger)
    assert row["cost_usd"] == row["reserved_usd"]


def test_an_answer_without_end_is_cut_off_and_read_in_no_time(bench, ledger):
    with FakeProvider(lambda _: Answer("HAM " + "x" * 20 * LONGEST)) as provider:
        start = time.monotonic()
        result = bench.ask(provider, table(1))
    assert time.monotonic() - start < 60
    assert result.votes.num_rows == 0
    assert max(len(row["answer"]) for row in booked(ledger)) == LONGEST


def test_a_longer_answer_than_allowed_is_told_with_what_to_do(bench):
    long = {"prompt_tokens": 120, "completion_tokens": 4000, "total_tokens": 4120}
    with FakeProvider(lambda _: Answer("HAM", bend=odd.usage(long))) as provider:
        result = bench.ask(provider, table(3), pace=ONE_BY_ONE)
    (told,) = result.summary.advice
    assert "wrote 4,000 tokens where 64 were allowed" in told
    assert "models.budget" in told


def test_what_is_written_into_a_cache_is_dearer():
    price = listed_price("m", {
        "input_cost_per_token": 4e-6, "output_cost_per_token": 8e-6,
        "cache_read_input_token_cost": 1e-6, "cache_creation_input_token_cost": 5e-6,
        "input_cost_per_token_above_200k_tokens": 8e-6,
        "cache_creation_input_token_cost_above_200k_tokens": 10e-6,
    })  # fmt: skip
    assert price.most(1000, 0) == pytest.approx(1000 * 5e-6)
    assert price.most(200_001, 0) == pytest.approx(200_001 * 10e-6)
    assert price.cost(Usage(1000, 0, cached=200, written=300)) == pytest.approx(
        500 * 4e-6 + 200 * 1e-6 + 300 * 5e-6
    )
    assert price.cost(Usage(1000, 0, cached=900, written=900)) == pytest.approx(1400e-6)
    assert Price(1e-6, 2e-6).cost(Usage(1000, 0, written=1000)) == pytest.approx(1e-3)


@pytest.mark.parametrize("name", ["cache_write_tokens", "cache_creation_tokens"])
def test_what_was_written_into_a_cache_is_read_from_the_answer(name):
    told = {**COUNTED, "prompt_tokens_details": {"cached_tokens": 10, name: "100"}}
    assert read_usage(told, wrote=True) == Usage(120, 3, 10, written=100)


APART = {
    "a cache beside the prompt": (
        {"input_tokens": 20, "output_tokens": 3, "cache_read_input_tokens": 3000,
         "cache_creation_input_tokens": 5000},
        Usage(8020, 3, 3000, written=5000),
    ),
    "more written than the prompt is long": (
        {**COUNTED, "cache_creation_input_tokens": 50_000}, Usage(50_120, 3, written=50_000),
    ),
    "thoughts by another name": (
        {**COUNTED, "completion_tokens_details": {"thinking_tokens": 4000}}, Usage(120, 4003),
    ),
    "thoughts beside the answer": (
        {"promptTokenCount": 120, "candidatesTokenCount": 3, "thoughtsTokenCount": 500,
         "totalTokenCount": 623},
        Usage(120, 503),
    ),
    "names of another house": (
        {"inputTokens": 120, "outputTokens": 3, "totalTokens": 123}, Usage(120, 3),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("told", "means"), APART.values(), ids=APART)
def test_what_is_counted_apart_or_by_another_name_is_counted(told, means):
    assert read_usage(told, wrote=True) == means


@pytest.mark.parametrize(
    "more",
    [
        {"estimated_cost": 0.5},
        {"total_cost_usd": 0.5},
        {"cost_usd": "0.5"},
        {"cost": "$0.5"},
        {"cost_details": {"total_cost": 0.5}},
    ],
)
def test_a_cost_that_a_gateway_states_by_any_name_is_booked(bench, ledger, more):
    with FakeProvider(lambda _: Answer("HAM", bend=odd.usage({**COUNTED, **more}))) as provider:
        bench.ask(provider, table(1))
    (row,) = booked(ledger)
    assert row["cost_usd"] == 0.5


def test_the_first_choice_counts_wherever_it_stands(bench):
    def turned(body):
        (first,) = body["choices"]
        other = {**first, "index": 1, "message": {**first["message"], "content": "SPAM"}}
        return {**body, "choices": [other, first]}

    with FakeProvider(lambda _: Answer("HAM", bend=turned)) as provider:
        result = bench.ask(provider, table(1))
    assert result.votes["label"].to_pylist() == ["HAM"]


@pytest.mark.parametrize("fault", [wire.FILTER, wire.CONTEXT], ids=["filter", "context"])
def test_what_was_looked_at_before_it_was_refused_may_have_been_charged(bench, ledger, fault):
    with FakeProvider(lambda _: "HAM", script=[fault]) as provider:
        result = bench.ask(provider, table(1))
    assert result.votes.num_rows == 0
    (row,) = booked(ledger)
    assert row["exposure_usd"] == row["reserved_usd"] > 0


@pytest.mark.parametrize("status", [409, 425, 499, 520])
def test_what_is_refused_for_now_is_asked_again(bench, status):
    script = [wire.Fault("busy", status)] * 2
    with FakeProvider(lambda _: "HAM", script=script) as provider:
        result = bench.ask(provider, table(1))
    assert result.votes.num_rows == 1
    assert result.summary.faults.total() == 2


IN_BODY = {
    "a status": {"code": 429, "message": "Please try again in 3h"},
    "a word": {"code": "rate_limit_exceeded", "message": "Please try again in 3h"},
    "a type": {"type": "rate_limit_error", "message": "Please try again in 3h"},
    "a field": {"code": 429, "message": "busy", "metadata": {"retry_after": 10800}},
}


@pytest.mark.parametrize("error", IN_BODY.values(), ids=IN_BODY)
def test_a_quota_told_under_a_status_of_200_is_left_alone_and_owes_nothing(bench, error):
    bend = odd.top(choices=..., error=error, usage=...)
    with FakeProvider(lambda _: Answer("", bend=bend)) as provider:
        result = bench.ask(provider, table(3), pace=ONE_BY_ONE)
    assert len(provider.meter) == 1
    assert "takes no more requests until 2" in result.summary.why
    assert result.summary.exposure_usd == 0


def test_a_server_that_is_down_for_a_moment_is_left_alone_as_long_as_it_asks(bench):
    down = wire.Fault("overloaded", 503, retry_after="1")
    with FakeProvider(lambda _: "HAM", script=[down] * 2) as provider:
        result = bench.ask(provider, table(1), [prompt(TEXT)])
    at = [m.at for m in provider.meter]
    assert result.votes.num_rows == 1
    assert min(b - a for a, b in itertools.pairwise(at)) >= 0.98


@pytest.mark.parametrize("asked", ["0", "0.0", "Tue, 03 Mar 2020 12:01:00 GMT"])
def test_a_pause_of_nothing_is_no_leave_to_ask_without_pause(bench, monkeypatch, asked):
    waits = []

    def wait(state, backoff):
        waits.append(_wait(state, lambda _: 0.02))
        del backoff
        return waits[-1]

    monkeypatch.setattr("labeling.llm.asking._wait", wait)
    busy = wire.Fault("rate_limit_exceeded", 429, retry_after=asked)
    with FakeProvider(lambda _: "HAM", script=[busy] * 3) as provider:
        result = bench.ask(provider, table(1), [prompt(TEXT)])
    assert result.votes.num_rows == 1
    assert result.summary.faults == {Fault.RATE_LIMITED: 3}
    assert waits == [0.02] * 3


DEAR = {"prompt_tokens": 120, "completion_tokens": 4000, "total_tokens": 4120}
STATED = {**COUNTED, "cost": 0.5}
GONE = {"error": {"code": 502, "message": "upstream is gone"}}
BROKEN = {
    "an error as its end": odd.choice(finish_reason="error"),
    "an error in the choice": odd.choice(**GONE),
    "an error beside it": odd.top(**GONE),
    "an error instead": odd.top(choices=..., **GONE),
    "no choices": odd.top(choices=[]),
    "nothing that is known": odd.top(choices=..., id=..., object=...),
    "a quota": odd.top(choices=..., error={"code": 429, "message": "busy"}),
}


@pytest.mark.parametrize("told", [DEAR, STATED], ids=["tokens", "a cost"])
@pytest.mark.parametrize("bend", BROKEN.values(), ids=BROKEN)
def test_what_broke_off_is_booked_at_what_it_says_it_used_if_that_is_more(
    bench, ledger, bend, told
):
    answers = iter([Answer("HAM", bend=lambda body: bend(odd.usage(told)(body)))])
    with FakeProvider(lambda _: next(answers, "HAM")) as provider:
        result = bench.ask(provider, table(1), pace=ONE_BY_ONE)
    first, *_, last = booked(ledger)
    assert last["status"] == "answered"
    assert first["exposure_usd"] == result.summary.exposure_usd > first["reserved_usd"]
    if told is STATED:
        assert first["exposure_usd"] == 0.5
    assert last["reserved_usd"] >= first["exposure_usd"]


@pytest.mark.parametrize("status", [500, 429, 400])
def test_what_a_refusal_says_it_used_is_booked_if_that_is_more(bench, ledger, status):
    refusal = wire.Fault("x", status, more={"usage": STATED})
    with FakeProvider(lambda _: "HAM", script=[refusal]) as provider:
        bench.ask(provider, table(1), pace=ONE_BY_ONE)
    assert booked(ledger)[0]["exposure_usd"] == 0.5


@pytest.mark.parametrize("bend", BROKEN.values(), ids=BROKEN)
def test_what_broke_off_in_a_batch_is_booked_at_what_it_says_it_used(bench, ledger, bend):
    def line(sound):
        told = json.loads(sound)
        told["response"]["body"] = bend(odd.usage(STATED)(told["response"]["body"]))
        return json.dumps(told)

    with FakeProvider(lambda _: "HAM") as provider:
        provider.batches.bend_line = line
        transport = LiteLlmBatches(provider.url, KEY)
        bench.ask(provider, table(1), transport=transport, later=transport)
        assert collect_batches(ledger, transport).unanswered == 1
    (row,) = booked(ledger)
    assert row["exposure_usd"] == 0.5 > row["reserved_usd"]


def test_less_than_the_worst_case_is_not_believed_of_what_broke_off(bench, ledger):
    def broken(body):
        return odd.choice(finish_reason="error")(odd.usage(COUNTED)(body))

    answers = iter([Answer("HAM", bend=broken)])
    with FakeProvider(lambda _: next(answers, "HAM")) as provider:
        bench.ask(provider, table(1))
    row, _ = booked(ledger)
    assert row["exposure_usd"] == row["reserved_usd"] > 0
