"""Read chat completions in OpenAI's form as providers really write them, odd ones included.

Whoever got this far may have been charged, so whatever can be read is read: content in parts,
arguments of tools, numbers as text. What cannot be is told as what it is.
"""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, cast

from labeling.llm.transport import Fault, Reply, Token, TransportError, Usage

THOUGHTS = ("thinking", "redacted_thinking", "reasoning", "reasoning_content", "analysis")
"""Parts of an answer that are not what it says."""

ENDS: Mapping[str, str] = {
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "safety": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "prohibited_content": "content_filter",
    "spii": "content_filter",
    "guardrail_intervened": "content_filter",
    "refusal": "content_filter",
    "sensitive": "content_filter",
    "error": "error",
    "network_error": "error",
    "other": "error",
    "malformed_function_call": "error",
}
"""How providers name the end of an answer, and what it means; whatever else is a proper end."""

MOST_TOKENS = 1_000_000_000
"""More than that is no count of tokens."""

MOST_USD = 1_000.0
"""More than that is no cost of one answer, in US dollars."""

USD_A_TICK = 1e-10
"""In such ticks xAI states a cost."""


COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens")


def read_completion(body: Mapping[str, Any]) -> Reply:
    """Read one chat completion.

    Parameters
    ----------
    body : mapping
        The provider's answer, parsed from JSON.

    Raises
    ------
    TransportError
        If it is an error, or none of it can be read. The message is the provider's own and may
        quote the request.

    Examples
    --------
    >>> part = {"type": "text", "text": "HAM"}
    >>> body = {"choices": [{"message": {"content": [part]}}], "usage": {"prompt_tokens": "9"}}
    >>> read_completion(body).text, read_completion(body).usage.counted
    ('HAM', False)
    """
    choices = body.get("choices")
    choice = _fields(choices[0]) if isinstance(choices, list) and choices else None
    if choice is None:
        if body.get("error"):
            raise _told(body["error"])
        raise TransportError(Fault.GARBLED, "a reply without choices")
    finish = ENDS.get(str(choice.get("finish_reason")).casefold(), "stop")
    wrong = choice.get("error") or body.get("error")
    if wrong or finish == "error":
        raise TransportError(Fault.GARBLED, f"the answer broke off: {_words(wrong) or 'no reason'}")
    message = _fields(choice.get("message")) or {}
    said = _text(message.get("content") if "content" in message else choice.get("text"))
    text = "\n".join(part for part in (said, *_arguments(message)) if part.strip())
    usage = body.get("usage")
    return Reply(
        text=text,
        finish_reason=finish,
        refusal=_refusal(message),
        usage=read_usage(
            usage if isinstance(usage, Mapping) else None, wrote=bool(text) or finish == "length"
        ),
        model=str(body.get("model") or ""),
        fingerprint=str(body["system_fingerprint"]) if body.get("system_fingerprint") else None,
        tokens=_tokens(choice.get("logprobs")),
    )


def read_usage(usage: Mapping[str, Any] | None, *, wrote: bool) -> Usage:
    """Read what a provider counted, and whether it can be true.

    Parameters
    ----------
    usage : mapping, optional
        ``prompt_tokens``, ``completion_tokens`` and so on; numbers may be text.
    wrote : bool
        Whether anything was written, were it thoughts alone: then it took tokens.

    Examples
    --------
    >>> read_usage({"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 512}, wrote=True)
    Usage(prompt=10, completion=502, cached=0, counted=True, stated_usd=0.0)
    """
    fields = usage or {}
    prompt = _count(fields, "prompt_tokens", "input_tokens")
    completion = _count(fields, "completion_tokens", "output_tokens")
    total = _count(fields, "total_tokens")
    read = _fields(fields.get("prompt_tokens_details") or fields.get("input_tokens_details")) or {}
    wrote_in = fields.get("completion_tokens_details") or fields.get("output_tokens_details")
    thoughts = _count(_fields(wrote_in) or fields, "reasoning_tokens") or 0
    cached = _count(read, "cached_tokens")
    if cached is None:
        cached = _count(fields, "prompt_cache_hit_tokens", "cache_read_input_tokens")
    if total is not None and total > 0:
        if completion is None and prompt is not None:
            completion = max(0, total - prompt)
        elif prompt is None and completion is not None:
            prompt = max(0, total - completion)
    strange = any(fields.get(name) is not None and _count(fields, name) is None for name in COUNTS)
    counted = bool(prompt) and completion is not None and (completion > 0 or not wrote)
    counted = counted and not strange
    prompt, completion = prompt or 0, completion or 0
    if total is None or thoughts > completion:
        completion += thoughts  # some count thoughts apart
    if counted and total is not None:
        completion = max(completion, total - prompt)
    read_usd = stated_usd(fields)
    return Usage(
        prompt, completion, cached if cached and cached <= prompt else 0, counted, read_usd
    )


def stated_usd(usage: Mapping[str, Any]) -> float:
    """Return what a provider says that an answer costs, in US dollars; 0 where it says nothing.

    Read are the forms of OpenRouter, of Perplexity (a breakdown with its sum) and of xAI (in ticks
    of 1e-10 dollars). What is paid to the provider behind with a key of one's own is added.

    Examples
    --------
    >>> stated_usd({"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.2}})
    0.21000000000000002
    >>> stated_usd({"cost": -1})
    0.0
    """
    cost, details = usage.get("cost"), _fields(usage.get("cost_details")) or {}
    charged = _usd((_fields(cost) or {}).get("total_cost", cost))
    behind = _usd(details.get("upstream_inference_cost"))
    both = charged + behind if usage.get("is_byok") is True else max(charged, behind)
    ticks = _usd(usage.get("cost_in_usd_ticks"), most=MOST_USD / USD_A_TICK) * USD_A_TICK
    return max(both, ticks, _usd(usage.get("total_cost")))


def _usd(value: object, most: float = MOST_USD) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return number if 0 <= number <= most else 0.0


def _count(fields: Mapping[str, Any], *names: str) -> int | None:
    """Return the first of ``names`` that stands there, as a number of tokens; ``None`` if it is none."""
    value = next((fields[name] for name in names if fields.get(name) is not None), None)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return math.ceil(number) if 0 <= number <= MOST_TOKENS else None


def _fields(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _text(content: object) -> str:
    """Return what an answer says, of whatever form its content is; thoughts are no part of it."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_text(part) for part in cast("list[object]", content))
    part = _fields(content)
    if part is None:
        return json.dumps(content)
    if part.get("type") in (*THOUGHTS, "refusal"):
        return ""
    for name in ("text", "content", "input"):
        if name in part:
            inner = part[name]
            return json.dumps(inner) if isinstance(inner, dict) else _text(inner)
    return "" if "type" in part else json.dumps(part)


def _arguments(message: Mapping[str, Any]) -> Iterable[str]:
    """Yield what a model answered by calling tools."""
    calls = message.get("tool_calls")
    for call in [*(calls if isinstance(calls, list) else ()), message]:
        fields = _fields(call) or {}
        for name, argument in (
            ("function", "arguments"),
            ("custom", "input"),
            ("function_call", "arguments"),
        ):
            value = (_fields(fields.get(name)) or {}).get(argument)
            if value is not None:
                yield value if isinstance(value, str) else json.dumps(value)


def _refusal(message: Mapping[str, Any]) -> str | None:
    specific = _fields(message.get("provider_specific_fields")) or {}
    content = message.get("content")
    parts = cast("list[object]", content) if isinstance(content, list) else []
    said = [part.get("refusal") for part in map(_fields, parts) if part is not None]
    found = next((x for x in (message.get("refusal"), specific.get("refusal"), *said) if x), None)
    return str(found) if found else None


def _tokens(logprobs: object) -> tuple[Token, ...]:
    """Return the answer's tokens; none where one of them cannot be read."""
    content = (_fields(logprobs) or {}).get("content")
    found: list[Token] = []
    for one in content if isinstance(content, list) else ():
        token = _token(_fields(one) or {})
        if token is None:
            return ()
        others = (_fields(one) or {}).get("top_logprobs")
        rivals = [_token(_fields(o) or {}) for o in others] if isinstance(others, list) else []
        pairs = tuple((r.text, r.logprob) for r in rivals if r is not None)
        found.append(Token(token.text, token.logprob, pairs))
    return tuple(found)


def _token(fields: Mapping[str, Any]) -> Token | None:
    text, logprob = fields.get("token"), fields.get("logprob")
    if not isinstance(text, str) or isinstance(logprob, bool):
        return None
    if not isinstance(logprob, int | float) or not math.isfinite(logprob):
        return None
    return Token(text, min(0.0, float(logprob)))


def _told(error: object) -> TransportError:
    """Return what an error inside a reply stands for, by the status that it names."""
    code = str((_fields(error) or {}).get("code") or "")
    status = int(code) if code.isdecimal() else None
    words = _words(error)
    if status == 429:
        return TransportError(Fault.RATE_LIMITED, words)
    if status in (401, 403):
        return TransportError(Fault.UNAUTHORIZED, words)
    if status == 402 or code == "insufficient_quota":
        return TransportError(Fault.OUT_OF_QUOTA, words)
    if status is not None and 400 <= status < 500 and status != 408:
        return TransportError(Fault.REJECTED, words)
    return TransportError(Fault.GARBLED, words)


def _words(error: object) -> str:
    fields = _fields(error)
    if fields is None:
        return str(error or "")
    return ": ".join(str(fields[name]) for name in ("code", "message") if fields.get(name))
