"""Every fault of a provider is retried, waited out, given up or abstained from, and counted."""

import logging
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from labeling.llm.ledger.caps import Budget
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.transport import Fault
from resources.models.litellm_transport import LiteLlmTransport
from tests.fakes.provider import faults as wire
from tests.fakes.provider.server import Answer, FakeProvider
from tests.resources.models.conftest import CLASSES, KEY, TEXT, prompt, table

ONE_BY_ONE = Pace(concurrency=1)


@pytest.mark.parametrize(
    ("fault", "known_as", "charged"),
    [
        (wire.RATE_LIMIT, Fault.RATE_LIMITED, False),
        (wire.RATE_LIMIT_SILENT, Fault.RATE_LIMITED, False),
        (wire.ERROR_500, Fault.UNAVAILABLE, False),
        (wire.ERROR_503, Fault.UNAVAILABLE, False),
        (wire.HTML_502, Fault.UNAVAILABLE, False),
        (wire.DROP, Fault.DROPPED, True),
        (wire.CUT, Fault.DROPPED, True),
        (wire.TRUNCATE, Fault.GARBLED, True),
    ],
)
def test_what_may_pass_is_tried_again_and_counted(bench, fault, known_as, charged):
    with FakeProvider(lambda _: "HAM", script=[fault, fault]) as provider:
        result = bench.ask(provider, table(1))
    assert result.votes.num_rows == 1
    assert result.summary.faults == {known_as: 2}
    assert result.summary.calls == len(provider.meter) == 3
    assert (result.summary.exposure_usd > 0) == charged


def test_a_provider_that_hangs_is_timed_out_and_tried_again(bench):
    with FakeProvider(lambda _: "HAM", script=[wire.HANG]) as provider:
        start = time.monotonic()
        result = bench.ask(provider, table(1), [prompt(TEXT + "timeout_s: 0.3\n")])
    assert result.votes.num_rows == 1
    assert result.summary.faults == {Fault.TIMED_OUT: 1}
    assert time.monotonic() - start < 5


def test_retry_after_holds_back_every_request_to_the_model(bench):
    fault = wire.Fault("rate_limit_exceeded", 429, retry_after="0.6")
    with FakeProvider(lambda _: "HAM", script=[None, None, fault]) as provider:
        bench.ask(provider, table(12), pace=ONE_BY_ONE)
    at = [m.at for m in provider.meter]
    assert at[3] - at[2] >= 0.6
    assert [m.status for m in provider.meter].count(429) == 1


def test_a_provider_that_asks_for_patience_many_times_is_not_given_up(bench):
    patience = [wire.Fault("rate_limit_exceeded", 429, retry_after="0.01")] * 20
    with FakeProvider(lambda _: "HAM", script=patience) as provider:
        result = bench.ask(provider, table(2), pace=ONE_BY_ONE)
    assert result.votes.num_rows == 2
    assert not result.partial


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (wire.UNKNOWN_MODEL, "unknown model"),
        (wire.FORBIDDEN, "unauthorized"),
        (wire.QUOTA, "out of quota"),
    ],
)
def test_what_can_never_pass_stops_the_run_at_once_with_the_rest_left_for_the_next(
    bench, fault, says
):
    with FakeProvider(lambda _: "HAM", script=[fault] * 50) as provider:
        result = bench.ask(provider, table(50), pace=ONE_BY_ONE)
        assert len(provider.meter) == 1
        provider.script.clear()
        after = bench.ask(provider, table(50), run="next")
    assert result.partial
    assert says in result.summary.why
    assert "check the key, the quota and the model's name" in result.summary.why
    assert result.summary.pending == 50
    assert after.votes.num_rows == 50


def test_a_dead_provider_is_left_alone_early(bench):
    with FakeProvider(lambda _: "HAM", script=[wire.ERROR_503] * 5000) as provider:
        result = bench.ask(provider, table(300), attempts=2)
    assert len(provider.meter) <= 60
    assert "times in a row" in result.summary.why
    assert result.partial


def test_a_provider_that_is_not_there_is_told_like_one_that_is_dead(bench):
    gone = LiteLlmTransport("http://127.0.0.1:9/v1", KEY)
    with FakeProvider(lambda _: "HAM") as provider:
        result = bench.ask(provider, table(30), transport=gone, attempts=2)
    assert "no connection" in result.summary.why


def test_faults_here_and_there_do_not_open_the_breaker(bench):
    script = [wire.ERROR_500, None, wire.DROP, None, None] * 20
    with FakeProvider(lambda _: "HAM", script=script) as provider:
        result = bench.ask(provider, table(40))
    assert result.votes.num_rows == 40
    assert not result.partial


@pytest.mark.parametrize("as_error", [True, False])
def test_a_content_filter_is_an_abstention_and_is_not_asked_again(bench, as_error):
    answer = Answer("", finish_reason="content_filter")
    script = [wire.FILTER] if as_error else []
    with FakeProvider(lambda _: answer, script=script) as provider:
        first = bench.ask(provider, table(1))
        again = bench.ask(provider, table(1), run="again")
    assert len(provider.meter) == 1
    for result in (first, again):
        assert "content filter" in result.abstentions["reason"][0].as_py()
        assert result.summary.filtered == 1
        assert not result.partial


def test_a_request_that_is_rejected_is_given_up_at_once_and_the_others_go_on(bench):
    with FakeProvider(lambda _: "HAM", script=[wire.CONTEXT]) as provider:
        result = bench.ask(provider, table(5), pace=ONE_BY_ONE)
    assert len(provider.meter) == 5
    assert result.votes.num_rows == 4
    assert result.abstentions["reason"][0].as_py().startswith("too long")
    assert result.summary.failed == 1


def test_the_last_attempt_ends_in_an_abstention_that_the_next_run_asks_again(bench):
    with FakeProvider(lambda _: "HAM", script=[wire.ERROR_500] * 2) as provider:
        first = bench.ask(provider, table(1), attempts=2)
        again = bench.ask(provider, table(1))
    assert "asked again in the next run" in first.abstentions["reason"][0].as_py()
    assert again.votes.num_rows == 1


def test_a_fallback_answers_where_the_model_is_down(bench):
    front = TEXT + "fallbacks: [openai/second]\n"
    with FakeProvider(lambda _: "HAM", script=[wire.FORBIDDEN]) as provider:
        result = bench.ask(provider, table(3), [prompt(front)], pace=ONE_BY_ONE)
        again = bench.ask(provider, table(3), [prompt(front)])
    assert [m.model for m in provider.meter] == ["fake", "second", "second", "second"]
    assert result.votes.num_rows == 3
    assert any("fell back from openai/fake" in note for note in result.summary.notes)
    assert result.votes["version"][0].as_py() != prompt(front).version(CLASSES)
    assert again.summary.calls == 0


def test_a_probe_that_fails_stops_the_voter_and_not_the_run(bench):
    probed = prompt("output: {format: auto}\n", "probed")
    with FakeProvider(lambda _: "HAM", script=[wire.ERROR_500] * 2) as provider:
        result = bench.ask(provider, table(2), [probed, prompt()], attempts=2)
        again = bench.ask(provider, table(2), [probed])
    assert result.by_voter["llm/probed"].why.startswith("unavailable")
    assert result.by_voter["llm/probed"].pending == 2
    assert set(result.votes["voter"].to_pylist()) == {"llm/classify"}
    assert again.votes.num_rows == 2


def test_what_may_have_been_charged_counts_against_the_cap(bench):
    with FakeProvider(lambda _: "HAM", script=[wire.DROP] * 100) as provider:
        result = bench.ask(
            provider, table(1), budget=Budget(run_usd=0.001), attempts=50, pace=ONE_BY_ONE
        )
    assert result.summary.exposure_usd <= 0.001
    assert len(provider.meter) < 10
    assert "run budget" in result.summary.why


def test_no_key_and_no_item_text_is_in_any_error_log_or_file(bench, caplog, tmp_path, capfd):
    secret_text = "CANARY-TEXT-4711 please call ann@example.org"
    echo = wire.Fault(
        "bad", 400, message=f"cannot process: Sort these. {secret_text} with key {KEY}"
    )
    with (
        caplog.at_level(logging.DEBUG),
        FakeProvider(lambda _: "HAM", script=[echo, wire.ERROR_500]) as provider,
    ):
        rejected = bench.ask(provider, table(3, secret_text + " {}"), pace=ONE_BY_ONE)
    with caplog.at_level(logging.DEBUG), FakeProvider(lambda _: "HAM", key="another") as provider:
        refused = bench.ask(provider, table(3, secret_text + " again {}"), pace=ONE_BY_ONE)
    bench.ledger.close()
    assert "unauthorized" in refused.summary.why
    said = "".join(capfd.readouterr())
    said += "".join(str(r.abstentions.to_pylist()) + r.summary.why for r in (rejected, refused))
    files = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for secret in (KEY, "CANARY-TEXT-4711"):
        assert secret not in said
        assert secret.encode() not in files
        ours = [
            r.getMessage() for r in caplog.records if not r.name.startswith(("asyncio", "aiohttp"))
        ]
        assert not any(secret in message for message in ours)


def stopped_with(bench, error, provider, **more) -> int:
    with pytest.raises(error):
        bench.ask(provider, table(2000), **more)
    sent = len(provider.meter)
    time.sleep(0.5)
    assert len(provider.meter) == sent < 2000
    return bench.ask(provider, table(20), run="next").votes.num_rows


def test_an_error_on_our_side_stops_all_requests(bench):
    def fail(_):
        raise RuntimeError

    with FakeProvider(lambda _: "HAM", latency_s=0.15) as provider:
        assert stopped_with(bench, RuntimeError, provider, progress=fail) == 20


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C is an exception, as in a process that just began, whatever ran in this one before."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_an_interrupt_stops_all_requests(bench):
    with FakeProvider(lambda _: "HAM", latency_s=0.15) as provider:
        bench.ask(provider, table(1))
        main = threading.main_thread().ident

        def interrupt() -> None:
            asked = len(provider.meter)
            while len(provider.meter) < asked + 20:  # by then all that is left is to wait
                time.sleep(0.01)
            signal.pthread_kill(main, signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        assert stopped_with(bench, KeyboardInterrupt, provider) == 20


def test_a_transport_does_not_show_its_key():
    assert KEY not in repr(LiteLlmTransport("http://127.0.0.1:9/v1", KEY))
