"""Questions that can wait: sent to a provider's batch endpoint, at half the price.

A question goes out with :func:`hand_in`, its answer comes into the ledger with
:func:`labeling.llm.collecting.collect_batches`, hours later and in whatever process looks first. Rows are written before
a batch leaves and carry a mark that the provider keeps with it; so if the process dies between
the two, the next one finds its batch again instead of paying for a second.
"""

import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from labeling.errors import BudgetError
from labeling.llm.ledger.elsewhere import AskedElsewhereError
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.outcome import WAITS
from labeling.llm.prompts.content import Content, Contents, Positions
from labeling.llm.providers.transport import (
    MAYBE_CHARGED,
    TRANSIENT,
    Fault,
    Reply,
    Request,
    Transport,
    TransportError,
)
from labeling.llm.voter import Voter

LARGEST = 10_000
"""Requests in one batch; providers allow 50,000, a smaller one comes back sooner."""

LARGEST_BYTES = 90_000_000
"""Size of the messages of one batch; providers allow 200 MB, and pictures are large."""

UNSENT = "unsent:"
"""Mark of rows of which nobody knows yet whether the provider has their batch."""

UNKNOWN = "nobody knows yet whether the provider took a batch"

LISTED_S = 60.0
"""A provider that took a batch lists it within so many seconds."""

PAUSE_S = 3600.0
"""A question that a batch failed on is not handed in again for so long, in seconds."""


@dataclass(frozen=True, slots=True)
class BatchState:
    """How a batch at a provider stands.

    Parameters
    ----------
    running : bool
        Whether results are still to come.
    results : sequence of (name, Reply or TransportError)
        What is finished; empty while it runs.
    missing : Fault
        What became of requests without a result: ``TIMED_OUT`` if the batch expired, they are
        handed in again at once; any other transient fault makes them wait for an hour.
    why : str
        What to tell: the provider's words where the batch failed or stands as nobody knows.
    """

    running: bool
    results: Sequence[tuple[str, Reply | TransportError]] = ()
    missing: Fault = Fault.TIMED_OUT
    why: str = ""


class BatchTransport(Transport, Protocol):
    """A transport that also knows batch endpoints."""

    async def submit(self, requests: Sequence[tuple[str, Request]], mark: str) -> str:
        """Hand in named requests for one model; return the provider's name of the batch.

        The provider keeps ``mark`` with the batch.
        """
        ...

    async def poll(self, batch: str, model: str) -> BatchState:
        """Ask how a batch stands."""
        ...

    async def find(self, mark: str, model: str) -> str | None:
        """Return the batch that was handed in with ``mark``; ``None`` if the provider has none."""
        ...


async def hand_in(
    voter: Voter, shown: Contents, which: Positions, transport: BatchTransport
) -> None:
    """Hand in what nobody was asked yet; until the answers are there, the voter waits for them.

    The worst case of everything that is out counts against the budget, at the price of a batch.
    What a provider refused in an earlier batch is left out: it is asked at once instead, so that
    it ends in an answer or in an abstention with the reason. Where the provider takes no batch, or
    a cap is reached, ``voter.tally.why`` says so.

    Parameters
    ----------
    voter : Voter
        Its answers have their form already (:func:`labeling.llm.discovery.discover`).
    shown, which : Contents, positions
        What it votes on.
    transport : BatchTransport
        The way to the batch endpoint.
    """
    await find_lost(voter.ledger, transport)
    todo: deque[tuple[Content, int]] = deque()
    for chunk in shown.chunks(which):
        voter.recall(chunk)
        todo.extend(_due(voter, chunk))
        while len(todo) >= LARGEST:
            if not await _hand_in(voter, todo, transport):
                return
    while todo and await _hand_in(voter, todo, transport):
        pass


def _due(voter: Voter, contents: Sequence[Content]) -> Iterator[tuple[Content, int]]:
    """Yield the questions that are to be handed in: contents and numbers of samples."""
    missing = [(content, *each) for content in contents for each in voter.missing(content)]
    vain = _in_vain(voter, [key for _, key, _ in missing])
    for content, key, sample in missing:
        fault, at = vain.get(key, (Fault.TIMED_OUT, 0.0))
        if fault not in TRANSIENT:
            continue
        if fault is not Fault.TIMED_OUT and time.time() - at < PAUSE_S:
            voter.tally.why = f"a provider's batch failed ({fault}); handed in again in an hour"
            continue
        yield content, sample


def _in_vain(voter: Voter, keys: Sequence[str]) -> dict[str, tuple[Fault, float]]:
    """Return what batches failed on: the last fault of each key, and when."""
    failed = (
        "select key, fault, done_at, id from calls where batch is not null and status = 'failed'"
    )
    rows = sorted(voter.ledger.calls_of(keys, failed), key=lambda row: (row["done_at"], row["id"]))
    return {row["key"]: (Fault(row["fault"]), float(row["done_at"])) for row in rows}


async def _hand_in(
    voter: Voter,
    todo: deque[tuple[Content, int]],
    transport: BatchTransport,
) -> bool:
    """Take one batch off ``todo`` and hand it in; return whether to go on."""
    backend = voter.backends[0]
    asker = backend.asker
    mark, stopped, size = f"{UNSENT}{uuid.uuid4().hex}", False, 0
    asked: list[tuple[Content, int, Request, float]] = []
    while todo and len(asked) < LARGEST and size < LARGEST_BYTES:
        content, sample = todo[0]
        messages = voter.messages(backend, content)
        request = voter.request(backend, content, "ask", messages)
        worst = asker.worst_usd(request) * asker.price.batch_share
        try:
            asker.purse.reserve_now(worst)
        except BudgetError as error:
            voter.tally.why, stopped = str(error), True
            break
        todo.popleft()
        size += sum(len(str(message["content"])) for message in messages)
        asked.append((content, sample, request, worst))
    requests: list[tuple[str, Request]] = []
    held: list[float] = []
    with voter.ledger.at_once():  # all is rendered: others who spend wait for this
        for at, (content, sample, request, worst) in enumerate(asked):
            call = voter.call(backend, content, sample, "ask")
            try:
                row = voter.ledger.open_call(
                    call, asker.run, worst,
                    account=asker.account, batch=mark, budget=asker.purse.budget,
                )  # fmt: skip
            except AskedElsewhereError:
                voter.tally.why = voter.tally.why or WAITS
            except BudgetError as error:
                voter.tally.why, stopped = str(error), True
                todo.extendleft((one, n) for one, n, *_ in reversed(asked[at:]))
                break
            else:
                held.append(worst)
                requests.append((str(row), request))
    if not requests:
        return False
    known = True
    try:
        name = await transport.submit(requests, mark)
    except TransportError as error:
        if error.fault in MAYBE_CHARGED:
            known = False
            voter.tally.why = f"{UNKNOWN} ({error}); it is looked for before it is handed in again"
            voter.tally.advise(voter.tally.why)
            voter.ledger.execute(
                "update calls set fault = ? where batch = ?", (error.fault.value, mark)
            )
        else:
            for (row, _), worst in zip(requests, held, strict=True):
                voter.ledger.fail(int(row), error.fault, 0.0, 0.0)
                asker.purse.settle(worst, 0.0)
            voter.tally.why = f"the provider did not take a batch: {error}"
            return False
    else:
        voter.ledger.execute("update calls set batch = ? where batch = ?", (name, mark))
    for worst in held:
        asker.purse.settle(worst, worst)  # nothing of it comes back in this process
    voter.tally.calls += len(requests)
    return known and not stopped


async def find_lost(ledger: Ledger, transport: BatchTransport) -> tuple[str, ...]:
    """Find the batches that a process had handed in, or was about to, when it died.

    What no batch has is lost, and counts at its worst case; where a provider may have taken it a
    moment ago, that is waited for. Returns what went wrong, in words.
    """
    notes: list[str] = []
    for mark, model, sent_at, fault in ledger.unsent():
        try:
            name = await transport.find(mark, model)
        except TransportError as error:
            if error.fault in TRANSIENT:
                notes.append(f"nobody knows yet whether {model} has a batch of ours: {error}")
                continue
            name = None
        if name is None and fault and time.time() - sent_at < LISTED_S:
            notes.append(f"{model} does not list a batch yet that it may have taken")
        elif name is None:
            ledger.execute(
                "update calls set status = 'lost', exposure_usd = reserved_usd, done_at = ?"
                " where batch = ? and status = 'sent'",
                (time.time(), mark),
            )
        else:
            ledger.execute("update calls set batch = ?, fault = null where batch = ?", (name, mark))
    return tuple(notes)
