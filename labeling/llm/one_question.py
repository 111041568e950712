"""One question to one model that is about no single item, through the cap, the pace and the ledger.

What was answered is read in the ledger the next time: whoever asks the same pays once.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from labeling.errors import SuggestionError
from labeling.llm.backend import Backend
from labeling.llm.budget import Purse
from labeling.llm.discovery import discover
from labeling.llm.ledger import Call
from labeling.llm.ledger_rows import Stored, content_key
from labeling.llm.loop import run_to_end
from labeling.llm.manners import larger
from labeling.llm.prompt import Prompt
from labeling.llm.rendering import repair
from labeling.llm.transport import Fault, Message, Reply, Request, TransportError
from labeling.llm.voter import Voter
from labeling.llm.voters import Desk, assemble

T = TypeVar("T")

KIND = "suggest"
"""As which the ledger books it."""

EXPECTED_TOKENS = 800
"""Completion tokens of a usual answer; a thousand words of instructions are about twice as many."""


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is asked, and how an answer is read.

    Parameters
    ----------
    messages : tuple of Message
        The chat.
    schema : mapping
        JSON schema of the answer, for models that keep to one.
    read : callable
        Takes the text of an answer; raises SuggestionError where it cannot be used.
    """

    messages: tuple[Message, ...]
    schema: dict[str, Any]
    read: Callable[[str], T]

    def key(self, model: str, turn: str = "ask") -> str:
        """Return the key by which the ledger knows it."""
        return content_key(KIND, turn, model, json.dumps(self.messages, sort_keys=True))


@dataclass(frozen=True, slots=True)
class Cost:
    """What asking will take, in US dollars: expected, and at most for each of its requests; 0 if known."""

    usd: float
    worst_usd: float
    known: bool


def reckon(desk: Desk, asker: Prompt, question: Question[T]) -> Cost:
    """Tell what asking will cost; sends nothing.

    Raises
    ------
    PromptError
        If nobody knows the price of the model and there is a budget to be held.
    """
    backend = _voter(desk, asker).backends[0]
    if _is_known(desk, asker, question):
        return Cost(0.0, 0.0, known=True)
    request = _request(backend, question.messages, question.schema)
    tokens = desk.transport.count_tokens(asker.model, question.messages)
    price = backend.asker.price
    expected = tokens * price.input_usd + EXPECTED_TOKENS * price.output_usd + price.request_usd
    worst = backend.asker.worst_usd(request)
    return Cost(min(expected, worst), worst, known=False)


def ask_once(desk: Desk, asker: Prompt, question: Question[T]) -> T:
    """Ask, and once more where the answer cannot be used; return what was read.

    Parameters
    ----------
    desk : Desk
        Who pays, and out of which budget.
    asker : Prompt
        Its model and parameters are used; its body is not.
    question : Question

    Raises
    ------
    SuggestionError
        If the model declines, or neither answer can be used.
    BudgetError, ProviderDownError
        If nothing may be sent, or the provider is down.
    """
    with desk.ledger.spending():
        return run_to_end(_ask(desk, asker, question))


async def _ask(desk: Desk, asker: Prompt, question: Question[T]) -> T:
    voter = _voter(desk, asker)
    backend, ledger = voter.backends[0], desk.ledger
    first, second = question.key(asker.model), question.key(asker.model, "repair")
    known = ledger.answers([first, second])
    try:
        if first not in known:
            backend.form = await discover(voter.name, asker, desk.classes, backend.asker, ledger)
        request = _request(backend, question.messages, question.schema)
        said = await _said(voter, first, request, known)
        try:
            return question.read(said.text)
        except SuggestionError as error:
            why = str(error)
        told = f"That cannot be used: {why}. Answer once more, with the JSON object alone."
        messages, room = repair(question.messages, said.text, told), backend.room
        if said.finish_reason == "length":
            messages, room = question.messages, larger(room)
        again = await _said(
            voter, second, _request(backend, messages, question.schema, room), known
        )
        return question.read(again.text)
    except TransportError as error:
        if error.fault is Fault.FILTERED:
            raise SuggestionError(f"{asker.model} declined to look at the question") from None
        raise SuggestionError(f"{asker.model} cannot be asked: {error}") from None
    finally:
        ledger.sync()


async def _said(voter: Voter, key: str, request: Request, known: dict[str, Stored]) -> Reply:
    """Return what the ledger knows, or the model says."""
    backend = voter.backends[0]
    if key in known:
        reply, filtered = known[key].reply, known[key].filtered
    else:
        call = Call(key, KIND, voter.name, backend.version, request.model, "", request.parameters)
        reply = await backend.asker.ask(call, request)
        filtered = reply.finish_reason == "content_filter"
    if filtered:
        raise TransportError(Fault.FILTERED)
    if reply.refusal:
        raise SuggestionError(f"{request.model} declines: {' '.join(reply.refusal.split())[:200]}")
    return reply


def _is_known(desk: Desk, asker: Prompt, question: Question[T]) -> bool:
    """Whether nothing would be sent: the answer can be used, was refused, or was asked for anew already."""
    first, second = question.key(asker.model), question.key(asker.model, "repair")
    known = desk.ledger.answers([first, second])
    if first not in known or second in known:
        return first in known
    if known[first].filtered or known[first].reply.refusal:
        return True
    try:
        question.read(known[first].reply.text)
    except SuggestionError:
        return False
    return True


def _voter(desk: Desk, asker: Prompt) -> Voter:
    purse = Purse(desk.budget, desk.ledger, desk.run, time.time)
    (voter,) = assemble(desk, [asker], purse).values()
    return voter


def _request(
    backend: Backend,
    messages: tuple[Message, ...],
    schema: dict[str, Any],
    room: int | None = None,
) -> Request:
    return Request(
        model=backend.prompt.model,
        messages=messages,
        parameters=backend.parameters(room),
        schema=schema if backend.form.json else None,
        timeout_s=backend.prompt.settings.timeout_s,
    )
