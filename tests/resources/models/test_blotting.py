"""Keys in providers' errors are blotted out, however they stand there and whoever named them."""

import pytest

from labeling.llm.ledger.caps import Budget
from resources.models.litellm_faults import clean
from resources.models.litellm_transport import LiteLlmTransport
from resources.models.replies.blotting import blot
from tests.fakes.provider import faults as wire
from tests.fakes.provider.server import FakeProvider
from tests.resources.models.conftest import TEXT, prompt, table

PLAIN = "plainwithoutmark"
HEX = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize(
    "variable",
    ["MY_PROVIDER_KEY", "OPENAI_API_KEY", "HF_TOKEN", "DB_PASSWORD", "AZURE_SECRET", "KEY_2"],
)
def test_the_value_of_every_key_variable_is_blotted_out(monkeypatch, variable):
    monkeypatch.setenv(variable, PLAIN)
    assert PLAIN not in clean(f"invalid credential ({PLAIN}) for this host")


def test_ordinary_variables_are_left_alone(monkeypatch):
    monkeypatch.setenv("EDITOR", "ordinary-value")
    monkeypatch.setenv("SOME_KEY", "ab")
    assert clean("an ordinary-value about it") == "an ordinary-value about it"


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: {}",
        "GET https://host/v1?key={} failed",
        "GET https://host/v1?a=1&api_key={}&b=2 failed",
        "https://user:{}@host/v1 is away",
        "https://{}@host/v1 is away",
        "https://{}:x@host/v1 is away",
        'headers: {{"x-api-key": "{}"}}',
        "headers: {{'Authorization': 'Bearer {}'}}",
        "Authorization: Basic {}",
        "api_key={}",
        "token: {}",
        "password = {}",
        "X-Amz-Signature={}",
    ],
)
@pytest.mark.parametrize(
    "key", [HEX, "AbCdEf0123456789GhIjKl", "sk-live-abc123def456", "Zq8+/tR2Lw9==xYk3PmN7"]
)
def test_a_key_that_nobody_named_is_blotted_out(text, key):  # fmt: skip
    said = clean(text.format(key))
    assert key not in said
    assert "[key]" in said


@pytest.mark.parametrize("key", ["hunter2hunter", "correcthorse", "p@ss"])
def test_even_a_simple_password_is_blotted_out_where_it_is_named(key):
    for text in ("?key={}", "https://ann:{}@host", 'password="{}"'):
        assert key not in blot(text.format(key))


@pytest.mark.parametrize(
    "text",
    [
        "The model gpt-4o-mini-2024-07-18 does not exist",
        "claude-3-5-sonnet-20241022 is overloaded",
        "max_tokens: 16 is not supported; use max_completion_tokens",
        "quotaId: GenerateRequestsPerDayPerProjectPerModel-FreeTier",
        "POST /v1/chat/completions returned 503",
        "Unsupported value: 'temperature' does not support 0 with this model.",
        "http://127.0.0.1:8000/v1/chat/completions is away",
        "Rate limit reached on tokens per day (TPD): Limit 500000, Used 499995",
        "no such deployment: meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "limits: 30 requests of 200000 input tokens",
    ],
)
def test_what_helps_a_person_stays(text):
    assert blot(text) == text


def test_a_known_key_is_found_as_it_stands_in_an_address():
    assert blot("GET /v1?q=a%2Fb%2Bc%3Dd%20e", ["a/b+c=d e"]) == "GET /v1?q=[key]"


def test_no_key_of_the_environment_or_of_the_address_comes_through_a_providers_error(
    bench, monkeypatch, tmp_path
):
    monkeypatch.setenv("UNNAMED_API_KEY", PLAIN)
    echo = wire.Fault(
        "bad", 400, message=f"no {PLAIN}; url http://ann:letmein@h/v1?key={HEX[:12]}; {HEX}"
    )
    with FakeProvider(lambda _: "HAM", script=[echo]) as provider:
        transport = LiteLlmTransport(provider.url, None or "x" * 8)
        result = bench.ask(
            provider, table(1), [prompt(TEXT)], transport=transport, budget=Budget(1, 1, 1)
        )
    told = str(result.abstentions.to_pylist())
    assert "rejected" in told
    bench.ledger.sync()
    files = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    for secret in (PLAIN, "letmein", HEX):
        assert secret not in told
        assert secret.encode() not in files


def test_a_key_that_begins_with_another_is_blotted_out_whole():
    assert blot("mykey1-rest was refused", ["mykey1", "mykey1-rest"]) == "[key] was refused"
