"""Questions that can wait: sent to a provider's batch endpoint, at half the price."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from labeling.errors import BudgetError
from labeling.llm.asking import Asker
from labeling.llm.content import Content
from labeling.llm.discovery import discover
from labeling.llm.ledger import Ledger
from labeling.llm.transport import MAYBE_CHARGED, Fault, Reply, Request, Transport, TransportError
from labeling.llm.voter import Voter
from labeling.llm.worst_case import worst_case_usd

LARGEST = 10_000
"""Requests in one batch; providers allow 50,000, a smaller one comes back sooner."""

UNSENT = "unsent:"
"""Mark of rows whose batch has not been accepted by the provider."""


@dataclass(frozen=True, slots=True)
class BatchState:
    """How a batch at a provider stands.

    Parameters
    ----------
    status : str
        ``running``, ``done``, or ``ended`` (expired, cancelled or failed: what is there is kept,
        the rest was not charged).
    results : sequence of (name, Reply or TransportError)
        What is finished; empty while it runs.
    """

    status: Literal["running", "done", "ended"]
    results: Sequence[tuple[str, Reply | TransportError]] = ()


class BatchTransport(Transport, Protocol):
    """A transport that also knows batch endpoints."""

    async def submit(self, requests: Sequence[tuple[str, Request]]) -> str:
        """Hand in named requests for one model; return the provider's name of the batch."""
        ...

    async def poll(self, batch: str) -> BatchState:
        """Ask how a batch stands."""
        ...


@dataclass(frozen=True, slots=True)
class Collected:
    """What a look at the open batches brought."""

    running: int
    answered: int
    unanswered: int
    cost_usd: float


async def submit(
    voter: Voter, shown: Sequence[Content], ids: Sequence[str], transport: BatchTransport
) -> list[str]:
    """Hand in what ``voter`` does not know and is not waiting for; return the batches' names.

    Stops at the budget as single requests do: the worst case of all open batches is reserved.
    """
    seat = voter.seats[0]
    voter.recall(shown)
    waiting = {row[0] for row in voter.ledger.execute("select key from calls where status='sent'")}
    todo = [
        (content, sample)
        for content in shown
        if not voter.is_known(content)
        for sample in range(voter.samples)
        if voter.call(seat, content, sample, "ask").key not in waiting
    ]
    if todo:
        seat.form = await discover(seat.prompt, voter.classes, seat.asker, voter.ledger)
    batches: list[str] = []
    for start in range(0, len(todo), LARGEST):
        name, full = await _hand_in(voter, todo[start : start + LARGEST], ids, transport)
        batches += [name] if name else []
        if not full:
            break
    return batches


async def _hand_in(
    voter: Voter,
    todo: Sequence[tuple[Content, int]],
    ids: Sequence[str],
    transport: BatchTransport,
) -> tuple[str | None, bool]:
    seat = voter.seats[0]
    asker: Asker = seat.asker
    mark, full = f"{UNSENT}{uuid.uuid4().hex}", True
    requests: list[tuple[str, Request]] = []
    held: list[float] = []
    for content, sample in todo:
        messages = voter.messages(seat, content, [ids[row] for row in content.rows])
        request = voter.request(seat, content, "ask", messages)
        worst = worst_case_usd(request, asker.price) * asker.price.batch_share
        try:
            await asyncio.wait_for(asker.purse.reserve(worst), 0)
        except (BudgetError, TimeoutError) as error:
            voter.tally.why = str(error) or "the budget is reserved by open batches"
            full = False
            break
        held.append(worst)
        row = voter.ledger.open_call(
            voter.call(seat, content, sample, "ask"), asker.run, worst, batch=mark
        )
        requests.append((str(row), request))
    if not requests:
        return None, full
    try:
        name = await transport.submit(requests)
    except TransportError as error:
        for (row, _), worst in zip(requests, held, strict=True):
            owed = worst if error.fault in MAYBE_CHARGED else 0.0
            voter.ledger.fail(int(row), error.fault, owed, 0.0)
            asker.purse.settle(worst, owed)
        raise
    voter.ledger.execute("update calls set batch = ? where batch = ?", (name, mark))
    voter.tally.calls += len(requests)
    return name, full


async def collect(ledger: Ledger, transport: BatchTransport) -> Collected:
    """Look at every open batch, and settle what is finished, expired ones' partial results too.

    What a batch did not answer becomes a failed call; :func:`submit` hands it in again.
    """
    names = [
        row[0]
        for row in ledger.execute(
            "select distinct batch from calls where status = 'sent' and batch not like 'unsent:%'"
        )
    ]
    running = answered = unanswered = 0
    cost = 0.0
    for name in names:
        state = await transport.poll(name)
        if state.status == "running":
            running += 1
            continue
        open_rows = {
            row[0]: (row[1], row[2])
            for row in ledger.execute(
                "select id, model, sent_at from calls where batch = ? and status = 'sent'", (name,)
            )
        }
        for label, result in state.results:
            row = int(label)
            if row not in open_rows:
                continue
            model, _ = open_rows.pop(row)
            if isinstance(result, TransportError):
                ledger.fail(row, result.fault, 0.0, 0.0)
                unanswered += 1
                continue
            price = transport.price(model)
            paid = price.cost(result.usage) * price.batch_share if price else 0.0
            ledger.settle(row, result, paid, 0.0)
            answered += 1
            cost += paid
        for row in open_rows:
            ledger.fail(row, Fault.TIMED_OUT, 0.0, 0.0)
            unanswered += 1
    ledger.sync()
    return Collected(running, answered, unanswered, cost)
