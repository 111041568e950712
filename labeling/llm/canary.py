"""The canary: a fixed panel of gold items that every model voter answers again on schedule.

The items do not change, so if the answers do, *the model* changed. The first round after a
voter came to be (or was accepted again) is the reference, and each later one is compared with it,
pair by pair; from the third on also with how much the second differed from the first, which is how
much a model wavers by itself. A prompt that was edited is another voter, with a reference of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from labeling.errors import GoldError
from labeling.llm.budget import Budget
from labeling.llm.canary_finding import LEAST_ITEMS, Finding, compare
from labeling.llm.canary_rounds import Answers, read, rounds_up_to, store
from labeling.llm.classes import ClassSpec
from labeling.llm.content import contents, strings
from labeling.llm.labelling import label_batch
from labeling.llm.ledger import Ledger, question_key
from labeling.llm.pool import ExamplePool
from labeling.llm.prompt import Prompt
from labeling.llm.settings import Pace, Paces
from labeling.llm.tally import Tally
from labeling.llm.transport import Transport

ALPHA = 0.01
"""Chance of any false alarm of one voter, ever."""


def ask_canary(
    panel: pa.Table,
    prompts: Sequence[Prompt],
    classes: Sequence[ClassSpec],
    transport: Transport,
    ledger: Ledger,
    *,
    round_id: str,
    budget: Budget | None = None,
    pace: Pace | Paces | None = None,
    examples: ExamplePool | None = None,
    redact: Callable[[str], str] | None = None,
    image_folder: Path | None = None,
    alpha: float = ALPHA,
) -> tuple[list[Finding], dict[str, Tally]]:
    """Ask the panel again, whatever the ledger knows, and compare.

    Every prompt is asked about every item, also a step of a cascade, whose questions else would
    hang on another model's answers; and only its own model is asked, because the answer of a
    fallback says nothing of it.

    Parameters
    ----------
    panel : Table
        ``item_id, text, label`` and optionally ``image``; label is gold. The same items each time.
    round_id : str
        Names the round; asking the same round again resumes it and pays for nothing twice.
    examples : ExamplePool, optional
        The same each time: other examples are another question.
    alpha : float
        Chance of any false alarm of one voter, ever.

    Returns
    -------
    findings : list of Finding
        One for each voter whose round is complete.
    tallies : dict of str to Tally
        What each voter took; ``why`` says why a round is incomplete.

    Raises
    ------
    GoldError
        If the panel has fewer than 20 items.
    """
    if panel.num_rows < LEAST_ITEMS:
        raise GoldError(
            f"the canary has {panel.num_rows} items; it takes at least {LEAST_ITEMS} to tell a "
            "changed model from chance"
        )
    salt = f"canary/{round_id}"
    result = label_batch(
        panel,
        [_alone(prompt) for prompt in prompts],
        classes,
        transport,
        ledger,
        run=round_id,
        budget=budget,
        pace=pace,
        examples=examples,
        redact=redact,
        image_folder=image_folder,
        salt=salt,
    )
    said: dict[tuple[str, str], str | None] = dict(
        zip(
            zip(strings(result.votes, "voter"), strings(result.votes, "item_id"), strict=True),
            strings(result.votes, "label"),
            strict=True,
        )
    )
    ids = strings(panel, "item_id")
    shown = {
        ids[row]: one.digest for one in contents(panel, redact, image_folder) for row in one.rows
    }
    gold = dict(zip(ids, strings(panel, "label"), strict=True))
    findings: list[Finding] = []
    kind = "simulated" if transport.simulated else "llm"
    for prompt in prompts:
        voter, version = f"{kind}/{prompt.name}", prompt.version(classes)
        tally = result.by_voter[voter]
        named = _named(ledger, prompt, version, shown, salt)
        if not tally.why and len(named) < LEAST_ITEMS:
            tally.why = f"the provider answered only {len(named)} of {len(gold)} items"
        if not tally.why:
            labels = {item: said.get((voter, item)) for item in named}
            answers = Answers(labels, {item: shown[item] for item in named}, named)
            findings.append(record(ledger, voter, version, round_id, answers, gold, alpha))
    return findings, dict(result.by_voter)


def record(
    ledger: Ledger,
    voter: str,
    version: str,
    round_id: str,
    answers: Answers,
    gold: Mapping[str, str],
    alpha: float = ALPHA,
    now: float | None = None,
) -> Finding:
    """Store one voter's round and compare it with the earlier ones.

    A round that is recorded again keeps its place in the order of time, so that neither its own
    finding nor any other changes.
    """
    asked_at = store(ledger, voter, version, round_id, answers, now)
    rounds = rounds_up_to(ledger, voter, version, round_id)
    look = len(rounds) - 1
    told = [
        read(ledger, voter, version, rounds[at]) for at in (0, min(1, look), max(0, look - 1), look)
    ]
    return compare(voter, version, told, look, gold, alpha, asked_at)


def _alone(prompt: Prompt) -> Prompt:
    settings = prompt.settings.model_copy(update={"ask": "all", "fallbacks": ()})
    return replace(prompt, settings=settings)


def _named(
    ledger: Ledger, prompt: Prompt, version: str, shown: Mapping[str, str], salt: str
) -> dict[str, str]:
    """Return, for each item that the model answered, how the provider named the model.

    An item that the provider failed on is no answer: it must not look like an abstention.
    """
    samples = range(prompt.settings.output.samples)
    keys = {
        i: [question_key(version, d, n, "ask", salt) for n in samples] for i, d in shown.items()
    }
    known = ledger.answers(key for of_item in keys.values() for key in of_item)
    return {
        item: f"{known[of_item[0]].reply.model}/{known[of_item[0]].reply.fingerprint or ''}"
        for item, of_item in keys.items()
        if all(key in known for key in of_item)
    }
