"""Talk to any model through LiteLLM: one request, one reply or one fault, nothing retried here.

LiteLLM is imported when the first request is sent: it takes seconds, and reads its switches from
the environment, which :func:`resources.environment.prepare` has set by then.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from labeling.llm.providers.price import Price
from labeling.llm.providers.transport import (
    Capabilities,
    Fault,
    Message,
    Reply,
    Request,
    TransportError,
)
from resources.models.listed_prices import listed_price, price_table
from resources.models.litellm_faults import clean, read_fault, was_refused
from resources.models.litellm_module import litellm_module
from resources.models.replies.completions import read_completion
from resources.models.sent_before import (
    PROVIDERS,
    Sent,
    handed,
    kind_of,
    learned,
    response_format,
    send,
    session,
    watching,
)

TOP_LOGPROBS = 5
"""The most that every provider allows."""

UNSURE = frozenset({Fault.UNAVAILABLE, Fault.DROPPED, Fault.RATE_LIMITED})
"""Faults that LiteLLM also names where an answer did arrive and could not be read."""


@dataclass(frozen=True, slots=True)
class LiteLlmTransport:
    """Sends requests to whatever LiteLLM knows: ``gpt-…``, ``ollama/…``, ``openai/…``.

    Parameters
    ----------
    api_base : str, optional
        Where the provider is, if not at its usual address.
    api_key : str, optional
        The key; else LiteLLM looks where each provider's key usually is. Never shown.
    simulated : bool
        Whether answers come from a simulation.
    free : bool
        Whether models without a known price cost nothing, because they are one's own.
    prices : mapping of str to Price
        What the user says that models cost, by their names.
    """

    api_base: str | None = None
    api_key: str | None = field(default=None, repr=False)
    simulated: bool = False
    free: bool = False
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])
    sent: dict[str, asyncio.Future[Sent | None]] = field(
        default_factory=dict[str, "asyncio.Future[Sent | None]"], repr=False, compare=False
    )

    async def complete(self, request: Request) -> Reply:
        """Send one request, once; see :class:`labeling.llm.providers.transport.Transport`."""
        kind = kind_of(request)
        if kind is None:
            return await self._by_litellm(request)
        if kind not in self.sent:
            return await self._first(kind, request)
        known = await asyncio.shield(self.sent[kind])
        if known is None or _extended():
            return await self._by_litellm(request)
        try:
            async with asyncio.timeout(request.timeout_s + 1):
                arrived = await send(known, request)
        except TimeoutError:
            raise _too_late(request) from None
        body = arrived.plain()
        if body is not None:
            return self._read(body, request)
        return await self._by_litellm(request, client=handed(arrived, known))

    async def _first(self, kind: str, request: Request) -> Reply:
        """Let LiteLLM send the first request of its kind, and see how; others of it wait."""
        told = self.sent[kind] = asyncio.get_running_loop().create_future()
        found: Sent | None = None
        try:
            provider = _provider(self._routed(request.model), self.api_base)
            if provider in PROVIDERS:
                with watching() as seen:
                    reply = await self._by_litellm(request, shared_session=session())
                found = learned(seen, request, provider)
            else:
                reply = await self._by_litellm(request)
        except BaseException:
            del self.sent[kind]  # the next one is the first again
            raise
        finally:
            told.set_result(found)
        return reply

    async def _by_litellm(self, request: Request, **more: Any) -> Reply:
        """Let LiteLLM send a request, and read what comes back."""
        arrived: list[Any] = []

        def note(details: Mapping[str, Any]) -> None:
            if details.get("log_event_type") == "post_api_call":
                arrived.append(details.get("original_response"))

        try:
            response = await asyncio.wait_for(
                litellm_module().acompletion(
                    model=self._routed(request.model),
                    messages=list(request.messages),
                    logger_fn=note,
                    **self.arguments(request),
                    **more,
                ),
                request.timeout_s + 1,
            )
            body = _written(arrived) or response.model_dump()
        except TimeoutError:
            raise _too_late(request) from None
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  LiteLLM raises some forty kinds
            refused = was_refused(error)
            body = None if refused else _written(arrived)
            if body is None:
                told = read_fault(error, request.messages, self.api_key, request.parameters)
                if arrived and not refused and told.fault in UNSURE:
                    told = TransportError(Fault.GARBLED, told.message)
                raise told from None
        return self._read(body, request)

    def _read(self, body: Mapping[str, Any], request: Request) -> Reply:
        try:
            return read_completion(body)
        except TransportError as error:
            told = clean(error.message, request.messages, self.api_key)
            raise TransportError(
                error.fault, told, error.retry_after_s, usage=error.usage
            ) from None

    def capabilities(self, model: str) -> Capabilities:
        """Return what LiteLLM's table declares; ``None`` for what it does not list."""
        if self.simulated:
            return Capabilities(structured=True, logprobs=True, vision=False)
        litellm = litellm_module()
        try:
            parameters = litellm.get_supported_openai_params(model=model) or []
        except Exception:  # noqa: BLE001  an unknown provider raises a bare one
            return Capabilities()
        listed = _listed(model) is not None
        return Capabilities(
            structured=litellm.supports_response_schema(model=model) if listed else None,
            logprobs=None if "logprobs" in parameters else False,
            vision=litellm.supports_vision(model=model) if listed else None,
        )

    def price(self, model: str) -> Price | None:
        """Return the user's price, else LiteLLM's; zero where models are one's own; ``None`` if nobody knows."""
        if model in self.prices and not self.simulated:
            return self.prices[model]
        listed = None if self.simulated else _listed(model)
        if listed is None or "input_cost_per_token" not in listed:
            return Price() if self.free or model.startswith(("ollama/", "ollama_chat/")) else None
        return listed_price(model, listed)

    def count_tokens(self, model: str, messages: tuple[Message, ...]) -> int:
        """Count prompt tokens with the model's tokenizer, or the nearest that LiteLLM has."""
        return int(
            litellm_module().token_counter(model=self._routed(model), messages=list(messages))
        )

    def _routed(self, model: str) -> str:
        """Reach a simulated model, which speaks OpenAI's HTTP, by LiteLLM's name for that."""
        return _simulated(model.removeprefix("simulated/")) if self.simulated else model

    def arguments(self, request: Request) -> dict[str, Any]:
        """Return what LiteLLM is called with, apart from model and messages."""
        arguments: dict[str, Any] = {
            **request.parameters,
            "timeout": request.timeout_s,
            "max_retries": 0,
            "num_retries": 0,
        }
        if self.api_base is not None:
            arguments["api_base"] = self.api_base
        if self.api_key is not None:
            arguments["api_key"] = self.api_key
        if request.logprobs:
            arguments |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
        if request.schema is not None:
            arguments["response_format"] = response_format(request.schema)
        return arguments


def _extended() -> bool:
    """Whether somebody hung functions of their own into LiteLLM: then every call is its own."""
    litellm = litellm_module()
    hung = (litellm.callbacks, litellm.input_callback, litellm.success_callback)
    return any(hung) or bool(litellm.failure_callback) or litellm.cache is not None


def _provider(routed: str, api_base: str | None) -> str:
    try:
        return str(litellm_module().get_llm_provider(routed, api_base=api_base)[1])
    except Exception:  # noqa: BLE001  asked, LiteLLM raises the same again, and it is sorted there
        return ""


def _too_late(request: Request) -> TransportError:
    return TransportError(Fault.TIMED_OUT, f"no answer within {request.timeout_s:g} s")


@cache
def _simulated(name: str) -> str:
    """Name a model that is asked over HTTP without a provider's own client, and lists it as free.

    LiteLLM looks a model that its table does not list up by patterns, some ten times a call; both
    together are two fifths of what a call costs in computing.
    """
    routed = f"hosted_vllm/{name}"
    free = {"input_cost_per_token": 0.0, "output_cost_per_token": 0.0}
    litellm_module().register_model(
        {routed: {**free, "litellm_provider": "hosted_vllm", "mode": "chat"}}
    )
    return routed


def _listed(model: str) -> dict[str, Any] | None:
    known = litellm_module.cache_info().currsize
    costs = litellm_module().model_cost if known else price_table()
    return costs.get(model) or costs.get(model.partition("/")[2])


def _written(arrived: Sequence[Any]) -> dict[str, Any] | None:
    """Return what a provider that speaks OpenAI's form has written, before LiteLLM reads it.

    LiteLLM refuses whole answers for one odd field, after they were paid for.
    """
    try:
        body = json.loads(arrived[-1]) if arrived and isinstance(arrived[-1], str) else None
    except ValueError:
        return None
    return body if isinstance(body, dict) and ("choices" in body or "error" in body) else None
