"""One question to one model, through the cap, the pace, the retries and the ledger."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tenacity import AsyncRetrying, RetryCallState, wait_random_exponential

from labeling.errors import BudgetError
from labeling.llm.ledger.budget import Purse
from labeling.llm.ledger.elsewhere import AskedElsewhereError, CapWaitError
from labeling.llm.ledger.ledger import Call, Ledger
from labeling.llm.outcome import WAITS
from labeling.llm.providers.breaker import Breaker
from labeling.llm.providers.manners import Manners
from labeling.llm.providers.pace import Pacer
from labeling.llm.providers.price import Price, Usage
from labeling.llm.providers.room import room_of
from labeling.llm.providers.tally import Tally
from labeling.llm.providers.transport import (
    MAYBE_CHARGED,
    TRANSIENT,
    Fault,
    Reply,
    Request,
    Transport,
    TransportError,
)
from labeling.llm.providers.worst_case import Seen, images_in, most_tokens, worst_case_usd

ATTEMPTS = 6
PATIENT_ATTEMPTS = 40
"""Attempts where a provider only asks for patience (429): it lives, so waiting pays."""

UNCOUNTED = "its answers are booked at the most that they can cost"

ASK_FOR_TIME = (Fault.RATE_LIMITED, Fault.UNAVAILABLE)
LONGEST_PAUSE_S = 300.0
"""Whoever asks for a longer pause is left alone: the run ends, and says until when."""

BACKOFF_S, LONGEST_BACKOFF_S = 0.5, 30.0
"""Full jitter: uniform between 0 and 0.5 s, 1 s, 2 s ... at most 30 s."""


@dataclass(slots=True)
class Asker:
    """Asks one model; each attempt is a row of the ledger.

    Parameters
    ----------
    transport, ledger, purse, pacer, breaker, tally
        What it goes through, in the order of the docstring above.
    run : str
        The run that pays.
    price : Price
        Of the model.
    attempts : int
        Tries of one question before it is given up.
    account : str
        Whose work it is.
    seen : Seen
        What the model used beyond its limits before; shared by all who ask it.
    manners : Manners
        What it refuses, and is asked without; shared likewise.
    """

    transport: Transport
    ledger: Ledger
    purse: Purse
    pacer: Pacer
    breaker: Breaker
    tally: Tally
    run: str
    price: Price
    attempts: int = ATTEMPTS
    account: str = ""
    seen: Seen = field(default_factory=Seen)
    manners: Manners = field(default_factory=Manners)
    clock: Callable[[], float] = field(default=time.perf_counter)

    async def ask(self, call: Call, request: Request) -> Reply:
        """Ask until there is an answer, without what the model refuses.

        Raises
        ------
        TransportError
            If the question cannot be answered, or the last attempt failed.
        BudgetError
            If the request might pass a cap.
        ProviderDownError
            If the provider counts as dead.
        """
        while True:
            sent = self.manners.adapt(request)
            try:
                return await self._patiently(replace(call, parameters=sent.parameters), sent)
            except AskedElsewhereError as asked:
                if (known := await self._elsewhere(call, asked)) is not None:
                    return known
            except TransportError as error:
                told = self.manners.learn(sent, error.refused) if error.refused else None
                if told is None:
                    raise
                self.tally.advise(told)

    async def _patiently(self, call: Call, request: Request) -> Reply:
        try:
            return await self._attempt(call, request)
        except TransportError as error:
            failed = [error]

        backoff = wait_random_exponential(multiplier=BACKOFF_S, max=LONGEST_BACKOFF_S)
        retrying = AsyncRetrying(
            stop=self._stop, wait=lambda state: _wait(state, backoff), retry=_again, reraise=True
        )

        async def again() -> Reply:
            if failed:
                raise failed.pop()
            return await self._attempt(call, request)

        try:
            return await retrying(again)
        except TransportError:
            self.breaker.check()
            raise

    def worst_usd(self, request: Request) -> float:
        """Return the most that one attempt at ``request`` can cost, in US dollars."""
        return worst_case_usd(self.manners.adapt(request), self.price, self.seen)

    async def _attempt(self, call: Call, request: Request) -> Reply:
        self.breaker.check()
        worst = worst_case_usd(request, self.price, self.seen)
        expected = most_tokens(request.messages) // 3 + room_of(request.parameters)
        await self.purse.reserve(worst)
        spent = 0.0
        try:
            await self.pacer.turn(expected)
            self.breaker.check()
            spent, answered = worst, False
            row = await self._opened(call, worst)
            self.tally.calls += 1
            start = self.clock()
            try:
                reply = await self.transport.complete(request)
                answered = True
            except TransportError as error:
                spent = self._owed(request, error.usage, worst) if _may_be_charged(error) else 0.0
                await self._failed(row, error, spent, self.clock() - start)
                raise
            finally:
                if not answered:
                    self.tally.exposure_usd += spent
            usage = self.seen.believed(request, reply)
            spent = self._owed(request, usage, worst)
            latency = self.clock() - start
            owed = spent
            await self.ledger.together.write(lambda: self.ledger.settle(row, reply, owed, latency))
            self.tally.answered(reply.usage, spent, latency)
            if not usage.counted and worst:
                self.tally.advise(f"{request.model} does not say what it used: {UNCOUNTED}")
            self.pacer.correct(expected, reply.usage.prompt + reply.usage.completion)
            self.breaker.succeeded()
            return reply
        finally:
            self.purse.settle(worst, spent)

    async def _opened(self, call: Call, worst: float) -> int:
        """Return the row of a request that leaves, once other processes leave room for it."""

        async def open_call() -> int:
            return await self.ledger.together.write(
                lambda: self.ledger.open_call(
                    call, self.run, worst, account=self.account, budget=self.purse.budget
                )
            )

        try:
            return await open_call()
        except CapWaitError:
            return await self.purse.once_there_is_room(open_call)

    async def _elsewhere(self, call: Call, asked: AskedElsewhereError) -> Reply | None:
        """Return the answer that another process got to the same question; ``None`` if it got none."""
        if asked.by_batch:
            raise BudgetError(WAITS)
        known = await self.ledger.elsewhere(call.key)
        if known is None:
            return None
        self.tally.cached += 1
        if known.filtered:
            raise TransportError(Fault.FILTERED)
        return known.reply

    def _owed(self, request: Request, usage: Usage, worst: float) -> float:
        """Return what is booked, whether an answer came or broke off, in US dollars."""
        longer = self.seen.saw(request, usage)
        if longer and worst:
            self.tally.advise(longer)
        return self.price.with_images(images_in(request.messages)).owed(usage, worst)

    async def _failed(
        self, row: int, error: TransportError, exposure: float, latency_s: float
    ) -> None:
        await self.ledger.together.write(
            lambda: self.ledger.fail(row, error.fault, exposure, latency_s)
        )
        self.tally.faults[error.fault] += 1
        self.breaker.failed(error)
        if _asks_to_come_later(error):
            self.breaker.rest(error)
        elif error.fault in ASK_FOR_TIME and error.retry_after_s is not None:
            self.pacer.pause(error.retry_after_s)

    def _stop(self, state: RetryCallState) -> bool:
        patient = _fault(state) is Fault.RATE_LIMITED
        return state.attempt_number >= (PATIENT_ATTEMPTS if patient else self.attempts)


def _may_be_charged(error: TransportError) -> bool:
    """Whether a provider may ask for money: also where it thought until its limit and then refused."""
    ended = error.refused is not None and error.refused.at_least == 0
    return error.fault in MAYBE_CHARGED or error.charged or ended


def _asks_to_come_later(error: BaseException | None) -> bool:
    """Whether a provider asks to be left alone for longer than a run waits."""
    if not isinstance(error, TransportError) or error.fault not in ASK_FOR_TIME:
        return False
    return (error.retry_after_s or 0.0) > LONGEST_PAUSE_S


def _again(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return _fault(state) in TRANSIENT and not _asks_to_come_later(error)


def _wait(state: RetryCallState, backoff: Callable[[RetryCallState], float]) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, TransportError) and error.fault in ASK_FOR_TIME and error.retry_after_s:
        return 0.0  # the pacer pauses for all
    return backoff(state)


def _fault(state: RetryCallState) -> Fault | None:
    error = state.outcome.exception() if state.outcome else None
    return error.fault if isinstance(error, TransportError) else None
