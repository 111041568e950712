"""What is sent again is what LiteLLM would have sent, and what comes back is read alike."""

import asyncio
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import pytest
from aiohttp import web

from labeling.llm.providers.transport import Reply, Request, TransportError
from resources.models.litellm_module import litellm_module
from resources.models.litellm_transport import LiteLlmTransport
from tests.conftest import ROOT
from tests.fakes.provider import faults as wire
from tests.fakes.provider.server import Answer, FakeProvider

SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["SPAM", "HAM"]}},
    "required": ["label"],
    "additionalProperties": False,
}
OTHER_SCHEMA = {**SCHEMA, "properties": {"label": {"enum": ["HAM", "EGGS"]}}}
TOOL = {"type": "function", "function": {"name": "say", "parameters": SCHEMA}}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
SETTINGS = {
    "plain": {"parameters": {"max_tokens": 8}},
    "warm": {"parameters": {"max_tokens": 8, "temperature": 0.3, "top_p": 0.9, "seed": 7}},
    "later name of the limit": {"parameters": {"max_completion_tokens": 9, "stop": ["\n"]}},
    "structured": {"parameters": {"max_tokens": 8}, "schema": SCHEMA},
    "log-probabilities": {"parameters": {"max_tokens": 8}, "logprobs": True},
    "tools": {"parameters": {"max_tokens": 8, "extra_body": {"tools": [TOOL]}}},
    "unknown to LiteLLM": {"parameters": {"max_tokens": 8, "min_p": 0.1, "guided_choice": ["A"]}},
    "extra body": {"parameters": {"max_tokens": 8, "extra_body": {"top_k": 5, "x": {"y": 1}}}},
    "own headers": {"parameters": {"max_tokens": 8, "extra_headers": {"X-Team": "labels"}}},
    "dropped": {"parameters": {"max_tokens": 8, "drop_params": True, "reasoning_effort": "low"}},
    "system and pictures": {"parameters": {"max_tokens": 8}, "parts": (PICTURE,)},
    "short time": {"parameters": {"max_tokens": 8}, "timeout_s": 7.5},
}
MODELS = ("openai/fake", "hosted_vllm/fake", "openai/gpt-4o-mini")


class Recorder:
    """An endpoint that keeps bodies and headers as they came over the socket."""

    def __init__(self) -> None:
        self.came: list[tuple[str, dict, dict]] = []

    async def __aenter__(self) -> "Recorder":
        app = web.Application()
        app.router.add_post("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        headers = {name.casefold(): value for name, value in request.headers.items()}
        self.came.append((request.path_qs, await request.json(), headers))
        return web.Response(text=wire.COMPLETE, content_type="application/json")


def question(model: str, text: str, setting: dict) -> Request:
    setting = dict(setting)
    parts = setting.pop("parts", ())
    content = [{"type": "text", "text": text}, *parts] if parts else text
    messages = ({"role": "system", "content": "Sort."}, {"role": "user", "content": content})
    return Request(model, messages, **setting)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", SETTINGS)
def test_bodies_and_headers_are_those_of_litellm(name, model):
    async def run() -> None:
        async with Recorder() as place:
            first = question(model, "one \u00e9 \u4f59 \U0001f600", SETTINGS[name])
            second = question(model, 'two "quoted"\n', SETTINGS[name])
            if second.schema is not None:
                second = replace(second, schema=OTHER_SCHEMA)
            ours = LiteLlmTransport(place.url, "k")
            replies = [await ours.complete(first), await ours.complete(second)]
            fresh = LiteLlmTransport(place.url, "k")
            replies.append(await fresh.complete(second))
            told = await next(iter(ours.sent.values()))
            assert told is not None
            assert [path for path, *_ in place.came] == ["/v1/chat/completions"] * 3
            assert place.came[1] == place.came[2]
            assert list(place.came[1][1]) == list(place.came[2][1])
            assert place.came[0][1]["messages"] != place.came[1][1]["messages"]
            assert replies[1] == replies[2]

    asyncio.run(run())


@pytest.mark.parametrize("model", MODELS)
def test_key_and_address_are_taken_from_the_environment_as_litellm_does(model, monkeypatch):
    async def run() -> None:
        async with Recorder() as place:
            for name in ("OPENAI", "HOSTED_VLLM"):
                monkeypatch.setenv(f"{name}_API_BASE", place.url)
                monkeypatch.setenv(f"{name}_API_KEY", "from-the-environment")
            ours = LiteLlmTransport()
            for text in ("one", "two"):
                await ours.complete(question(model, text, SETTINGS["plain"]))
            assert len(place.came) == 2
            assert place.came[0][2]["authorization"] == "Bearer from-the-environment"
            assert place.came[0][2] | {"content-length": ""} == place.came[1][2] | {
                "content-length": ""
            }
            assert await next(iter(ours.sent.values())) is not None

    asyncio.run(run())


def test_a_callback_in_litellm_hears_of_every_call(monkeypatch):
    heard: list[str] = []

    async def run() -> None:
        async with Recorder() as place:
            ours = LiteLlmTransport(place.url, "k")
            await ours.complete(question("openai/fake", "one", SETTINGS["plain"]))
            monkeypatch.setattr(
                litellm_module(), "input_callback", [lambda told: heard.append(told["model"])]
            )
            for text in ("two", "three"):
                await ours.complete(question("openai/fake", text, SETTINGS["plain"]))

    asyncio.run(run())
    assert heard == ["fake", "fake"]


def test_other_providers_forms_are_never_sent_again():
    async def run() -> None:
        async with Recorder() as place:
            ours = LiteLlmTransport(place.url.removesuffix("/v1"), "k")
            for text in ("one", "two"):
                with suppress(TransportError):
                    await ours.complete(question("anthropic/claude", text, SETTINGS["plain"]))
            assert len(place.came) == 2
            assert [await told for told in ours.sent.values()] in ([], [None])

    asyncio.run(run())


FAULTS = {
    "dropped": wire.DROP,
    "cut short": wire.TRUNCATE,
    "a page": wire.HTML_502,
    "rate limit": wire.Fault("rate_limit_exceeded", 429, retry_after="3"),
    "no money": wire.Fault("insufficient_quota", 429),
    "server": wire.Fault("server_error", 500),
    "busy": wire.Fault("overloaded", 503, retry_after="2"),
    "gateway": wire.Fault("timeout", 504),
    "bad": wire.Fault("bad", 400),
    "parameter": wire.Fault("unsupported_parameter", 400, param="max_tokens"),
    "too long": wire.Fault("context_length_exceeded", 400),
    "filtered": wire.Fault("content_filter", 400),
    "key": wire.Fault("invalid_api_key", 401),
    "forbidden": wire.Fault("forbidden", 403),
    "model": wire.Fault("model_not_found", 404),
    "hanging": wire.HANG,
}


@pytest.mark.parametrize("model", MODELS[:2])
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_the_same_whoever_sent(name, model):
    with FakeProvider(lambda _: Answer("HAM")) as provider:

        async def outcome(transport: LiteLlmTransport) -> tuple:
            provider.script.append(FAULTS[name])
            asked = question(model, "two", {**SETTINGS["plain"], "timeout_s": 0.5})
            with pytest.raises(TransportError) as told:
                await transport.complete(asked)
            error = told.value
            return (
                error.fault, error.message, error.retry_after_s,
                error.refused, error.charged, error.usage,
            )  # fmt: skip

        async def run() -> None:
            ours = LiteLlmTransport(provider.url, "k")
            await ours.complete(question(model, "one", {**SETTINGS["plain"], "timeout_s": 0.5}))
            again = await outcome(ours)
            litellms = await outcome(LiteLlmTransport(provider.url, "k"))
            assert again == litellms, (again, litellms)
            assert len(provider.meter) == 3

        asyncio.run(run())


def bent(**message: object):
    def bend(body: dict) -> dict:
        body["choices"][0]["message"] |= message
        return body

    return bend


ANSWERS = {
    "plain": Answer("HAM"),
    "thoughts": Answer("<think>it is ham</think>HAM"),
    "reasoning": Answer("HAM", bend=bent(reasoning_content="hm")),
    "refusal": Answer("HAM", bend=bent(refusal="no")),
    "nothing": Answer("", bend=bent(content=None)),
    "parts": Answer("HAM", bend=bent(content=[{"type": "text", "text": "HAM"}])),
    "a cost": Answer("HAM", bend=lambda b: b | {"usage": b["usage"] | {"cost": 0.01}}),
    "cached": Answer(
        "HAM",
        bend=lambda b: b | {"usage": b["usage"] | {"prompt_tokens_details": {"cached_tokens": 4}}},
    ),
    "no usage": Answer("HAM", bend=lambda b: {k: v for k, v in b.items() if k != "usage"}),
    "another name": Answer("HAM", bend=lambda b: b | {"model": "fake-2026-01-01"}),
}


@pytest.mark.parametrize("model", MODELS[:2])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_says_and_costs_the_same_whoever_sent(name, model):
    with FakeProvider(lambda _: ANSWERS["plain"]) as provider:

        async def outcome(transport: LiteLlmTransport) -> Reply | str:
            try:
                return await transport.complete(question(model, "two", SETTINGS["plain"]))
            except TransportError as error:
                return str(error)

        async def run() -> None:
            ours = LiteLlmTransport(provider.url, "k")
            await ours.complete(question(model, "one", SETTINGS["plain"]))
            provider.answer_with(lambda _: ANSWERS[name])
            assert await outcome(ours) == await outcome(LiteLlmTransport(provider.url, "k"))

        asyncio.run(run())


def test_sessions_are_given_up_without_a_word_when_the_process_ends():
    program = """
import asyncio, atexit, http.server, threading
atexit.register(lambda: print(one.closed, connector.closed))  # asked first, so it is the last
from resources.environment import prepare
prepare()
from resources.models import sent_before

class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
threading.Thread(target=server.serve_forever, daemon=True).start()

async def ask():
    one = sent_before.session()
    async with one.get(f"http://127.0.0.1:{server.server_port}/") as response:
        return one, await response.text()

loop = asyncio.new_event_loop()
one, said = loop.run_until_complete(ask())
assert said == "ok" and not one.closed
connector = one.connector
loop.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True True\n", "")
