"""Read chat completions in OpenAI's form as providers really write them, odd ones included.

Whoever got this far may have been charged, so whatever can be read is read: content in parts,
arguments of tools, numbers as text. What cannot be is told as what it is.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from labeling.kinds.asking import Token
from labeling.llm.providers.price import Usage
from labeling.llm.providers.transport import Fault, Reply, TransportError
from resources.models.replies.rate_limits import asked_wait_s
from resources.models.replies.usage_counts import count, fields_of, read_usage, usage_of

THOUGHTS = (
    "thinking",
    "redacted_thinking",
    "reasoning",
    "reasoning_content",
    "thinking_blocks",
    "analysis",
)
"""Fields of a message that are not what it says."""

THINKS = re.compile(
    r"(?:\w*_)?(?:(?:think|reason|summary|analysis|scratch_?pad|plan)(?:ing)?|thoughts?)"
    r"(?:_?(?:text|content|blocks?))?",
    re.IGNORECASE,
)
"""Names of parts and tools that are not what an answer says."""

LONGEST = 500_000
"""Characters of an answer that are read; no model writes more of its own accord."""

ENDS: Mapping[str, re.Pattern[str]] = {
    "content_filter": re.compile(
        r"filter|safety|toxic|polic|block|moderat|prohibit|guard|sensitive|refus|recit|spii|language"
    ),
    "length": re.compile(r"length|max|limit|incomplete|not_?complete|truncat|exceed|repeti|pause"),
    "error": re.compile(
        r"error|abort|cancel|time_?out|interrupt|preempt|malformed|fail|insufficient|unexpected|"
        r"missing|too_many|evict|credit|^other$|^(?:un)?load$"
    ),
}
"""How providers name the end of an answer, and what it means; whatever else is a proper end."""


def read_completion(body: Mapping[str, Any]) -> Reply:
    """Read one chat completion.

    Parameters
    ----------
    body : mapping
        The provider's answer, parsed from JSON.

    Raises
    ------
    TransportError
        If it is an error, or none of it can be read, with what it says that it used. The message
        is the provider's own and may quote the request.

    Examples
    --------
    >>> part = {"type": "text", "text": "HAM"}
    >>> body = {"choices": [{"message": {"content": [part]}}], "usage": {"prompt_tokens": "9"}}
    >>> read_completion(body).text, read_completion(body).usage.counted
    ('HAM', False)
    """
    choices = body.get("choices")
    choice = _first(choices) if isinstance(choices, list) else None
    if choice is None:
        if told := next((body[n] for n in ("error", "detail", "message") if body.get(n)), None):
            raise _fault_of(body if told is body.get("message") else told, usage_of(body))
        raise TransportError(Fault.GARBLED, "a reply without choices", usage=usage_of(body))
    finish = _end(choice)
    wrong = choice.get("error") or body.get("error")
    if wrong or finish == "error":
        why = f"the answer broke off: {_words(wrong) or 'no reason'}"
        raise TransportError(Fault.GARBLED, why, usage=usage_of(body))
    message = fields_of(choice.get("message")) or {}
    said = _text(message.get("content") if "content" in message else choice.get("text"))
    said = said or _text((fields_of(message.get("audio")) or {}).get("transcript"))
    text = "\n".join(part for part in (said, *_arguments(message)) if part.strip())
    if len(text) > LONGEST:
        text, finish = text[:LONGEST], "length"
    refusal = _refusal(message)
    wrote = bool(text or refusal or any(message.get(name) for name in THOUGHTS))
    usage = body.get("usage")
    return Reply(
        text=text,
        finish_reason=finish,
        refusal=refusal,
        usage=read_usage(
            usage if isinstance(usage, Mapping) else None, wrote=wrote or finish == "length"
        ),
        model=str(body.get("model") or ""),
        fingerprint=str(body["system_fingerprint"]) if body.get("system_fingerprint") else None,
        tokens=_tokens(choice.get("logprobs")),
    )


def _text(content: object) -> str:
    """Return what an answer says, of whatever form its content is; thoughts are no part of it."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_text(part) for part in cast("list[object]", content))
    part = fields_of(content)
    if part is None:
        return json.dumps(content)
    only = next(iter(part), "") if len(part) == 1 else ""
    kind = str(part.get("type") or only)
    if kind == "refusal" or part.get("thought") is True or THINKS.fullmatch(kind):
        return ""
    if "input" in part and "text" not in part:
        return "" if THINKS.fullmatch(str(part.get("name"))) else json.dumps(part["input"])
    for name in ("text", "content", "parts", "value"):
        if name in part:
            return _text(part[name])
    return "" if "type" in part else json.dumps(part)


def _arguments(message: Mapping[str, Any]) -> Iterable[str]:
    """Yield what a model answered by calling tools; one to think with answers nothing."""
    calls = message.get("tool_calls")
    calls = cast("list[object]", calls) if isinstance(calls, list) else [calls]
    for call in (*calls, {"function": message.get("function_call")}):
        fields = fields_of(call) or {}
        tool = fields_of(fields.get("function") or fields.get("custom")) or fields
        told = next((tool[n] for n in ("arguments", "input", "args") if tool.get(n)), None)
        if told is not None and not THINKS.fullmatch(str(tool.get("name") or "")):
            yield told if isinstance(told, str) else json.dumps(told)


def _end(choice: Mapping[str, Any]) -> str:
    """Return how an answer came to its end; the first improper one where it is told twice."""
    for name in ("finish_reason", "native_finish_reason", "done_reason"):
        told = choice.get(name)
        end = None if told is None else _meant(str((fields_of(told) or {}).get("type", told)))
        if end is not None:
            return end
    return "stop"


@lru_cache(maxsize=256)
def _meant(told: str) -> str | None:
    """Return which improper end a provider's word means; ``None`` for a proper one."""
    word = told.casefold().replace("-", "_")
    return next((end for end, words in ENDS.items() if words.search(word)), None)


def _refusal(message: Mapping[str, Any]) -> str | None:
    specific = fields_of(message.get("provider_specific_fields")) or {}
    content = message.get("content")
    parts = cast("list[object]", content) if isinstance(content, list) else []
    said = [part.get("refusal") for part in map(fields_of, parts) if part is not None]
    found = next((x for x in (message.get("refusal"), specific.get("refusal"), *said) if x), None)
    return str(found) if found else None


def _tokens(logprobs: object) -> tuple[Token, ...]:
    """Return the answer's tokens; none where one of them cannot be read."""
    content = (fields_of(logprobs) or {}).get("content")
    found: list[Token] = []
    for one in content if isinstance(content, list) else ():
        token = _token(fields_of(one) or {})
        if token is None:
            return ()
        others = (fields_of(one) or {}).get("top_logprobs")
        rivals = [_token(fields_of(o) or {}) for o in others] if isinstance(others, list) else []
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


def _first(choices: list[Any]) -> dict[str, Any] | None:
    """Return the choice that is numbered first, wherever it stands."""
    found = [fields for one in choices if (fields := fields_of(one)) is not None]
    return min(found, key=lambda one: count(one, "index") or 0, default=None)


def _fault_of(error: object, usage: Usage) -> TransportError:
    """Return what an error inside a reply stands for, by the status or the words that it names."""
    fields = fields_of(error) or {}
    code = str(fields.get("code") or fields.get("status") or fields.get("type") or "")
    status = int(code) if code.isdecimal() else None
    words = _words(error)
    if status == 429 or "rate_limit" in code:
        wait = asked_wait_s({}, json.dumps(error, default=str), datetime.now(UTC))
        return TransportError(Fault.RATE_LIMITED, words, wait, usage=usage)
    if status in (401, 403):
        return TransportError(Fault.UNAUTHORIZED, words, usage=usage)
    if status == 404:
        return TransportError(Fault.UNKNOWN_MODEL, words, usage=usage)
    if status == 402 or code == "insufficient_quota":
        return TransportError(Fault.OUT_OF_QUOTA, words, usage=usage)
    if status is not None and 400 <= status < 500 and status != 408:
        return TransportError(Fault.REJECTED, words, usage=usage)
    return TransportError(Fault.GARBLED, words, usage=usage)


def _words(error: object) -> str:
    fields = fields_of(error)
    if fields is None:
        return str(error or "")
    return ": ".join(str(fields[name]) for name in ("code", "message") if fields.get(name))
