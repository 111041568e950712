"""Label a batch of items with language models: plan, ask what is not known, read, sum up."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from labeling.errors import BudgetError
from labeling.kinds.classes import ClassSpec
from labeling.llm.discovery import discover
from labeling.llm.former import Former
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.opening import open_purse
from labeling.llm.model_votes import ModelVotes, tables
from labeling.llm.outcome import WAITS, Outcomes
from labeling.llm.prompts.asked import Unsure
from labeling.llm.prompts.content import Content, Contents, Positions, contents
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.prompts.settings import Pace, Paces
from labeling.llm.providers.breaker import ProviderDownError
from labeling.llm.providers.loop import run_to_end, together
from labeling.llm.providers.tally import Tally
from labeling.llm.providers.transport import Transport, TransportError
from labeling.llm.voter import Voter
from labeling.llm.voters import Desk, assemble, in_order
from labeling.llm.waiting import BatchTransport, hand_in

SYNC_S = 1.0
"""How often answers are forced onto the disk, in seconds."""

PROGRESS_S = 1.0
"""Least time between two reports of progress, in seconds."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one voter is; ``done`` and ``total`` count distinct contents."""

    voter: str
    done: int
    total: int
    calls: int
    cost_usd: float


def label_batch(
    items: pa.Table,
    prompts: Sequence[Prompt],
    classes: Sequence[ClassSpec],
    transport: Transport,
    ledger: Ledger,
    *,
    run: str,
    account: str = "",
    budget: Budget | None = None,
    pace: Pace | Paces | None = None,
    examples: ExamplePool | None = None,
    redact: Callable[[str], str] | None = None,
    undecided: Collection[str] | None = None,
    image_folder: Path | None = None,
    salt: str = "",
    attempts: int | None = None,
    later: BatchTransport | None = None,
    former: Sequence[Former] = (),
    progress: Callable[[Progress], None] | None = None,
) -> ModelVotes:
    """Let every prompt vote on every item; nothing that the ledger knows is asked again.

    Parameters
    ----------
    items : Table
        ``item_id`` and ``text``, both strings, and optionally ``image`` (path, URL or bytes).
    prompts : sequence of Prompt
        The voters. Their names must differ, and so must their versions.
    classes : sequence of ClassSpec
        The closed set of classes.
    transport : Transport
        Talks to the models.
    ledger : Ledger
        Held for spending until this returns.
    run : str
        Which run pays; the run budget is shared by everything of the same name.
    budget : Budget, optional
        Caps; at a cap the run stops cleanly and the rest of the batch is left to the next one.
    account : str
        Whose work this is, as the ledger remembers it: the name of the batch of items.
    pace : Pace or Paces, optional
        What models are asked at most, for all or by model; a prompt's front matter may say less.
    examples : ExamplePool, optional
        Gold that may be shown to models.
    redact : callable, optional
        Takes out of a text what must not be sent.
    undecided : collection of str, optional
        Ids that prompts with ``ask: undecided`` are asked about; all where not given.
    image_folder : Path, optional
        Where relative image paths start.
    salt : str
        Sets these answers apart from all others, so that everything is asked afresh (the canary).
    attempts : int, optional
        Tries of one question before it is given up.
    later : BatchTransport, optional
        Hands questions in to a batch endpoint; a run after ``collect_batches`` reads the answers in
        the ledger. Repairs, and what a batch refused, are asked at once.
    former : sequence of Former
        The classes before each change, in the order of time: answers of then still count.
    progress : callable, optional
        Told about once a second how far a voter is.

    Raises
    ------
    PromptError
        If a prompt cannot be asked as it stands; before anything is spent on items.
    LabelingError
        If ``items`` lack a column, or another run holds the ledger.
    """
    desk = Desk(
        transport=transport,
        ledger=ledger,
        run=run,
        budget=budget or Budget(),
        account=account,
        pace=pace if isinstance(pace, Paces) else Paces(pace or Pace()),
        classes=tuple(classes),
        examples=examples,
        image_folder=image_folder,
        salt=salt,
        attempts=attempts,
        former=former,
    )
    shown = contents(items, redact, image_folder)
    with ledger.spending() as lost:
        votes, abstentions, tallies = run_to_end(
            _ask_all(desk, prompts, shown, undecided, later, progress)
        )
    return ModelVotes(votes, abstentions, tallies, lost)


async def _ask_all(
    desk: Desk,
    prompts: Sequence[Prompt],
    shown: Contents,
    undecided: Collection[str] | None,
    later: BatchTransport | None,
    progress: Callable[[Progress], None] | None,
) -> tuple[pa.Table, pa.Table, dict[str, Tally]]:
    purse = open_purse(desk.budget, desk.ledger, desk.run, time.time)
    voters = assemble(desk, prompts, purse)
    answered: dict[str, Outcomes] = {}
    asked = {prompt.name: before_cascade(prompt, shown, undecided) for prompt in prompts}
    for prompt in prompts:
        await _prepare(voters[prompt.name], shown, asked[prompt.name])
    async with _synced(desk.ledger):
        for prompt in in_order(prompts):
            voter = voters[prompt.name]
            if isinstance(step := prompt.settings.ask, Unsure):
                said = answered[step.after]
                asked[prompt.name] = said.unsure(asked[prompt.name], step.below)
            which = asked[prompt.name]
            if later is not None and not voter.tally.why:
                await hand_in(voter, shown, which, later)
            answered[prompt.name] = await _ask(voter, shown, which, progress)
            _count_left(voter.tally, answered[prompt.name], which, shown.counts(which))
            _count_savings(voter.tally, len(shown) - len(which))
    return (
        *tables(prompts, voters, shown, asked, answered),
        {voters[p.name].name: voters[p.name].tally for p in prompts},
    )


async def _prepare(voter: Voter, shown: Contents, which: Positions) -> None:
    """Settle the form of answers, unless all are known already."""
    for chunk in shown.chunks(which):
        voter.recall(chunk)
        if any(voter.missing(content) for content in chunk):
            break
    else:
        return
    backend = voter.backends[0]
    try:
        backend.form = await discover(
            voter.name, backend.prompt, voter.classes, backend.asker, voter.ledger
        )
        voter.tally.notes.extend(backend.form.notes)
    except ProviderDownError as error:
        if len(voter.backends) == 1:
            voter.tally.why = str(error)
    except (BudgetError, TransportError) as error:
        voter.tally.why = str(error)


async def _ask(
    voter: Voter,
    shown: Contents,
    which: Positions,
    progress: Callable[[Progress], None] | None,
) -> Outcomes:
    """Ask about every content, many at a time, until done or stopped."""
    done = Outcomes(len(shown))
    told_at = time.monotonic()

    async def work(queue: deque[Content]) -> None:
        nonlocal told_at
        while queue:
            content = queue.popleft()
            if not voter.is_known(content):
                batches = voter.waits_for(content)
                if batches:
                    voter.tally.why = voter.tally.why or WAITS
                    voter.tally.waiting += len(content.items)
                    voter.tally.waits_for |= batches
                    continue
                if voter.tally.why not in ("", WAITS):
                    continue
            try:
                done.put(content.at, await voter.vote(content))
            except (BudgetError, ProviderDownError) as error:
                voter.tally.why = str(error) if voter.tally.why in ("", WAITS) else voter.tally.why
            if progress and time.monotonic() - told_at >= PROGRESS_S:
                told_at = time.monotonic()
                tally = voter.tally
                progress(
                    Progress(voter.name, done.n_known, len(which), tally.calls, tally.cost_usd)
                )

    for chunk in shown.chunks(which):
        voter.recall(chunk)
        queue = deque(chunk)
        await together([asyncio.create_task(work(queue)) for _ in range(voter.concurrency)])
    return done


@asynccontextmanager
async def _synced(ledger: Ledger) -> AsyncGenerator[None]:
    """Keep the ledger's file on disk, a second behind at most."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(SYNC_S)
            await asyncio.to_thread(ledger.sync)

    keeper = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeper.cancel()
        ledger.sync()


def before_cascade(prompt: Prompt, shown: Contents, undecided: Collection[str] | None) -> Positions:
    """Return what a prompt is asked about before anybody has answered."""
    if prompt.settings.ask != "undecided" or undecided is None:
        return shown.all
    return shown.of(undecided)


def _count_left(tally: Tally, said: Outcomes, which: Positions, n_items: Positions) -> None:
    """Count the items that the next run is to ask about."""
    for outcome, n in said.counts(which, n_items):
        if outcome is None or outcome.again:
            tally.pending += n
        if outcome is not None and outcome.failed:
            (tally.again if outcome.again else tally.in_vain)[outcome.reason] += n


def _count_savings(tally: Tally, spared: int) -> None:
    tally.spared = spared
    answers = len(tally.latencies_s)
    tally.saved_usd = spared * tally.cost_usd / answers if answers else 0.0
