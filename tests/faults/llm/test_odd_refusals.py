"""Refusals in the words of many houses: what they end, what they cost, and until when they hold."""

from datetime import UTC, datetime, timedelta

import pytest

from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.transport import Fault
from resources.models.litellm_transport import LiteLlmTransport
from resources.models.replies.rate_limits import asked_wait_s
from tests.fakes.provider import faults as wire
from tests.fakes.provider.server import FakeProvider
from tests.resources.models.conftest import table

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
TWO_HOURS = 7200.0
ONE_BY_ONE = Pace(concurrency=1)


def asked(bench, fault, times=1, n=3):
    with FakeProvider(lambda _: "HAM", script=[fault] * times) as provider:
        return bench.ask(provider, table(n), pace=ONE_BY_ONE, attempts=2), len(provider.meter)


@pytest.mark.parametrize(
    ("status", "code", "message", "known_as"),
    [
        (400, "Arrearage", "Access denied, your account is not paid", Fault.OUT_OF_QUOTA),
        (429, "exceeded_current_quota_error", "Your account is suspended", Fault.OUT_OF_QUOTA),
        (429, "1113", "\u4f59\u989d\u4e0d\u8db3,\u8bf7\u5145\u503c", Fault.OUT_OF_QUOTA),
        (400, "model_not_found", "No such thing", Fault.UNKNOWN_MODEL),
        (400, "x", "The model m has been deprecated", Fault.UNKNOWN_MODEL),
        (400, "400", "m is not a valid model ID", Fault.UNKNOWN_MODEL),
        (410, "gone", "This model was retired", Fault.UNKNOWN_MODEL),
        (405, "x", "Method Not Allowed", Fault.UNKNOWN_MODEL),
        (451, "x", "Not available in your country", Fault.UNAUTHORIZED),
    ],
)
def test_what_no_item_can_pass_stops_the_run_at_the_first(bench, status, code, message, known_as):
    result, calls = asked(bench, wire.Fault(code, status, message=message))
    assert set(result.summary.faults) == {known_as}
    assert calls == 1
    assert result.summary.pending == 3
    assert result.summary.exposure_usd == 0


def test_a_key_that_nobody_set_stops_the_run_at_once_and_costs_nothing(bench, monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)
    with FakeProvider(lambda _: "HAM") as provider:
        keyless = LiteLlmTransport(provider.url)
        summary = bench.ask(provider, table(3), transport=keyless, pace=ONE_BY_ONE).summary
    assert provider.meter == []
    assert set(summary.faults) == {Fault.UNAUTHORIZED}
    assert (summary.exposure_usd, "OPENAI_API_KEY" in summary.why) == (0, True)


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (403, "403", "m requires moderation on OpenInference. Your input was flagged"),
        (400, "data_inspection_failed", "Not looked at"),
        (400, "x", "Input data may contain inappropriate content."),
        (400, "INVALID_ARGUMENT", "PROHIBITED_CONTENT"),
        (400, "1301", "\u53ef\u80fd\u5305\u542b\u654f\u611f\u5185\u5bb9"),
    ],
)
def test_what_is_held_back_of_one_item_is_no_reason_to_stop(bench, status, code, message):
    result, calls = asked(bench, wire.Fault(code, status, message=message))
    assert result.summary.filtered == 1
    assert result.votes.num_rows == 2
    assert calls == 3
    assert result.summary.exposure_usd > 0


@pytest.mark.parametrize("status", [413, 429])
def test_a_request_larger_than_its_limit_is_not_sent_again(bench, status):
    large = wire.Fault(
        "rate_limit_exceeded",
        status,
        message="Request too large for m on tokens per minute (TPM): Limit 6000, Requested 7000",
    )
    result, calls = asked(bench, large)
    assert result.abstentions["reason"][0].as_py().startswith("too long")
    assert calls == 3


@pytest.mark.parametrize(
    "fault",
    [
        wire.Fault("x", 500, more={"usage": {"prompt_tokens": 9, "completion_tokens": 12}}),
        wire.Fault("x", 502, more={"choices": [{"message": {"content": "HAM"}}]}),
        wire.Fault("json_validate_failed", 400, more={"failed_generation": '{"label": HAM'}),
        wire.Fault("x", 424, message="Request failed during generation"),
    ],
    ids=["usage", "choices", "half an answer", "behind a gateway"],
)
def test_a_failure_after_something_was_written_is_owed(bench, fault):
    result, _ = asked(bench, fault, n=1)
    assert result.summary.exposure_usd > 0


@pytest.mark.parametrize("usage", [{"completion_tokens": 0}, None, {}])
def test_a_failure_before_anything_was_written_is_not(bench, usage):
    result, _ = asked(bench, wire.Fault("x", 500, more={"usage": usage, "choices": []}), n=1)
    assert result.votes.num_rows == 1
    assert result.summary.exposure_usd == 0


def test_a_limit_of_spending_is_left_alone_until_it_is_lifted(bench):
    then = datetime.now(UTC) + timedelta(days=9)
    limit = wire.Fault(
        "invalid_request_error",
        400,
        message="You have reached your specified API usage limits. You will regain access on "
        f"{then:%Y-%m-%d} at 00:00 UTC.",
    )
    result, calls = asked(bench, limit)
    assert f"takes no more requests until {then:%Y-%m-%d} 00:00 UTC" in result.summary.why
    assert calls == 1


HEADERS = {
    "a duration": {"Retry-After": "2h"},
    "seconds with a unit": {"Retry-After": "7200s"},
    "a moment": {"Retry-After": "2026-03-03T14:00:00Z"},
    "two gateways": {"Retry-After": "5, 7200"},
    "milliseconds of Azure": {"x-ms-retry-after-ms": "7200000"},
    "hyphens": {"x-rate-limit-reset-tokens": "7200"},
    "one header": {"RateLimit": "limit=100, remaining=0, reset=7200"},
    "one header, by letters": {"RateLimit": '"default";r=0;t=7200'},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_a_wait_is_read_from_headers_of_any_form(headers):
    assert asked_wait_s(headers, "", NOW) == TWO_HOURS


def test_milliseconds_in_a_body_are_no_date():
    assert asked_wait_s({}, '{"retry_after_ms": 7200000}', NOW) == TWO_HOURS


@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "soon"}, {"Retry-After": "-5"}, {"x-ratelimit-limit-requests": "7200"}],
)
def test_what_is_no_wait_is_none(headers):
    assert asked_wait_s(headers, "", NOW) is None


@pytest.mark.parametrize(
    "said",
    [
        "The shop said insufficient credit on my card",
        "My feed shows prohibited_content warnings all day",
        "Your model was retired, wrote the seller of my phone",
        "insufficient balance",
    ],
)
def test_what_an_item_says_is_never_why_a_provider_refuses_it(bench, said):
    quoting = wire.Fault("invalid_value", 400, message=f"Cannot parse the input: {said}")
    with FakeProvider(lambda _: "HAM", script=[quoting]) as provider:
        result = bench.ask(provider, table(3, f"{said}\n{{}}"), pace=ONE_BY_ONE, attempts=2)
    assert set(result.summary.faults) == {Fault.REJECTED}
    assert result.votes.num_rows == 2
