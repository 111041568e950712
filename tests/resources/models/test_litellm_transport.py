"""What LiteLLM knows of models, and what is made of what it raises."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from labeling.llm.providers.transport import MAYBE_CHARGED, Fault, Usage
from resources.models.litellm_faults import clean, read_fault
from resources.models.litellm_transport import LiteLlmTransport

TRANSPORT = LiteLlmTransport()


def test_listed_models_have_prices_and_capabilities_without_a_network():
    price = TRANSPORT.price("gpt-4o-mini")
    assert price is not None
    assert price.cost(Usage(1_000_000, 1_000_000)) == pytest.approx(0.15 + 0.60)
    assert price.cost(Usage(1_000_000, 0, 1_000_000)) == pytest.approx(0.075)
    assert price.batch_share == pytest.approx(0.5)
    can = TRANSPORT.capabilities("gpt-4o-mini")
    assert (can.structured, can.vision) == (True, True)
    assert TRANSPORT.capabilities("ollama/llama3.2").logprobs is False


def test_models_of_ones_own_cost_nothing_and_unknown_ones_have_no_price():
    assert TRANSPORT.price("ollama/llama3.2") is not None
    assert TRANSPORT.price("openai/nobody-knows") is None
    assert LiteLlmTransport(free=True).price("openai/nobody-knows") is not None
    assert TRANSPORT.capabilities("openai/nobody-knows").structured is None


def test_tokens_are_counted_without_a_network():
    assert (
        5
        <= TRANSPORT.count_tokens("gpt-4o-mini", ({"role": "user", "content": "hello there"},))
        <= 12
    )


class SlowDownError(Exception):
    def __init__(self, message: str, headers: dict[str, str]) -> None:
        super().__init__(message)
        self.response = httpx.Response(429, headers=headers)


def test_retry_after_is_read_in_seconds_in_milliseconds_and_as_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    for headers, seconds in (
        ({"retry-after": "7"}, 7),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": soon}, 30),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ):
        fault = read_fault(SlowDownError("slow down", headers), ())
        assert fault.retry_after_s == (None if seconds is None else pytest.approx(seconds, abs=2))


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        (
            "litellm.BadRequestError: OpenAIException - temperature must be below 2",
            "temperature must be below 2",
        ),
        ("bad key my-very-own-key", "bad key [key]"),
        ("Incorrect API key: sk-proj-abcdefghijkl1234", "Incorrect API key: [key]"),
        ("header Bearer abc.def.ghi was wrong", "header [key] was wrong"),
    ],
)
def test_messages_keep_what_helps_and_lose_keys(message, kept):
    assert clean(message, (), "my-very-own-key") == kept


def test_a_message_that_quotes_the_item_is_left_out():
    sent = ({"role": "user", "content": "please transfer 400 euros to my brother in Lyon"},)
    quoted = "cannot process 'please transfer 400 euros to my brother in Lyon'"
    assert "400 euros" not in clean(quoted, sent)


def test_a_short_item_that_is_quoted_is_left_out_too():
    sent = ({"role": "user", "content": "<item-00000000>\nPIN 4711\n</item-00000000>"},)
    assert "4711" not in clean("the text 'PIN 4711' is not allowed", sent)
    assert clean("temperature must be below 2", sent) == "temperature must be below 2"


def test_whatever_else_is_raised_may_hide_an_answer_that_was_paid_for():
    fault = read_fault(RuntimeError("?"), ()).fault
    assert fault is Fault.GARBLED
    assert fault in MAYBE_CHARGED
