"""Bring the answers of providers' batches into the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from labeling.llm.ledger.ledger import WAIT_S, Ledger
from labeling.llm.providers.loop import run_to_end
from labeling.llm.providers.price import Price
from labeling.llm.providers.transport import MAYBE_CHARGED, Fault, TransportError
from labeling.llm.waiting import BatchState, BatchTransport, find_lost

MAYBE_CHARGED_LINES = MAYBE_CHARGED - {Fault.TIMED_OUT}
"""What may have been charged though no answer can be read; what a batch had no time for is not."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a look at the open batches brought.

    Attributes
    ----------
    running : int
        Batches that are still at work, or could not be asked for.
    answered, unanswered : int
        Questions that have their answer now, and those whose batch ended without.
    cost_usd : float
        What the answers cost.
    notes : tuple of str
        What went wrong, in words.
    """

    running: int = 0
    answered: int = 0
    unanswered: int = 0
    cost_usd: float = 0.0
    notes: tuple[str, ...] = ()


def open_batches(ledger: Ledger) -> frozenset[str]:
    """Return the names of the batches that answers are still to come from."""
    rows = ledger.execute(
        "select distinct batch from calls where status = 'sent' and batch is not null"
    )
    return frozenset(row[0] for row in rows)


def collect_batches(
    ledger: Ledger,
    transport: BatchTransport,
    prices: Mapping[str, Price] | None = None,
    *,
    wait_s: float = WAIT_S,
) -> Collected:
    """Look at every open batch, and settle what is finished, expired ones' partial results too.

    What a batch did not answer becomes a failed call, and the next run hands it in again.

    Parameters
    ----------
    prices : mapping of str to Price, optional
        Of models that the transport has no price of.
    wait_s : float
        How long to wait for a run that is spending from the ledger, in seconds.

    Raises
    ------
    LabelingError
        If the ledger is still held after that.
    """
    with ledger.spending(wait_s):
        return run_to_end(_collect(ledger, transport, prices or {}))


async def _collect(
    ledger: Ledger, transport: BatchTransport, prices: Mapping[str, Price]
) -> Collected:
    notes = list(await find_lost(ledger, transport))
    batches = ledger.execute(
        "select batch, min(model) from calls where status = 'sent' and batch is not null"
        " and batch not like 'unsent:%' group by batch order by min(id)"
    )
    running = answered = unanswered = 0
    cost = 0.0
    for name, model in batches:
        try:
            state = await transport.poll(name, model)
        except TransportError as error:
            notes.append(f"batch {name}: {error}")
            if error.fault is not Fault.UNKNOWN_MODEL:
                running += 1
                continue
            state = BatchState(running=False, missing=Fault.GARBLED)
        if state.why:
            notes.append(f"batch {name}: {state.why}")
        if state.running:
            running += 1
            continue
        price = prices.get(model) or transport.price(model) or Price()
        rows = ledger.execute(
            "select id, reserved_usd from calls where batch = ? and status = 'sent'", (name,)
        )
        held = {str(row[0]): float(row[1]) for row in rows}
        for label, result in state.results:
            worst = held.pop(label, None)
            if worst is None:
                continue
            if isinstance(result, TransportError):
                owes = result.charged or result.fault in MAYBE_CHARGED_LINES
                owed = price.owed(result.usage, worst, price.batch_share) if owes else 0.0
                ledger.fail(int(label), result.fault, owed, 0.0)
                unanswered += 1
                continue
            # how many images a question had is not kept; their tokens alone are not its price
            counted = result.usage.counted and not (price.image_usd or price.image_token_usd)
            usage = replace(result.usage, counted=counted)
            paid = price.owed(usage, worst, price.batch_share)
            ledger.settle(int(label), result, paid, None)
            answered += 1
            cost += paid
        for label, worst in held.items():
            owed = worst if state.missing in MAYBE_CHARGED_LINES else 0.0
            ledger.fail(int(label), state.missing, owed, 0.0)
            unanswered += 1
    ledger.sync()
    return Collected(running, answered, unanswered, cost, tuple(notes))
