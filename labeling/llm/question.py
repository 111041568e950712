"""One question that is about no single item: quoted, asked once, and paid for once.

It takes the same way as a vote: the cap, the pace, the retries and the ledger. Where an answer cannot be
used, it may be asked for once more.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from labeling.errors import LabelingError, SuggestionError
from labeling.llm.asking import Asker
from labeling.llm.ledger.behaviour import manners_of, seen_of
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Call, Ledger
from labeling.llm.ledger.opening import open_pacer, open_purse
from labeling.llm.ledger.rests import breaker_of
from labeling.llm.ledger.rows import content_key
from labeling.llm.prompts.rendering import repair
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.breaker import ProviderDownError
from labeling.llm.providers.loop import run_to_end
from labeling.llm.providers.manners import larger
from labeling.llm.providers.pace import Pacer
from labeling.llm.providers.price import Price, Usage
from labeling.llm.providers.room import with_room
from labeling.llm.providers.tally import Tally
from labeling.llm.providers.transport import (
    Fault,
    Message,
    Reply,
    Request,
    Transport,
    TransportError,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and what its answer may look like.

    Parameters
    ----------
    name : str
        Whose work it is in the ledger, and the kind of question there: ``rules`` or ``suggest``.
    model : str
        As LiteLLM names it.
    messages : tuple of Message
        What is said.
    schema : mapping
        JSON schema of the answer; a model that takes none has to be told in ``messages``.
    room, timeout_s : int, float
        Tokens of the answer and seconds for it, at most.
    salt : str
        Sets the question apart from the same one asked before; empty to know it again.

    Examples
    --------
    >>> from dataclasses import replace
    >>> one = Question("rules", "m", ({"role": "user", "content": "Which?"},), {})
    >>> one.key == replace(one, salt="").key, one.key == replace(one, salt="again").key
    (True, False)
    """

    name: str
    model: str
    messages: tuple[Message, ...]
    schema: Mapping[str, Any]
    room: int = 4096
    timeout_s: float = 300.0
    salt: str = ""

    @property
    def key(self) -> str:
        """By which the ledger knows it, whoever asks and when."""
        asked = json.dumps([list(self.messages), dict(self.schema)], sort_keys=True)
        digest = hashlib.sha256(asked.encode()).hexdigest()
        return content_key(self.name, self.model, digest, self.room, self.salt)

    def request(self, *, structured: bool = True) -> Request:
        """Return what is sent; without the schema for a model that takes none."""
        return Request(
            model=self.model,
            messages=self.messages,
            parameters=with_room({}, self.room),
            schema=self.schema if structured else None,
            timeout_s=self.timeout_s,
        )


@dataclass(frozen=True, slots=True)
class Quoted:
    """What a question will take: expected, and at worst; nothing where its answer is known."""

    known: bool
    prompt_tokens: int
    cost_usd: float
    worst_usd: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model said; ``cost_usd`` was paid for it now, so 0 where the ledger knew it."""

    text: str
    refusal: str | None
    cut: bool
    cost_usd: float
    known: bool

    @property
    def declined(self) -> str:
        r"""What a model says that does not want to answer, in a line; empty where it answered.

        Examples
        --------
        >>> Answered("", "No.\nNever.\x1b[2J", cut=False, cost_usd=0.0, known=True).declined
        'No. Never. [2J'
        """
        said = "".join(one if one.isprintable() else " " for one in self.refusal or "")
        return " ".join(said.split())[:200]


def quote_question(
    question: Question, transport: Transport, ledger: Ledger, price: Price
) -> Quoted:
    """Return what :func:`ask_question` would take; sends nothing.

    Half of the room is expected to be written, and all of it at worst.
    """
    if ledger.answers([question.key]):
        return Quoted(True, 0, 0.0, 0.0)
    tokens = transport.count_tokens(question.model, question.messages)
    asker = _asker(question, transport, ledger, Budget(), price, "quote", Pacer())
    worst = asker.worst_usd(question.request())
    return Quoted(False, tokens, price.cost(Usage(tokens, question.room // 2)), worst)


def ask_question(
    question: Question,
    transport: Transport,
    ledger: Ledger,
    price: Price,
    *,
    run: str,
    budget: Budget | None = None,
    pace: Pace | None = None,
    account: str = "",
) -> Answered:
    """Ask, unless the ledger knows the answer.

    Parameters
    ----------
    question : Question
    transport : Transport
        Talks to the model.
    ledger : Ledger
        Held for spending until this returns.
    price, run
        Of the model; which run pays.
    budget : Budget, optional
        Caps, held before anything is sent.
    pace : Pace, optional
        What the model allows.
    account : str
        Whose work it is booked as, in words.

    Raises
    ------
    BudgetError
        If the question might pass a cap.
    LabelingError
        If no answer came, in the provider's words.
    """
    with ledger.spending():
        known = ledger.answers([question.key]).get(question.key)
        if known is not None:
            return _answered(known.reply, 0.0, known=True)
        pacer = open_pacer(ledger, question.model, pace or Pace())
        asker = _asker(question, transport, ledger, budget or Budget(), price, run, pacer, account)
        try:
            reply = run_to_end(_ask(question, asker))
        except TransportError as error:
            if error.fault is Fault.FILTERED:
                reply = Reply("", finish_reason="content_filter")
            else:
                raise LabelingError(f"{question.model} cannot be asked: {error}") from None
        except ProviderDownError as error:
            raise LabelingError(str(error)) from None
        return _answered(reply, asker.tally.cost_usd + asker.tally.exposure_usd, known=False)


def to_be_asked(question: Question, read: Callable[[str], object], ledger: Ledger) -> Question:
    """Return what :func:`ask_until_read` has to ask next: the question, or once more where its answer is of no use.

    Where nothing has to be asked, it is one whose answer the ledger knows.
    """
    known = ledger.answers([question.key]).get(question.key)
    if known is None:
        return question
    said = _answered(known.reply, 0.0, known=True)
    if said.refusal:
        return question
    try:
        read(said.text)
    except SuggestionError as error:
        return _once_more(question, said, str(error))
    return question


def ask_until_read(
    question: Question, read: Callable[[str], T], ask: Callable[[Question], Answered]
) -> T:
    """Ask, and once more where the answer cannot be used: with more room where it was cut; return what was read.

    Parameters
    ----------
    question : Question
    read : callable
        Takes the text of an answer; raises SuggestionError where it cannot be used.
    ask : callable
        As :func:`ask_question`, with all that it needs.

    Raises
    ------
    SuggestionError
        If the model declines, or neither answer can be used.
    """
    said = ask(question)
    try:
        return read(_willing(question, said))
    except SuggestionError as error:
        if said.refusal:
            raise
        again = _once_more(question, said, str(error))
    return read(_willing(again, ask(again)))


def _willing(question: Question, said: Answered) -> str:
    if said.refusal:
        raise SuggestionError(f"{question.model} declines: {said.declined}")
    return said.text


def _once_more(question: Question, said: Answered, why: str) -> Question:
    if said.cut:
        return replace(question, room=larger(question.room))
    told = f"That cannot be used: {why}. Answer once more, with the JSON object alone."
    return replace(question, messages=repair(question.messages, said.text, told))


async def _ask(question: Question, asker: Asker) -> Reply:
    """Ask for an answer by schema; in words alone where the model takes no schema."""
    request = question.request()
    name = question.name
    call = Call(question.key, name, name, "", question.model, "", request.parameters)
    if asker.transport.capabilities(question.model).structured is False:
        return await asker.ask(call, question.request(structured=False))
    try:
        return await asker.ask(call, request)
    except TransportError as error:
        if error.fault is not Fault.REJECTED:
            raise
        return await asker.ask(call, question.request(structured=False))


def _asker(
    question: Question,
    transport: Transport,
    ledger: Ledger,
    budget: Budget,
    price: Price,
    run: str,
    pacer: Pacer,
    account: str = "",
) -> Asker:
    model = question.model
    return Asker(
        transport,
        ledger,
        open_purse(budget, ledger, run),
        pacer,
        breaker_of(model, ledger),
        Tally(),
        run,
        price,
        account=account,
        seen=seen_of(model, ledger),
        manners=manners_of(model, ledger),
    )


def _answered(reply: Reply, cost_usd: float, *, known: bool) -> Answered:
    filtered = reply.finish_reason == "content_filter"
    refusal = reply.refusal or ("the provider's content filter held it back" if filtered else None)
    return Answered(reply.text, refusal, reply.finish_reason == "length", cost_usd, known)
