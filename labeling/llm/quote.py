"""What model calls will take, before anything is sent."""

import math
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from labeling.kinds.classes import ClassSpec
from labeling.llm.former import Former
from labeling.llm.labelling import before_cascade
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.opening import open_purse
from labeling.llm.prompts.asked import Guaranteed, Unsure
from labeling.llm.prompts.content import Contents, Positions, contents
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.prompts.settings import Paces
from labeling.llm.providers.transport import Transport, Usage
from labeling.llm.voter import Voter
from labeling.llm.voters import Desk, assemble

SAMPLE = 200
"""Prompts whose tokens are counted; the rest is reckoned from them."""

RECALLED = 1000
"""Latest answers of a voter from which the length of the next ones is guessed."""


@dataclass(frozen=True, slots=True)
class VoterQuote:
    """What one voter will take.

    Attributes
    ----------
    voter, model : str
        Who is asked.
    n_items, n_contents : int
        Items it votes on, and distinct contents among them.
    known : int
        Contents whose answers are paid for already.
    waiting : int
        Contents that a provider's batch is to answer.
    calls : int
        Requests to be sent, repairs and retries apart.
    prompt_tokens, completion_tokens : int
        Expected.
    cost_usd, worst_usd : float, optional
        Expected, and if every answer is as long as allowed; ``None`` where the price is unknown.
    at_most : bool
        A step of a cascade: asks fewer, how many is not known beforehand.
    """

    voter: str
    model: str
    n_items: int
    n_contents: int
    known: int
    waiting: int
    calls: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    worst_usd: float | None
    at_most: bool


def quote_batch(
    items: pa.Table,
    prompts: Sequence[Prompt],
    classes: Sequence[ClassSpec],
    transport: Transport,
    ledger: Ledger,
    *,
    examples: ExamplePool | None = None,
    redact: Callable[[str], str] | None = None,
    undecided: Collection[str] | None = None,
    image_folder: Path | None = None,
    by_batch: bool = False,
    salt: str = "",
    former: Sequence[Former] = (),
) -> list[VoterQuote]:
    """Return what :func:`labeling.llm.labelling.label_batch` would take; sends nothing.

    Parameters are those of ``label_batch``; ``by_batch`` says that a batch endpoint is asked, at
    its price.
    """
    budget = Budget()
    desk = Desk(
        transport,
        ledger,
        "quote",
        budget,
        Paces(),
        tuple(classes),
        examples,
        image_folder,
        salt=salt,
        former=former,
    )
    voters = assemble(desk, prompts, open_purse(budget, ledger, "quote"))
    shown = contents(items, redact, image_folder)
    quotes: list[VoterQuote] = []
    for prompt in prompts:
        which = before_cascade(prompt, shown, undecided)
        quotes.append(_quote(voters[prompt.name], prompt, shown, which, transport, by_batch))
    return quotes


def _quote(
    voter: Voter,
    prompt: Prompt,
    shown: Contents,
    which: Positions,
    transport: Transport,
    by_batch: bool,
) -> VoterQuote:
    backend = voter.backends[0]
    unknown = array("q")
    calls = waiting = 0
    for chunk in shown.chunks(which):
        voter.recall(chunk)
        for content in chunk:
            missing = len(voter.missing(content))
            calls += missing
            if missing:
                unknown.append(content.at)
            elif voter.waits_for(content):
                waiting += 1
    rng = np.random.default_rng(0)
    drawn = np.asarray(unknown, np.int64)[rng.permutation(len(unknown))[:SAMPLE]]
    sampled = shown.read(np.sort(drawn))
    tokens: list[int] = []
    worst: list[float] = []
    for content in sampled:
        messages = voter.messages(backend, content)
        tokens.append(transport.count_tokens(backend.prompt.model, messages))
        worst.append(backend.asker.worst_usd(voter.request(backend, content, "ask", messages)))
    share = backend.asker.price.batch_share if by_batch else 1.0
    each = float(np.mean(tokens)) if tokens else 0.0
    answer = _answer_tokens(voter, prompt)
    pictures = any(content.image for content in sampled)
    price = backend.asker.price.with_images(int(pictures))
    priced = backend.prompt.settings.price or transport.price(backend.prompt.model)
    return VoterQuote(
        voter=voter.name,
        model=backend.prompt.model,
        n_items=int(shown.counts(which).sum()),
        n_contents=len(which),
        known=len(which) - len(unknown) - waiting,
        waiting=waiting,
        calls=calls,
        prompt_tokens=round(calls * each),
        completion_tokens=round(calls * answer),
        cost_usd=calls * price.cost(Usage(math.ceil(each), math.ceil(answer))) * share
        if priced
        else None,
        worst_usd=(calls * float(np.mean(worst)) * share if worst else 0.0) if priced else None,
        at_most=isinstance(prompt.settings.ask, (Unsure, Guaranteed)),
    )


def _answer_tokens(voter: Voter, prompt: Prompt) -> float:
    """Guess the length of an answer: as this voter's last ones, else from what it is to write."""
    known = voter.ledger.execute(
        "select avg(completion_tokens) from (select completion_tokens from calls "
        "where voter = ? and version = ? and status = 'answered' order by id desc limit ?) as last",
        (voter.name, voter.backends[0].version, RECALLED),
    )[0][0]
    if known is not None:
        return float(known)
    longest = max(len(c.name) for c in voter.classes)
    thinking = 200 if prompt.settings.output.reasoning else 0
    return min(prompt.room, longest / 3 + prompt.kind.room / 8 + thinking)
