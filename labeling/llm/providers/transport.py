"""What the engine needs of whoever talks to the models, and what can go wrong on the way.

The engine never imports a client library: a :class:`Transport` sends one request and returns one
reply or raises :class:`TransportError` with a :class:`Fault`. It does not retry; the engine does,
so that every attempt stands in the ledger.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from labeling.kinds.asking import Token
from labeling.llm.providers.price import Price, Usage

Message = Mapping[str, Any]
"""One chat message in OpenAI's form: ``role`` and ``content`` (text, or parts with images)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one model.

    Parameters
    ----------
    model : str
        As LiteLLM names it: ``gpt-4o-mini``, ``ollama/llama3.2``, ``openai/anything``.
    messages : tuple of Message
        The chat so far.
    parameters : mapping
        Sampling parameters, a limit of the answer's length always among them.
    schema : mapping, optional
        JSON schema that the answer has to follow.
    logprobs : bool
        Ask for the log-probabilities of the answer's tokens.
    timeout_s : float
        Give up after that many seconds.
    """

    model: str
    messages: tuple[Message, ...]
    parameters: Mapping[str, Any]
    schema: Mapping[str, Any] | None = None
    logprobs: bool = False
    timeout_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. ``model`` and ``fingerprint`` are the provider's own words."""

    text: str
    finish_reason: str = "stop"
    refusal: str | None = None
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    fingerprint: str | None = None
    tokens: tuple[Token, ...] = ()


class Fault(StrEnum):
    """Everything that can come back instead of a reply."""

    RATE_LIMITED = "rate limited"
    UNAVAILABLE = "unavailable"
    UNREACHABLE = "no connection"
    TIMED_OUT = "timed out"
    DROPPED = "connection dropped"
    GARBLED = "garbled reply"
    FILTERED = "content filter"
    TOO_LONG = "too long"
    REJECTED = "rejected"
    UNAUTHORIZED = "unauthorized"
    OUT_OF_QUOTA = "out of quota"
    UNKNOWN_MODEL = "unknown model"


TRANSIENT = frozenset(
    {
        Fault.RATE_LIMITED,
        Fault.UNAVAILABLE,
        Fault.UNREACHABLE,
        Fault.TIMED_OUT,
        Fault.DROPPED,
        Fault.GARBLED,
    }
)
"""Worth another try."""

FATAL = frozenset({Fault.UNAUTHORIZED, Fault.OUT_OF_QUOTA, Fault.UNKNOWN_MODEL})
"""No request to this model can succeed: stop at once."""

LOOKED_AT = frozenset({Fault.FILTERED, Fault.TOO_LONG})
"""The provider looked at the question before it refused it, for which some ask money (Azure)."""

MAYBE_CHARGED = LOOKED_AT | {Fault.TIMED_OUT, Fault.DROPPED, Fault.GARBLED}
"""The provider may have worked, and will then ask for money: counted at the worst case."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A parameter that a model does not take as it was sent.

    Parameters
    ----------
    parameter : str
        Its name, as it was sent.
    at_least, at_most : int, optional
        What a limit has to be; 0 where it is known only that more is needed.
    """

    parameter: str
    at_least: int | None = None
    at_most: int | None = None


class TransportError(Exception):
    """A request that brought no reply.

    Parameters
    ----------
    fault : Fault
        What happened.
    message : str
        For people; free of keys and of item text.
    retry_after_s : float, optional
        How long the provider asks to be left alone, in seconds; infinity for hours or more that
        it does not count.
    refused : Refused, optional
        Which parameter was rejected, where the provider says so.
    charged : bool
        Whether it may ask for money, whatever the fault usually means; so it may wherever
        ``usage`` tells of something written, or of a cost.
    usage : Usage
        What it says that it used; never counted, since a part of it may be missing: what may be
        charged is at least the worst case.
    """

    def __init__(
        self,
        fault: Fault,
        message: str = "",
        retry_after_s: float | None = None,
        refused: Refused | None = None,
        charged: bool = False,
        usage: Usage = Usage(),  # noqa: B008  frozen
    ) -> None:
        super().__init__(f"{fault}: {message}" if message else str(fault))
        self.fault = fault
        self.message = message
        self.retry_after_s = retry_after_s
        self.refused = refused
        self.charged = charged or usage.completion > 0 or usage.stated_usd > 0
        self.usage = replace(usage, counted=False)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model is declared to do; ``None`` where nobody knows before it is tried."""

    structured: bool | None = None
    logprobs: bool | None = None
    vision: bool | None = None


class Transport(Protocol):
    """Whoever talks to the models."""

    @property
    def simulated(self) -> bool:
        """Whether answers come from a simulation; its voters are then named so."""
        ...

    async def complete(self, request: Request) -> Reply:
        """Send one request, once.

        Raises
        ------
        TransportError
            Whatever came back instead of a reply.
        """
        ...

    def capabilities(self, model: str) -> Capabilities:
        """Return what the model is declared to do."""
        ...

    def price(self, model: str) -> Price | None:
        """Return what the model costs, or ``None`` if nobody knows."""
        ...

    def count_tokens(self, model: str, messages: tuple[Message, ...]) -> int:
        """Estimate the prompt tokens of ``messages``."""
        ...
