"""Whatever a provider answers, what is booked is never less than it may ask for, and caps hold."""

import base64
import socket
import sqlite3
from datetime import UTC, datetime
from io import BytesIO

import pyarrow as pa
import pytest
from PIL import Image

from labeling.errors import PromptError
from labeling.llm.ledger.budget import Purse
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Call, Ledger
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.price import Price, Tier
from labeling.llm.providers.transport import Fault, Reply, Request, Usage
from labeling.llm.providers.worst_case import worst_case_usd
from resources.models.listed_prices import listed_price
from resources.models.litellm_transport import LiteLlmTransport
from tests.fakes.provider import odd
from tests.fakes.provider.server import Answer, FakeProvider
from tests.resources.models.conftest import KEY, TEXT, prompt, table

ONE_BY_ONE = Pace(concurrency=1)
CAP = Budget(run_usd=0.02)

UNTRUE = {
    "missing": ...,
    "null": None,
    "zero": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "negative": {"prompt_tokens": -400, "completion_tokens": -10, "total_tokens": -410},
    "negative text": {"prompt_tokens": "-400", "completion_tokens": "-10"},
    "no number": {"prompt_tokens": float("nan"), "completion_tokens": 1, "total_tokens": 1},
    "no end": {"prompt_tokens": float("inf"), "completion_tokens": 1},
    "yes and no": {"prompt_tokens": True, "completion_tokens": True},
    "words": {"prompt_tokens": "many", "completion_tokens": "few"},
    "a list": [1, 2],
    "a word": "unknown",
    "beyond any model": {"prompt_tokens": 10**30, "completion_tokens": 1},
    "only the prompt": {"prompt_tokens": 120},
    "only the answer": {"completion_tokens": 3},
    "only the sum": {"total_tokens": 123},
    "an answer of nothing": {"prompt_tokens": 120, "completion_tokens": 0, "total_tokens": 120},
    "a prompt of one": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


@pytest.mark.parametrize("told", UNTRUE.values(), ids=UNTRUE)
def test_a_count_that_cannot_be_true_is_booked_at_its_worst_case(bench, ledger, told):
    with FakeProvider(lambda _: Answer("HAM", bend=odd.usage(told))) as provider:
        result = bench.ask(provider, table(40), budget=CAP, pace=ONE_BY_ONE)
    booked = ledger.execute("select cost_usd, reserved_usd, answer from calls")
    assert {row["answer"] for row in booked} == {"HAM"}
    assert all(row["cost_usd"] >= row["reserved_usd"] > 0 for row in booked)
    assert sum(row["cost_usd"] for row in booked) <= 0.02
    assert "run budget" in result.summary.why
    assert len(provider.meter) == result.votes.num_rows < 40
    assert any("does not say what it used" in note for note in result.summary.advice)


@pytest.mark.parametrize(
    ("told", "prompt_tokens", "completion_tokens", "cached"),
    [
        ({"prompt_tokens": 120, "completion_tokens": 3}, 120, 3, 0),
        ({"prompt_tokens": "120", "completion_tokens": "3"}, 120, 3, 0),
        ({"prompt_tokens": 119.5, "completion_tokens": 2.5}, 120, 3, 0),
        ({"input_tokens": 120, "output_tokens": 3}, 120, 3, 0),
        ({"prompt_tokens": 120, "total_tokens": 123}, 120, 3, 0),
        ({"completion_tokens": 3, "total_tokens": 123}, 120, 3, 0),
        ({"prompt_tokens": 120, "completion_tokens": 3, "total_tokens": 50}, 120, 3, 0),
        ({"prompt_tokens": 120, "completion_tokens": 3, "total_tokens": 623}, 120, 503, 0),
        (
            {
                "prompt_tokens": 120,
                "completion_tokens": 3,
                "completion_tokens_details": {"reasoning_tokens": 500},
            },
            120,
            503,
            0,
        ),
        (
            {
                "prompt_tokens": 120,
                "completion_tokens": 503,
                "total_tokens": 623,
                "completion_tokens_details": {"reasoning_tokens": 500},
            },
            120,
            503,
            0,
        ),
        (
            {
                "prompt_tokens": 120,
                "completion_tokens": 3,
                "prompt_tokens_details": {"cached_tokens": 100},
            },
            120,
            3,
            100,
        ),
        (
            {
                "prompt_tokens": 120,
                "completion_tokens": 3,
                "prompt_tokens_details": {"cached_tokens": 50_000},
            },
            120,
            3,
            0,
        ),
        (
            {
                "prompt_tokens": 120,
                "completion_tokens": 3,
                "prompt_tokens_details": {"cached_tokens": -50_000},
            },
            120,
            3,
            0,
        ),
    ],
)
def test_a_count_that_can_be_true_is_read_in_whatever_form_it_comes(
    bench, ledger, told, prompt_tokens, completion_tokens, cached
):
    front = TEXT + "price: {input: 1, output: 2, cached_input: 0.5}\n"
    with FakeProvider(lambda _: Answer("HAM", bend=odd.usage(told))) as provider:
        bench.ask(provider, table(1), [prompt(front, price="")])
    (row,) = ledger.execute("select * from calls")
    assert (row["prompt_tokens"], row["completion_tokens"]) == (prompt_tokens, completion_tokens)
    assert row["cached_tokens"] == cached
    owed = prompt_tokens + 2 * completion_tokens - 0.5 * cached
    assert row["cost_usd"] == pytest.approx(owed / 1e6)


def test_nothing_that_was_booked_before_gives_a_budget_back(tmp_path):
    path = tmp_path / "l.sqlite"
    with Ledger(path) as ledger:
        row = ledger.open_call(Call("k", "ask", "v", "1", "m", "i", {}), "run", 0.5)
        ledger.settle(row, Reply("x"), 0.5, 0.1)
    with sqlite3.connect(path) as db:
        db.execute(
            "insert into calls select 2, 'k2', run, account, kind, voter, version, model,"
            " item, parameters, batch, 'failed', fault, answer, refusal, finish_reason,"
            " tokens, 0, 0, 0, 0, -9.0, 0, -9.0, 0, null, null, sent_at, done_at, owner from calls"
        )
    with Ledger(path) as ledger:
        assert ledger.spent("run").run == ledger.spent("run").task == 0.5


def test_an_answer_longer_than_it_may_be_is_reserved_for_from_then_on(bench, ledger):
    long = {"prompt_tokens": 120, "completion_tokens": 4_000, "total_tokens": 4_120}
    with FakeProvider(lambda _: Answer("HAM", bend=odd.usage(long))) as provider:
        first = bench.ask(provider, table(40), budget=Budget(run_usd=0.02), pace=ONE_BY_ONE)
        assert len(provider.meter) == 2
        second = bench.ask(
            provider, table(40), run="next", budget=Budget(run_usd=0.02), pace=ONE_BY_ONE
        )
    assert first.summary.cost_usd <= 0.02
    assert second.summary.cost_usd <= 0.02
    reserved = [row[0] for row in ledger.execute("select reserved_usd from calls order by id")]
    assert reserved[0] < 0.001
    assert min(reserved[1:]) > 0.008


def test_one_answer_that_is_dearer_than_the_cap_ends_the_run(bench):
    long = {"prompt_tokens": 120, "completion_tokens": 40_000, "total_tokens": 40_120}
    with FakeProvider(lambda _: Answer("HAM", bend=odd.usage(long))) as provider:
        result = bench.ask(provider, table(40), budget=Budget(run_usd=0.01), pace=ONE_BY_ONE)
    assert len(provider.meter) == 1
    assert result.summary.cost_usd == pytest.approx(0.08, rel=0.01)
    assert "run budget" in result.summary.why


@pytest.mark.parametrize(
    "parameters",
    [
        "{n: 5}",
        "{best_of: 5}",
        "{service_tier: priority}",
        "{extra_body: {n: 5}}",
        "{extra_headers: {x: y}}",
        "{tools: [{type: web_search}]}",
        "{web_search_options: {}}",
        "{num_retries: 9}",
        "{fallbacks: [dear]}",
        "{max_output_tokens: 9}",
        "{num_predict: 9}",
        "{prediction: {content: x}}",
        "{max_tokens: true}",
        "{max_completion_tokens: 0}",
        "{max_completion_tokens: 1.5}",
        "{max_tokens: 8, max_completion_tokens: 9}",
        "{thinking: {budget_tokens: many}}",
    ],
)
def test_what_might_make_a_request_dearer_is_refused_by_name(parameters):
    with pytest.raises(PromptError, match=r"prompt:4: parameters: ") as caught:
        prompt(TEXT.replace("output", f"parameters: {parameters}\noutput"))
    name = parameters.strip("{").partition(":")[0]
    assert name in str(caught.value)


@pytest.mark.parametrize(
    "limit",
    ["max_tokens", "max_completion_tokens"],
)
def test_the_limit_of_the_answer_is_put_aside_under_whatever_name(bench, ledger, limit):
    room, front = 500, f"parameters: {{{limit}: 500}}\n{TEXT}"
    with FakeProvider(lambda _: "HAM") as provider:
        bench.ask(provider, table(1), [prompt(front)])
    (row,) = ledger.execute("select reserved_usd, parameters from calls")
    assert room * 2e-6 < row["reserved_usd"] < room * 2e-6 + 0.001
    sent = provider.meter[0].body
    assert {n: sent[n] for n in ("max_tokens", "max_completion_tokens") if n in sent} == {
        limit: 500
    }


SOUND = {"prompt_tokens": 120, "completion_tokens": 3}
STATED = {
    "a number": ({"cost": 0.006}, 0.006),
    "text": ({"cost": "0.006"}, 0.006),
    "less than its tokens": ({"cost": 1e-9}, 126e-6),
    "nothing": ({"cost": 0}, 126e-6),
    "negative": ({"cost": -5}, 126e-6),
    "no number": ({"cost": float("nan")}, 126e-6),
    "no end": ({"cost": float("inf")}, 126e-6),
    "beyond reason": ({"cost": 1e12}, 126e-6),
    "yes": ({"cost": True}, 126e-6),
    "a breakdown": ({"cost": {"input_tokens_cost": 0.001, "total_cost": 0.006}}, 0.006),
    "ticks": ({"cost_in_usd_ticks": 60_000_000}, 0.006),
    "a key of one's own": (
        {"cost": 0.001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.005}},
        0.006,
    ),
    "the provider behind": ({"cost": 0, "cost_details": {"upstream_inference_cost": 0.006}}, 0.006),
}


@pytest.mark.parametrize(("told", "owed"), STATED.values(), ids=STATED)
def test_the_greater_of_the_stated_and_the_computed_cost_is_booked(bench, ledger, told, owed):
    usage = odd.usage({**SOUND, **told})
    with FakeProvider(lambda _: Answer("HAM", bend=usage)) as provider:
        bench.ask(provider, table(1), [prompt(TEXT + "price: {input: 1, output: 2}\n", price="")])
    (row,) = ledger.execute("select cost_usd from calls")
    assert row["cost_usd"] == pytest.approx(owed)


def test_a_stated_cost_that_is_beyond_the_price_is_put_aside_from_then_on(bench, ledger):
    usage = odd.usage({**SOUND, "cost": 0.006})
    with FakeProvider(lambda _: Answer("HAM", bend=usage)) as provider:
        for run in ("first", "second"):
            bench.ask(provider, table(40), budget=Budget(task_usd=0.02), run=run, pace=ONE_BY_ONE)
    reserved = [row[0] for row in ledger.execute("select reserved_usd from calls order by id")]
    assert reserved[0] < 0.006
    assert reserved[1:] == [0.006] * 2
    assert ledger.spent("").task == pytest.approx(0.018)


def test_a_count_that_cannot_be_true_is_no_reason_to_book_less_than_is_stated(bench, ledger):
    usage = odd.usage({"cost": 0.006})
    with FakeProvider(lambda _: Answer("HAM", bend=usage)) as provider:
        bench.ask(provider, table(1))
    (row,) = ledger.execute("select cost_usd, reserved_usd from calls")
    assert row["cost_usd"] == 0.006 > row["reserved_usd"]


def picture(sides: int = 8) -> str:
    data = BytesIO()
    Image.new("RGB", (sides, sides)).save(data, "PNG")
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


@pytest.mark.parametrize("images", [0, 1, 3])
def test_a_price_of_images_is_put_aside_and_booked(images):
    row = {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    plain = listed_price("m", row)
    price = listed_price(
        "m", row | {"input_cost_per_image": 0.01, "input_cost_per_image_token": 5e-6}
    )
    parts = [{"type": "image_url", "image_url": {"url": picture()}}] * images
    content = [{"type": "text", "text": "what is it?"}, *parts]
    request = Request("m", ({"role": "user", "content": content},), {"max_tokens": 10})
    used = Usage(prompt=1_000 * images, completion=10)
    dearer = price.with_images(images)
    worst = worst_case_usd(request, price)
    assert dearer.owed(used, 0.0) == pytest.approx(images * (0.01 + 0.005) + 20e-6)
    assert dearer.owed(used, 0.0) <= worst
    assert (worst == worst_case_usd(request, plain)) == (images == 0)


def test_each_picture_of_a_task_is_put_aside_and_booked(bench, ledger, monkeypatch):
    priced = Price(1e-6, 2e-6, image_usd=0.01)
    monkeypatch.setattr(LiteLlmTransport, "price", lambda *_: priced)
    items = table(2).append_column("image", pa.array([picture(), None]))
    with FakeProvider(lambda _: "HAM") as provider:
        bench.ask(provider, items, [prompt(price="")], pace=ONE_BY_ONE)
    with_one, without = ledger.execute("select * from calls order by id")
    assert with_one["reserved_usd"] > with_one["cost_usd"] > 0.01
    assert without["reserved_usd"] < 0.01


def test_thoughts_with_a_budget_of_their_own_are_put_aside_too():
    thinking = {"type": "enabled", "budget_tokens": 2_000}
    request = Request("m", (), {"max_tokens": 500, "thinking": thinking})
    assert worst_case_usd(request, Price(0.0, 1.0)) == 2_500


def test_prices_of_long_prompts_count_in_what_is_put_aside_and_in_what_is_booked():
    price = Price(1e-6, 2e-6, tiers=(Tier(200_000, 2e-6, 3e-6),))
    request = Request("m", ({"role": "user", "content": "x" * 300_000},), {"max_tokens": 10})
    assert worst_case_usd(request, price) == pytest.approx(300_032 * 2e-6 + 10 * 3e-6)
    assert price.cost(Usage(200_001, 10)) == pytest.approx(200_001 * 2e-6 + 10 * 3e-6)
    assert price.cost(Usage(200_000, 10)) == pytest.approx(200_000 * 1e-6 + 10 * 2e-6)
    listed = LiteLlmTransport().price("gemini/gemini-2.5-pro")
    assert listed is not None
    assert listed.cost(Usage(300_000, 0)) == pytest.approx(2 * 1.25e-6 * 300_000)


READABLE = {
    "parts": odd.message(content=[{"type": "text", "text": "HAM"}]),
    "parts of text": odd.message(content=["HAM"]),
    "parts with thoughts": odd.message(
        content=[
            {"type": "thinking", "thinking": [{"type": "text", "text": "SPAM?"}]},
            {"type": "text", "text": "HAM"},
        ]
    ),
    "a part of output": odd.message(content=[{"type": "output_text", "text": "HAM"}]),
    "an object": odd.message(content={"label": "HAM"}),
    "a tool": odd.message(
        content=None,
        tool_calls=[
            {
                "id": "1",
                "type": "function",
                "function": {"name": "answer", "arguments": '{"label": "HAM"}'},
            }
        ],
    ),
    "a tool without an id": odd.message(
        content="", tool_calls=[{"function": {"name": "a", "arguments": {"label": "HAM"}}}]
    ),
    "a function": odd.message(
        content=None, function_call={"name": "answer", "arguments": '{"label": "HAM"}'}
    ),
    "null logprobs": odd.choice(logprobs=None),
    "null tokens": odd.choice(logprobs={"content": None}),
    "a token of nothing": odd.choice(logprobs={"content": [None]}),
    "a token without a number": odd.choice(
        logprobs={"content": [{"token": "HAM", "logprob": None, "top_logprobs": None}]}
    ),
    "another end": odd.choice(finish_reason="eos"),
    "no end": odd.choice(finish_reason=None),
    "no names": odd.top(id=None, model=None, created=None, system_fingerprint=7),
}


@pytest.mark.parametrize("bend", READABLE.values(), ids=READABLE)
@pytest.mark.parametrize("client", ["openai/fake", "hosted_vllm/fake"])
def test_an_answer_in_another_form_is_read_and_paid_once(bench, bend, client):
    with FakeProvider(lambda _: Answer("HAM", bend=bend)) as provider:
        result = bench.ask(provider, table(1), [prompt(TEXT, model=client)])
    assert result.votes["label"].to_pylist() == ["HAM"]
    assert len(provider.meter) == 1
    assert 0 < result.summary.cost_usd < 0.001


BROKEN = {
    "no choices": odd.top(choices=[]),
    "null choices": odd.top(choices=None),
    "an error in the choice": odd.choice(error={"code": 502, "message": "upstream is gone"}),
    "an error as its end": odd.choice(finish_reason="error"),
    "an error beside it": odd.top(error={"code": 429, "message": "upstream is busy"}),
}


@pytest.mark.parametrize("bend", BROKEN.values(), ids=BROKEN)
def test_an_answer_that_broke_off_may_have_been_charged_and_is_asked_again(bench, ledger, bend):
    answers = iter([Answer("HAM", bend=bend)])
    with FakeProvider(lambda _: next(answers, "HAM")) as provider:
        result = bench.ask(provider, table(1))
    assert result.votes["label"].to_pylist() == ["HAM"]
    assert len(provider.meter) == 2
    assert result.summary.faults == {Fault.GARBLED: 1}
    first = ledger.execute("select * from calls order by id")[0]
    assert first["exposure_usd"] == first["reserved_usd"] > 0


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    "base",
    [
        f"http://127.0.0.1:{unused_port()}/v1",
        "http://nobody.invalid/v1",
        "no-address",
    ],
    ids=["refused", "no such host", "no address"],
)
def test_what_was_never_sent_is_not_owed(bench, ledger, base):
    away = LiteLlmTransport(base, KEY)
    with FakeProvider(lambda _: "HAM") as provider:
        cap = Budget(day_usd=0.0015)
        first = bench.ask(provider, table(3), transport=away, attempts=2, budget=cap)
        after = bench.ask(provider, table(3), run="next", budget=cap, pace=ONE_BY_ONE)
    assert set(first.summary.faults) == {Fault.UNREACHABLE}
    assert first.summary.exposure_usd == 0
    assert ledger.execute("select sum(exposure_usd) from calls")[0][0] == 0
    assert after.votes.num_rows == 3


def test_a_server_without_tls_was_sent_nothing_either(bench):
    with FakeProvider(lambda _: "HAM") as provider:
        away = LiteLlmTransport(provider.url.replace("http:", "https:"), KEY)
        result = bench.ask(provider, table(1), transport=away, attempts=2)
    assert set(result.summary.faults) == {Fault.UNREACHABLE}


NOON = datetime(2026, 3, 3, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0


def test_a_clock_that_steps_back_and_forth_is_no_new_budget(tmp_path):
    now = [NOON]
    with Ledger(tmp_path / "l.sqlite") as ledger:
        purse = Purse(Budget(day_usd=1.0), ledger, "run", lambda: now[0])
        purse.reserve_now(0.6)
        row = ledger.open_call(Call("k", "ask", "v", "1", "m", "i", {}), "run", 0.6)
        ledger.execute("update calls set sent_at = ?", (NOON,))
        ledger.settle(row, Reply("x"), 0.6, 0.1)
        purse.settle(0.6, 0.6)
        for step in (-DAY, 0.0, DAY, 0.0, -2 * DAY, 0.0):
            now[0] = NOON + step
            purse.reserve_now(0.1)
            purse.settle(0.1, 0.0)
        now[0] = NOON
        with pytest.raises(Exception, match=r"day budget of \$1 is reached: \$0.600000 spent"):
            purse.reserve_now(0.5)


def test_what_is_out_when_the_day_turns_counts_once(tmp_path):
    now = [NOON]
    with Ledger(tmp_path / "l.sqlite") as ledger:
        purse = Purse(Budget(day_usd=1.0), ledger, "run", lambda: now[0])
        purse.reserve_now(0.4)
        row = ledger.open_call(Call("k", "ask", "v", "1", "m", "i", {}), "run", 0.4)
        ledger.execute("update calls set sent_at = ?", (NOON + DAY,))
        now[0] = NOON + DAY
        purse.reserve_now(0.4)
        purse.settle(0.4, 0.0)
        ledger.settle(row, Reply("x"), 0.4, 0.1)
        purse.settle(0.4, 0.4)
        purse.reserve_now(0.6)
        with pytest.raises(Exception, match="day budget"):
            purse.reserve_now(0.1)
