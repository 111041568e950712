"""Questions that can wait: sent to a provider's batch endpoint, at half the price."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import pyarrow as pa

from labeling.errors import BudgetError
from labeling.llm.answers import Reader
from labeling.llm.asking import Asker
from labeling.llm.budget import Budget, Purse
from labeling.llm.classes import ClassSpec
from labeling.llm.content import Content, contents, strings
from labeling.llm.discovery import discover
from labeling.llm.ledger import Ledger
from labeling.llm.loop import run_to_end
from labeling.llm.panel import Desk, assemble
from labeling.llm.pool import ExamplePool
from labeling.llm.prompt import Prompt
from labeling.llm.settings import Pace
from labeling.llm.tally import Tally
from labeling.llm.transport import (
    MAYBE_CHARGED,
    Fault,
    Price,
    Reply,
    Request,
    Transport,
    TransportError,
)
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


def submit_batch(
    items: pa.Table,
    prompts: Sequence[Prompt],
    classes: Sequence[ClassSpec],
    transport: BatchTransport,
    ledger: Ledger,
    *,
    run: str,
    budget: Budget | None = None,
    examples: ExamplePool | None = None,
    redact: Callable[[str], str] | None = None,
    image_folder: Path | None = None,
) -> dict[str, Tally]:
    """Hand in what the ledger neither knows nor waits for; return what each voter took.

    :func:`collect_batches` brings the answers into the ledger, and then
    :func:`labeling.llm.labelling.label_batch` reads them there; until then it leaves the items that
    are waiting alone. Parameters are those of ``label_batch``. The worst case of everything that is
    out counts against the budget, at the price of a batch.

    Raises
    ------
    PromptError
        If a prompt cannot be asked as it stands.
    TransportError
        If the provider does not take a batch.
    """
    desk = Desk(
        transport,
        ledger,
        run,
        budget or Budget(),
        Pace(),
        tuple(classes),
        Reader(tuple(classes)),
        examples,
        image_folder,
    )
    shown = contents(items, redact, image_folder)
    ids = strings(items, "item_id")

    async def hand_in() -> dict[str, Tally]:
        voters = assemble(desk, prompts, Purse(desk.budget, ledger, run))
        for voter in voters.values():
            await _submit(voter, shown, ids, transport)
        return {voter.name: voter.tally for voter in voters.values()}

    with ledger.spending():
        return run_to_end(hand_in())


def collect_batches(
    ledger: Ledger, transport: BatchTransport, prices: Mapping[str, Price] | None = None
) -> Collected:
    """Look at every open batch, and settle what is finished, expired ones' partial results too.

    What a batch did not answer becomes a failed call, and :func:`submit_batch` hands it in again.

    Parameters
    ----------
    prices : mapping of str to Price, optional
        Of models that the transport has no price of.
    """
    with ledger.spending():
        return run_to_end(_collect(ledger, transport, prices or {}))


async def _submit(
    voter: Voter, shown: Sequence[Content], ids: Sequence[str], transport: BatchTransport
) -> None:
    seat = voter.seats[0]
    voter.recall(shown)
    todo = [
        (content, sample)
        for content in shown
        if not voter.is_known(content)
        for sample in range(voter.samples)
        if not voter.is_out(content, sample)
    ]
    if todo:
        seat.form = await discover(seat.prompt, voter.classes, seat.asker, voter.ledger)
    for start in range(0, len(todo), LARGEST):
        if not await _hand_in(voter, todo[start : start + LARGEST], ids, transport):
            break


async def _hand_in(
    voter: Voter,
    todo: Sequence[tuple[Content, int]],
    ids: Sequence[str],
    transport: BatchTransport,
) -> bool:
    """Hand in one batch; return whether the budget let all of ``todo`` pass."""
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
            asker.purse.reserve_now(worst)
        except BudgetError as error:
            voter.tally.why = str(error)
            full = False
            break
        held.append(worst)
        row = voter.ledger.open_call(
            voter.call(seat, content, sample, "ask"), asker.run, worst, batch=mark
        )
        requests.append((str(row), request))
    if not requests:
        return full
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
    return full


async def _collect(
    ledger: Ledger, transport: BatchTransport, prices: Mapping[str, Price]
) -> Collected:
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
            row[0]: row[1]
            for row in ledger.execute(
                "select id, model from calls where batch = ? and status = 'sent'", (name,)
            )
        }
        for label, result in state.results:
            row = int(label)
            if row not in open_rows:
                continue
            model = open_rows.pop(row)
            if isinstance(result, TransportError):
                ledger.fail(row, result.fault, 0.0, 0.0)
                unanswered += 1
                continue
            price = prices.get(model) or transport.price(model) or Price()
            paid = price.cost(result.usage) * price.batch_share
            ledger.settle(row, result, paid, 0.0)
            answered += 1
            cost += paid
        for row in open_rows:
            ledger.fail(row, Fault.TIMED_OUT, 0.0, 0.0)
            unanswered += 1
    ledger.sync()
    return Collected(running, answered, unanswered, cost)
