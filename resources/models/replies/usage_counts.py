"""Read what providers count and state of an answer, and whether it can be true."""

import json
import math
from collections.abc import Mapping
from typing import Any, cast

from labeling.llm.providers.transport import Usage

MOST_TOKENS = 1_000_000_000
"""More than that is no count of tokens."""

MOST_USD = 1_000.0
"""More than that is no cost of one answer, in US dollars."""

USD_A_TICK = 1e-10
"""In such ticks xAI states a cost."""

SUMS = ("total_cost", "total_cost_usd", "cost_usd", "estimated_cost")
"""Names that gateways state a cost under."""

STATED = {"cost", "cost_details", "cost_in_usd_ticks", *SUMS}

WRITTEN = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")
PROMPT = ("prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "promptTokenCount")
COMPLETION = (
    "completion_tokens",
    "output_tokens",
    "completionTokens",
    "outputTokens",
    "candidatesTokenCount",
)
TOTAL = ("total_tokens", "totalTokens", "totalTokenCount")
COUNTS = (*PROMPT, *COMPLETION, *TOTAL)


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
    >>> read_usage({"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 512}, wrote=True).completion
    502
    """
    fields = usage or {}
    prompt = count(fields, *PROMPT)
    completion = count(fields, *COMPLETION)
    total = count(fields, *TOTAL)
    read = (
        fields_of(fields.get("prompt_tokens_details") or fields.get("input_tokens_details")) or {}
    )
    wrote_in = fields.get("completion_tokens_details") or fields.get("output_tokens_details")
    thoughts = max(
        count(told, name) or 0
        for told in (fields_of(wrote_in) or {}, fields)
        for name in ("reasoning_tokens", "thinking_tokens", "thoughtsTokenCount")
    )
    cached = count(read, "cached_tokens")
    if cached is None:
        cached = count(fields, "prompt_cache_hit_tokens", "cache_read_input_tokens")
    written = count(read, *WRITTEN) or count(fields, *WRITTEN) or 0
    if fields.get("prompt_tokens") is None or written > (prompt or 0):
        # Anthropic counts what a cache holds apart from the rest of the prompt
        apart = [count(fields, "cache_read_input_tokens"), count(fields, *WRITTEN)]
        prompt = prompt and prompt + sum(x for x in apart if x is not None)
    if total is not None and total > 0:
        if completion is None and prompt is not None:
            completion = max(0, total - prompt)
        elif prompt is None and completion is not None:
            prompt = max(0, total - completion)
    strange = any(fields.get(name) is not None and count(fields, name) is None for name in COUNTS)
    counted = bool(prompt) and completion is not None and (completion > 0 or not wrote)
    counted = counted and not strange
    prompt, completion = prompt or 0, completion or 0
    if total is None or thoughts > completion:
        completion += thoughts  # some count thoughts apart
    if counted and total is not None:
        completion = max(completion, total - prompt)
    read_usd = stated_usd(fields)
    return Usage(
        prompt, completion, cached if cached and cached <= prompt else 0, counted, read_usd, written
    )


def usage_of(body: object) -> Usage:
    """Read what a provider says that was used, of an answer that is none or broke off.

    Parameters
    ----------
    body : object
        The answer, as text or parsed from JSON.

    Examples
    --------
    >>> usage_of({"error": "gone", "usage": {"prompt_tokens": 9, "completion_tokens": 4}}).completion
    4
    >>> usage_of("gone").completion
    0
    """
    try:
        told = json.loads(body) if isinstance(body, str) else body
    except (ValueError, RecursionError):
        told = None
    fields = fields_of(told) or {}
    beside = fields.get("usage") or (fields_of(fields.get("error")) or {}).get("usage")
    return read_usage(fields_of(beside), wrote=True)


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
    if usage.keys().isdisjoint(STATED):
        return 0.0
    cost, details = usage.get("cost"), fields_of(usage.get("cost_details")) or {}
    charged = max(
        _usd((fields_of(cost) or {}).get("total_cost", cost)), _usd(details.get("total_cost"))
    )
    behind = _usd(details.get("upstream_inference_cost"))
    both = charged + behind if usage.get("is_byok") is True else max(charged, behind)
    ticks = _usd(usage.get("cost_in_usd_ticks"), most=MOST_USD / USD_A_TICK) * USD_A_TICK
    return max(both, ticks, *(_usd(usage.get(name)) for name in SUMS))


def _usd(value: object, most: float = MOST_USD) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value.strip("$ ") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return 0.0
    return number if 0 <= number <= most else 0.0


def count(fields: Mapping[str, Any], *names: str) -> int | None:
    """Return the first of ``names`` that stands there, as a number of tokens; ``None`` if it is none."""
    for name in names:
        value = fields.get(name)
        if value is not None:
            break
    else:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= MOST_TOKENS else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return math.ceil(number) if 0 <= number <= MOST_TOKENS else None


def fields_of(value: object) -> dict[str, Any] | None:
    """Return ``value`` if it is an object of JSON; else ``None``."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
