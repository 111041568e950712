"""Sort what LiteLLM raises into the engine's faults, without keys and without item text."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import Any

from labeling.llm.providers.price import Usage
from labeling.llm.providers.transport import Fault, Message, TransportError
from resources.environment import secrets
from resources.models.replies.blotting import blot
from resources.models.replies.rate_limits import asked_wait_s
from resources.models.replies.refused_parameters import refused_parameter
from resources.models.replies.usage_counts import usage_of

LONGEST_MESSAGE = 300
QUOTED = 24
"""Characters in common with the request from which a message counts as quoting it."""

SHORTEST_LINE = 6
"""Characters from which a whole line of the request counts as quoted: items may be short."""

LEFT_OUT = "the provider's message quotes the request and is left out"

PARAM = re.compile(r'"param"\s*:\s*"([^"]+)"')

UNSENT = frozenset(
    {
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "ProxyError",
        "UnsupportedProtocol",
        "InvalidURL",
        "LocalProtocolError",
        "ConnectionTimeoutError",
        "ClientConnectorError",
        "ClientConnectorDNSError",
        "ClientConnectorCertificateError",
        "ClientConnectorSSLError",
        "ClientProxyConnectionError",
        "ConnectionRefusedError",
        "gaierror",
        "SSLCertVerificationError",
    }
)
"""Errors of clients that had no connection yet: nothing was sent, so nothing is owed."""

SPENT = (
    "insufficient balance",
    "insufficient credit",
    "credit balance is too low",
    "billing_hard_limit_reached",
    "billing_not_active",
    "exceeded_current_quota",
    "arrearage",
    "account is in good standing",
    "\u4f59\u989d\u4e0d\u8db3",
)
"""How providers say that there is no money left: waiting does not bring it back."""

HELD_BACK = re.compile(
    r"content_filter|content management policy|prohibited_content|data_inspection_failed|"
    r"inappropriate content|requires moderation|flagged_input|\u654f\u611f\u5185\u5bb9",
    re.IGNORECASE,
)
"""How providers say that they will not look at an item: the others have nothing to do with it."""

GONE = re.compile(
    r"model_not_found|not a valid model|model\W[^.]{0,80}(?:deprecated|decommissioned|retired|does not exist)",
    re.IGNORECASE,
)
TOO_LARGE = re.compile(r"request too large|prompt is too long|input is too long", re.IGNORECASE)
"""More than a limit by the minute, or the model's context, could ever hold."""

USED = re.compile(
    r"[\"'](?:completion_tokens|choices|failed_generation)[\"']\s*:\s*[^\s0\[]|choices[\"']\s*:\s*\[\s*\{"
)
"""Signs in a refusal that a model had written something, which some ask money for."""

QUOTA = re.compile(r"quota|rate[ _]?limit|daily ?limit|too many requests", re.IGNORECASE)
REGAINS = re.compile(r"usage limits?\b.*\bregain access", re.IGNORECASE | re.DOTALL)
"""A limit of what may be spent, told as a bad request."""

BY_STATUS: Mapping[int | None, Fault] = {
    **dict.fromkeys((405, 410), Fault.UNKNOWN_MODEL),
    **dict.fromkeys((407, 451), Fault.UNAUTHORIZED),
    # a gateway gave up waiting; whoever is behind it may have answered
    **dict.fromkeys((408, 499, 504, 520, 524), Fault.TIMED_OUT),
    # refused for now, and may be taken later
    **dict.fromkeys((409, 425), Fault.UNAVAILABLE),
    # what stands behind a gateway failed, maybe in the midst of an answer
    424: Fault.GARBLED,
}

BY_NAME: Mapping[str, Fault] = {
    "AuthenticationError": Fault.UNAUTHORIZED,
    "PermissionDeniedError": Fault.UNAUTHORIZED,
    "NotFoundError": Fault.UNKNOWN_MODEL,
    "ContentPolicyViolationError": Fault.FILTERED,
    "RateLimitError": Fault.RATE_LIMITED,
    "Timeout": Fault.TIMED_OUT,
    "APITimeoutError": Fault.TIMED_OUT,
    "JSONDecodeError": Fault.GARBLED,
    "APIResponseValidationError": Fault.GARBLED,
    "ContextWindowExceededError": Fault.TOO_LONG,
    "UnsupportedParamsError": Fault.REJECTED,
    "UnprocessableEntityError": Fault.REJECTED,
    "BadRequestError": Fault.REJECTED,
    "ServiceUnavailableError": Fault.UNAVAILABLE,
    "BadGatewayError": Fault.UNAVAILABLE,
}


def read_fault(
    error: BaseException,
    messages: Sequence[Message],
    key: str | None = None,
    sent: Collection[str] = (),
) -> TransportError:
    """Return the fault that ``error`` stands for.

    Parameters
    ----------
    error : BaseException
        Raised by LiteLLM.
    messages : sequence of Message
        What was sent; a message that quotes it is not passed on.
    key : str, optional
        Blotted out wherever it stands.
    sent : collection of str
        Names of the parameters that were sent.
    """
    fault, refused = _fault(error, messages), None
    if fault is Fault.REJECTED:
        refused = refused_parameter(str(error), _named(error), sent)
    said = clean(str(error), messages, key)
    bodies = _bodies(error) if was_refused(error) else []
    charged = USED.search(" ".join(bodies)) is not None
    used = max(map(usage_of, bodies), key=lambda u: (u.completion, u.stated_usd), default=Usage())
    return TransportError(fault, said, _asked_wait_s(error), refused, charged, used)


def _named(error: BaseException) -> str | None:
    """Return the parameter that the provider's error names in a field of its own."""
    for one in _chain(error):
        body = getattr(one, "body", None)
        inner = body.get("param") if isinstance(body, dict) else None
        for value in (getattr(one, "param", None), inner):
            if isinstance(value, str) and value:
                return value
    found = PARAM.search(str(error))
    return found[1] if found else None


def was_refused(error: BaseException) -> bool:
    """Whether the provider's own answer was a refusal (a status of 400 or more)."""
    return (_status(_chain(error)) or 0) >= 400


def clean(text: str, messages: Sequence[Message] = (), key: str | None = None) -> str:
    """Take keys and item text out of an error message, and cut it short.

    Examples
    --------
    >>> clean("litellm.AuthenticationError: Incorrect API key provided: sk-live-123456789")
    'Incorrect API key provided: [key]'
    """
    text = re.sub(r"^(?:litellm\.)?(?:\w+Error: |\w+Exception - )*", "", text)
    text = _message(text.removeprefix("litellm.").split("\nTraceback")[0])
    text = re.sub(r", time taken=[\d.]+ seconds", "", text)  # LiteLLM's own, not the request's
    text = blot(text, [*secrets(), *([key] if key else [])])
    for sent in _texts(messages):
        if any(line in text for line in _lines(sent)):
            return LEFT_OUT
        match = SequenceMatcher(None, text, sent, autojunk=False).find_longest_match()
        if match.size >= min(QUOTED, max(8, len(sent))):
            return LEFT_OUT
    return text[:LONGEST_MESSAGE].strip()


def _message(text: str) -> str:
    """Return the message of an error that is told as JSON."""
    try:
        told: Any = json.loads(text)
        return str(told["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text


def _lines(text: str) -> list[str]:
    return [line for line in map(str.strip, text.splitlines()) if len(line) >= SHORTEST_LINE]


def _texts(messages: Sequence[Message]) -> list[str]:
    texts: list[str] = []
    for message in messages:
        content = message.get("content") or ""
        if isinstance(content, str):
            texts.append(content)
        else:
            texts += [part["text"] for part in content if part.get("type") == "text"]
    return [text for text in texts if text]


def _unquoted(text: str, messages: Sequence[Message]) -> str:
    """Return a message without what it quotes of the request: an item never decides what is wrong."""
    for sent in _texts(messages):
        for line in sorted(_lines(sent), key=len, reverse=True):
            text = text.replace(line, " ")
        matcher = SequenceMatcher(None, text, sent, autojunk=False)
        while (match := matcher.find_longest_match()).size >= QUOTED:
            text = f"{text[: match.a]} {text[match.a + match.size :]}"
            matcher.set_seq1(text)
    return text


def _fault(error: BaseException, messages: Sequence[Message] = ()) -> Fault:
    chain = _chain(error)
    names = [type(e).__name__ for e in chain]
    text, words = _unquoted(str(error), messages), _unquoted(" ".join(_bodies(error)), messages)
    if "JSONDecodeError" in names or "APIResponseValidationError" in names:
        return Fault.GARBLED
    codes = {str(getattr(e, "code", "")) for e in chain}
    if "insufficient_quota" in codes or "insufficient_quota" in text:
        return Fault.OUT_OF_QUOTA
    status = _status(chain) or getattr(error, "status_code", None)
    told = f"{text} {' '.join(codes)} {words}".casefold()
    if HELD_BACK.search(told):
        return Fault.FILTERED
    if "context_length_exceeded" in codes or TOO_LARGE.search(text):
        return Fault.TOO_LONG
    if UNSENT & set(names):
        return Fault.UNREACHABLE
    if ("openai", "OpenAIError") in {(type(e).__module__, type(e).__name__) for e in chain}:
        return Fault.UNAUTHORIZED  # its bare class: no client was made, mostly for want of a key
    if status == 402 or any(words in told for words in SPENT):
        return Fault.OUT_OF_QUOTA
    if (status == 403 and QUOTA.search(text)) or REGAINS.search(text):
        return Fault.RATE_LIMITED
    if status == 400 and GONE.search(told):
        return Fault.UNKNOWN_MODEL
    if status in BY_STATUS:
        return BY_STATUS[status]
    for name in names:
        if name in BY_NAME:
            return BY_NAME[name]
    lost = {"APIConnectionError", "ReadError"} & set(names)
    if lost or "onnection error" in text or "isconnected" in text:
        return Fault.DROPPED
    if isinstance(status, int) and 400 <= status < 500:
        return Fault.REJECTED
    # a failure that no answer of the provider's tells of may be LiteLLM's, over one that was paid
    return Fault.UNAVAILABLE if (_status(chain) or 0) >= 400 else Fault.GARBLED


def _status(chain: Sequence[BaseException]) -> int | None:
    """Return the status of the provider's own answer; LiteLLM makes up others."""
    for error in chain:
        if type(error).__module__.partition(".")[0] != "litellm":
            response = getattr(error, "response", None)
            status = getattr(response, "status_code", None) or getattr(error, "status", None)
            if isinstance(status, int):
                return status
    return None


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def _bodies(error: BaseException) -> list[str]:
    """Return the provider's own answer, as it came, beside what is raised for it."""
    bodies = [getattr(getattr(one, "response", None), "text", "") for one in _chain(error)]
    return [body for body in bodies if isinstance(body, str)]


def _asked_wait_s(error: BaseException) -> float | None:
    """Return for how long the provider asks to be left alone."""
    headers: dict[str, str] = {}
    words = [str(error)]
    for one in _chain(error):
        response = getattr(one, "response", None)
        for told in (
            getattr(response, "headers", None),
            getattr(one, "litellm_response_headers", None),
        ):
            if told is not None:
                headers = {str(k).casefold(): str(v) for k, v in told.items()} | headers
        body = getattr(one, "body", None)
        if body:
            words.append(json.dumps(body, default=str))
    return asked_wait_s(headers, " ".join(words), datetime.now(UTC))
