"""Quotas that come back in hours: said until when, left alone, gone on from; over HTTP."""

import itertools
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from labeling.llm import asking
from labeling.llm.ledger import rests
from labeling.llm.ledger.rests import forget_rests, resting
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.breaker import PATIENCE_S, Breaker, ProviderDownError
from labeling.llm.providers.transport import Fault, TransportError
from resources.models import litellm_faults
from resources.models.replies.rate_limits import asked_wait_s
from tests.fakes.provider import faults as wire
from tests.fakes.provider.server import FakeProvider
from tests.resources.models.conftest import TEXT, prompt, table

ONE_BY_ONE = Pace(concurrency=1)
CLIENTS = ["openai/fake", "hosted_vllm/fake"]
HOUR = 3600.0
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
TO_MIDNIGHT = 12 * HOUR


def busy(message: str = "Too many requests", **more) -> wire.Fault:
    return wire.Fault("rate_limit_exceeded", 429, message=message, **more)


def limited(headers=None, **more) -> wire.Fault:
    return busy(headers=headers or {}, **more)


LONG = {
    "Retry-After in seconds": limited({"Retry-After": "14400"}),
    "Retry-After as a date": limited(
        {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(hours=4), usegmt=True)}
    ),
    "in milliseconds": limited({"retry-after-ms": "14400000"}),
    "in words": busy("Rate limit reached on tokens per day (TPD). Please try again in 4h0m0.5s."),
    "a day": busy("Rate limit exceeded: free-models-per-day. Add credits to unlock more."),
    "a daily quota beside a routine delay": busy(
        "You exceeded your current quota. Quota exceeded for metric: "
        "generate_requests_per_day_free_tier, quotaId: GenerateRequestsPerDayPerProjectPerModel. "
        "Please retry in 34.07s."
    ),
    "a limit that is used up": limited(
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "4h0m0s"}
    ),
    "a point in time": limited({"x-ratelimit-reset": f"{time.time() + 4 * HOUR:.0f}"}),
    "a point in the body": busy("Quota used up", more={"metadata": {"headers": {
        "X-RateLimit-Reset": f"{1000 * (time.time() + 4 * HOUR):.0f}"}}}),
    "a day of the week": busy(
        f"Weekly limit reached, resets {datetime.now(UTC) + timedelta(days=3):%A}"
    ),
    "in days": busy("Your quota will be restored in 3 days"),
    "a moment in words": busy(
        f"Quota used up until {datetime.now(UTC) + timedelta(hours=4):%Y-%m-%dT%H:%M:%SZ}"
    ),
}  # fmt: skip


UNTIL_MIDNIGHT = ("a day", "a daily quota beside a routine delay")


class AtNoon(datetime):
    """A clock that stands at noon, as the provider's does: quotas of a day are hours away, at whatever hour this runs."""

    @classmethod
    def now(cls, tz=None):
        return NOW.astimezone(tz)


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_quota_that_comes_back_in_hours_ends_the_run_and_says_when(
    bench, monkeypatch, name, client
):
    fault = LONG[name]
    if name in UNTIL_MIDNIGHT:
        fault = replace(fault, headers={"Date": format_datetime(NOW, usegmt=True)})
        monkeypatch.setattr(litellm_faults, "datetime", AtNoon)
    one = [prompt(TEXT, model=client)]
    start = time.monotonic()
    with FakeProvider(lambda _: "HAM", script=[None, None, *[fault] * 50]) as provider:
        first = bench.ask(provider, table(30), one, pace=ONE_BY_ONE)
        met = len(provider.meter)
        provider.script.clear()
        early = bench.ask(provider, table(30), one, run="next", pace=ONE_BY_ONE)
        assert len(provider.meter) == met
        forget_rests(bench.ledger)
        after = bench.ask(provider, table(30), one, run="later", pace=ONE_BY_ONE)
    assert time.monotonic() - start < 20
    assert met == 3
    assert first.partial
    assert first.votes.num_rows == 2
    assert first.summary.pending == 28
    assert "takes no more requests until 2" in first.summary.why
    assert "UTC" in first.summary.why
    assert first.summary.exposure_usd == 0
    assert early.summary.why == first.summary.why
    assert early.summary.pending == 28
    assert after.votes.num_rows == 30


def test_a_limit_of_unknown_length_stops_at_once_with_the_providers_words(bench, ledger):
    vague = wire.Fault("rate_limit_exceeded", 429, message="You have hit your weekly limit")
    with FakeProvider(lambda _: "HAM", script=[None, None, *[vague] * 50]) as provider:
        first = bench.ask(provider, table(30), pace=ONE_BY_ONE)
        assert len(provider.meter) == 3
        provider.script.clear()
        after = bench.ask(provider, table(30), run="later", pace=ONE_BY_ONE)
    assert first.partial
    assert first.summary.pending == 28
    assert "nobody can tell until when" in first.summary.why
    assert "You have hit your weekly limit" in first.summary.why
    assert resting(ledger) == {}
    assert after.votes.num_rows == 30


def test_a_model_that_rests_is_asked_once_its_time_has_come(bench, monkeypatch):
    in_words = wire.Fault("rate_limit_exceeded", 429, message="Please try again in 4h0m0s")
    with FakeProvider(lambda _: "HAM", script=[in_words]) as provider:
        bench.ask(provider, table(2), pace=ONE_BY_ONE)
        start = time.time()
        for hours, met in ((3.9, 1), (4.1, 3)):
            monkeypatch.setattr(rests.time, "time", lambda hours=hours: start + hours * HOUR)
            result = bench.ask(provider, table(2), run=f"after {hours} h", pace=ONE_BY_ONE)
            assert len(provider.meter) == met
    assert result.votes.num_rows == 2


@pytest.mark.parametrize("back_s", [60.0, 400 * 24 * HOUR])
def test_a_clock_that_is_put_back_makes_no_model_rest_for_longer(
    bench, ledger, monkeypatch, back_s
):
    with FakeProvider(lambda _: "HAM", script=[LONG["in words"]]) as provider:
        bench.ask(provider, table(2), pace=ONE_BY_ONE)
        said_at = time.time()
        monkeypatch.setattr(rests.time, "time", lambda: said_at - back_s)
        result = bench.ask(provider, table(2), run="next", pace=ONE_BY_ONE)
    assert result.votes.num_rows == 2
    assert resting(ledger, said_at + 1) == {}


def test_only_the_model_that_rests_is_left_alone(bench):
    with FakeProvider(lambda _: "HAM", script=[LONG["in words"]]) as provider:
        bench.ask(provider, table(2), pace=ONE_BY_ONE)
        other = prompt(TEXT, "other", model="openai/second")
        result = bench.ask(provider, table(2), [prompt(), other], run="next", pace=ONE_BY_ONE)
        met = len(provider.meter)
    assert met == 3
    assert result.by_voter["llm/other"].pending == 0
    assert result.by_voter["llm/classify"].pending == 2


def test_a_fallback_answers_for_a_model_that_rests_before_anybody_knows_its_form(bench):
    one = prompt("fallbacks: [openai/second]\n")
    with FakeProvider(lambda _: "HAM", script=[LONG["in words"]]) as provider:
        bench.ask(provider, table(1), [prompt()], pace=ONE_BY_ONE)
        result = bench.ask(provider, table(3), [one], run="next", pace=ONE_BY_ONE)
    assert result.votes.num_rows == 3


def test_many_requests_at_once_stop_as_well(bench):
    with FakeProvider(lambda _: "HAM", script=[LONG["in words"]] * 500) as provider:
        result = bench.ask(provider, table(200))
    assert len(provider.meter) <= 16
    assert result.summary.pending == 200


def test_a_fallback_answers_while_a_quota_is_used_up(bench):
    front = TEXT + "fallbacks: [openai/second]\n"
    with FakeProvider(lambda _: "HAM", script=[LONG["in words"]]) as provider:
        result = bench.ask(provider, table(3), [prompt(front)], pace=ONE_BY_ONE)
    assert result.votes.num_rows == 3


def test_money_that_is_used_up_never_comes_back_by_waiting(bench):
    spent = wire.Fault("insufficient_quota", 429, retry_after="1")
    with FakeProvider(lambda _: "HAM", script=[spent] * 5) as provider:
        result = bench.ask(provider, table(5), pace=ONE_BY_ONE)
    assert len(provider.meter) == 1
    assert set(result.summary.faults) == {Fault.OUT_OF_QUOTA}


@pytest.mark.parametrize(
    ("status", "message"),
    [(402, "Insufficient Balance"), (400, "Your credit balance is too low to access the API")],
)
def test_an_empty_account_ends_the_run_at_once(bench, status, message):
    empty = wire.Fault("invalid_request_error", status, message=message)
    with FakeProvider(lambda _: "HAM", script=[empty] * 5) as provider:
        result = bench.ask(provider, table(5), pace=ONE_BY_ONE)
    assert len(provider.meter) == 1
    assert "out of quota" in result.summary.why


def test_short_pauses_are_still_waited_for(bench):
    short = limited({"Retry-After": "0.05", "x-ratelimit-reset-requests": "2h"})
    with FakeProvider(lambda _: "HAM", script=[short] * 3) as provider:
        result = bench.ask(provider, table(2), pace=ONE_BY_ONE)
    assert result.votes.num_rows == 2
    assert not result.partial


def test_a_provider_that_asks_for_patience_for_ever_is_given_up_for_this_run(monkeypatch, bench):
    clock = itertools.count(0.0, PATIENCE_S / 10)
    monkeypatch.setattr(
        Breaker.__init__, "__defaults__", (12, lambda: next(clock), lambda *_: None)
    )
    with FakeProvider(lambda _: "HAM", script=[wire.RATE_LIMIT_SILENT] * 500) as provider:
        result = bench.ask(provider, table(30), pace=ONE_BY_ONE)
    assert len(provider.meter) == 12
    assert "asked for patience for 16 minutes and answered nothing" in result.summary.why
    assert result.summary.pending == 30


def test_an_answer_between_refusals_begins_the_patience_anew():
    now = [0.0]
    breaker = Breaker("m", clock=lambda: now[0])
    for _ in range(20):
        now[0] += PATIENCE_S / 2
        breaker.failed(TransportError(Fault.RATE_LIMITED))
        breaker.succeeded()
    now[0] -= 10 * PATIENCE_S  # a clock that is put back
    breaker.failed(TransportError(Fault.RATE_LIMITED))
    breaker.check()
    now[0] += PATIENCE_S + 1
    breaker.failed(TransportError(Fault.RATE_LIMITED))
    with pytest.raises(ProviderDownError, match="patience"):
        breaker.check()


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        ({}, "", None),
        ({}, "slow down", None),
        ({"retry-after": "2"}, "", 2.0),
        ({"retry-after": "-2"}, "", None),
        ({"retry-after": "nan"}, "", None),
        ({"retry-after": "inf"}, "", None),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "1e99"}, "", None),
        ({"retry-after": f"{NOW.timestamp() + 60:.0f}"}, "", 60.0),
        ({"retry-after": "Tue, 03 Mar 2026 12:01:00 GMT"}, "", 60.0),
        ({"retry-after": "Tue, 03 Mar 2026 12:01:00 -0000"}, "", 60.0),
        ({"retry-after": "Tue, 03 Mar 2026 11:00:00 GMT"}, "", 0.0),
        (
            {
                "retry-after": "Tue, 03 Mar 2026 13:01:00 GMT",
                "date": "Tue, 03 Mar 2026 13:00:00 GMT",
            },
            "",
            60.0,
        ),
        ({"retry-after-ms": "1500", "retry-after": "2"}, "", 1.5),
        ({"x-ratelimit-reset-tokens": "6m0s"}, "", 360.0),
        ({"x-ratelimit-reset-tokens": "1h2m3.5s"}, "", 3723.5),
        ({"x-ratelimit-reset-tokens": "350ms"}, "", 0.35),
        ({"x-ratelimit-reset-requests": "1d", "x-ratelimit-remaining-requests": "5"}, "", None),
        (
            {
                "x-ratelimit-reset-requests": "1d",
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-tokens": "3s",
                "x-ratelimit-remaining-tokens": "0",
            },
            "",
            3.0,
        ),
        ({"anthropic-ratelimit-requests-reset": "2026-03-03T12:05:00Z"}, "", 300.0),
        ({"ratelimit-reset": "30"}, "", 30.0),
        ({"x-ratelimit-reset": f"{1000 * (NOW.timestamp() + 90):.0f}"}, "", 90.0),
        ({"retry-after": "1"}, "requests per day (RPD): please try again in 7m12s", 432.0),
        ({}, "Limit 30000 TPD. Please try again in 1 hour and 5 minutes.", 3900.0),
        ({}, "try again after 2 days", 2 * 86_400.0),
        ({}, "wait 20 seconds", 20.0),
        ({"retry-after": "5"}, "Daily limit reached", TO_MIDNIGHT),
        ({"retry-after": "20000"}, "Daily limit reached", 20_000.0),
        ({}, "free-models-per-day", TO_MIDNIGHT),
        ({}, "quota per month reached", 28 * 86_400.0 + TO_MIDNIGHT),
        ({}, '"quotaId": "RequestsPerDayPerProject" "retryDelay": "34s"', TO_MIDNIGHT),
        ({}, '"quotaId": "RequestsPerMinutePerProject" "retryDelay": "34s"', 34.0),
        ({}, "quota resets at 2026-03-03 18:00 UTC", 6 * HOUR),
        ({}, "quota resets at 2026-03-03T18:00:00+02:00", 4 * HOUR),
        ({}, "request of 2026-03-03T11:59:59Z refused: daily limit", TO_MIDNIGHT),
        ({}, "resets at 2026-99-99T99:99:99Z", None),
        ({}, '{"message": "x", "retry_after": 7200}', 7200.0),
        ({}, "{'message': 'x', 'retry_after_seconds': '7200'}", 7200.0),
        ({}, '{"retry_after_ms": 1500}', 1.5),
        ({}, '{"reset_at": 99}', 99.0),
        ({}, "Usage limit reached, resets at 18:00 UTC", 6 * HOUR),
        ({}, "Usage limit reached until 03:30 UTC.", 15.5 * HOUR),
        ({}, "resets at 99:99 UTC", None),
        # the 3rd of March 2026 is a Tuesday
        ({}, "Weekly limit reached, resets Monday", 5 * 86_400.0 + TO_MIDNIGHT),
        ({}, "Weekly limit reached; available again on Thursday.", 86_400.0 + TO_MIDNIGHT),
        ({}, "resets next Wed", TO_MIDNIGHT),
        ({}, "Your limit resets Tuesday", TO_MIDNIGHT),
        ({}, "resets Tuesday at 18:00 UTC", 6 * HOUR),
        ({}, "locked until Monday 09:30 GMT", 5 * 86_400.0 + TO_MIDNIGHT + 9.5 * HOUR),
        ({}, "Quota exceeded, try again tomorrow.", TO_MIDNIGHT),
        ({}, "Please try again tomorrow at 09:00 UTC", TO_MIDNIGHT + 9 * HOUR),
        ({}, "The limit resets at 00:00 UTC", TO_MIDNIGHT),
        ({}, "resets at midnight Pacific time", TO_MIDNIGHT + 8 * HOUR),
        ({}, "resets 9pm (Europe/Berlin)", 8 * HOUR),
        ({}, "resets 9:15 p.m. UTC", 9.25 * HOUR),
        ({}, "resets at 20:00 +02:00", 6 * HOUR),
        ({}, "Your quota is restored in 3 days", 3 * 86_400.0),
        ({}, "You can use the model again in two days.", 2 * 86_400.0),
        ({}, "try again in a week", 7 * 86_400.0),
        ({}, "Please wait another 2 hours", 2 * HOUR),
        ({}, "Limit reached. Resets in about 2 weeks", 14 * 86_400.0),
        ({}, "The quota resets on March 9", 5 * 86_400.0 + TO_MIDNIGHT),
        ({}, "resets 9 March 2026, 6:00 AM UTC", 5 * 86_400.0 + TO_MIDNIGHT + 6 * HOUR),
        ({}, "unavailable until 2026-03-05", 86_400.0 + TO_MIDNIGHT),
        ({}, "resets on the 1st of next month", 28 * 86_400.0 + TO_MIDNIGHT),
        ({}, "Usage resets next month", 28 * 86_400.0 + TO_MIDNIGHT),
        ({"retry-after": "5"}, "weekly limit, resets Monday", 5 * 86_400.0 + TO_MIDNIGHT),
        ({"retry-after": "20000"}, "weekly limit reached", 20_000.0),
        # a wait, and nobody can say how long
        ({}, "You have hit your weekly limit", float("inf")),
        ({"retry-after": "5"}, "weekly limit", float("inf")),
        ({}, "Limit reached, resets 9pm", float("inf")),
        ({}, "resets at 18:00 CST", float("inf")),
        ({}, "try again next week", float("inf")),
        # no wait at all
        ({}, "You sent 61 requests in 1 minute; 60 are allowed", None),
        ({}, "Requests on Monday: 500", None),
        ({}, "model may-3 at 9:00 is busy", None),
        ({"retry-after": "2"}, "again too many requests", 2.0),
    ],
)
def test_how_long_to_wait_is_read_in_whatever_way_it_is_said(headers, text, seconds):
    found = asked_wait_s(headers, text, NOW)
    assert found == (None if seconds is None else pytest.approx(seconds, abs=0.01))


def test_what_is_to_be_asked_again_is_asked_again_and_then_left_at_its_reason(bench, monkeypatch):
    monkeypatch.setattr(asking, "LONGEST_BACKOFF_S", 0.01)
    script = itertools.chain([wire.ERROR_500] * 2)
    with FakeProvider(lambda _: "HAM", script=script) as provider:
        first = bench.ask(provider, table(1), attempts=2)
        assert first.partial
        assert first.summary.pending == 1
        assert "asked again in the next run" in next(iter(first.summary.again))
        provider.script.extend([wire.ERROR_500] * 2 * 4)
        for run in range(4):
            last = bench.ask(provider, table(1), attempts=2, run=f"run {run}")
        assert len(provider.meter) == 10
        assert not last.partial
        assert "asked again" not in last.abstentions["reason"][0].as_py()
        after = bench.ask(provider, table(1), run="much later")
    assert after.votes.num_rows == 1


def test_what_the_provider_rejects_is_counted_with_its_reason_and_not_asked_again(bench):
    script = [wire.CONTEXT]
    with FakeProvider(lambda _: "HAM", script=script) as provider:
        result = bench.ask(provider, table(3), pace=ONE_BY_ONE)
    assert not result.partial
    ((reason, items),) = result.summary.in_vain.items()
    assert reason.startswith("too long")
    assert items == 1
