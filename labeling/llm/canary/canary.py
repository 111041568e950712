"""The canary: a fixed panel of gold items that every model voter answers again on schedule.

The items do not change, so if the answers do, *the model* changed. The first round after a
voter came to be (or was accepted again) is the reference, and each later one is compared with it,
pair by pair. The reference is asked twice, since a model wavers by itself: a change is also proven by
answers that differ from it more often than its own second ones did. A prompt that was edited is another voter, with a reference of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from labeling.errors import GoldError
from labeling.kinds.classes import ClassSpec
from labeling.llm.canary.finding import LEAST_ITEMS, Finding, Rounds, compare
from labeling.llm.canary.rounds import AGAIN, Answers, read, rounds_up_to, store
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.rows import question_key
from labeling.llm.prompts.content import contents, strings
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.prompts.settings import Pace, Paces
from labeling.llm.providers.tally import Tally, total
from labeling.llm.providers.transport import Transport

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
    fallback says nothing of it. A voter's first round is asked twice.

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
    voices = [prompt.alone() for prompt in prompts]
    gold = dict(zip(strings(panel, "item_id"), strings(panel, "label"), strict=True))

    def ask(name: str, these: Sequence[Prompt]) -> tuple[list[Finding], dict[str, Tally]]:
        salt = f"canary/{name}"
        result = label_batch(
            panel,
            these,
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
        shown = _digests(panel, redact, image_folder)
        findings: list[Finding] = []
        for prompt in these:
            voter, version = _voter(transport, prompt), prompt.version(classes)
            answers = _answers(ledger, prompt, version, shown, salt, _said(result.votes, voter))
            tally = result.by_voter[voter]
            if not tally.why and len(answers.label) < LEAST_ITEMS:
                tally.why = f"the provider answered only {len(answers.label)} of {len(gold)} items"
            if not tally.why and name != round_id:
                store(ledger, voter, version, name, answers)
            elif not tally.why:
                findings.append(record(ledger, voter, version, name, answers, gold, alpha))
        return findings, dict(result.by_voter)

    findings, tallies = ask(round_id, voices)
    new = {found.voter for found in findings if found.look == 0}
    if new:
        twice = [prompt for prompt in voices if _voter(transport, prompt) in new]
        for voter, tally in ask(f"{round_id}{AGAIN}", twice)[1].items():
            tallies[voter] = replace(total([tallies[voter], tally]), why="")
    return findings, tallies


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
    again = read(ledger, voter, version, f"{rounds[0]}{AGAIN}")
    if not again.label and look >= 2:
        again = read(ledger, voter, version, rounds[1])
    first, before, now_said = (
        read(ledger, voter, version, rounds[at]) for at in (0, max(0, look - 1), look)
    )
    compared = Rounds(first, again if again.label else None, before, now_said)
    return compare(voter, version, compared, look, gold, alpha, asked_at)


def _voter(transport: Transport, prompt: Prompt) -> str:
    return f"{'simulated' if transport.simulated else 'llm'}/{prompt.name}"


def _digests(
    panel: pa.Table, redact: Callable[[str], str] | None, folder: Path | None
) -> dict[str, str]:
    shown = contents(panel, redact, folder)
    return {item: one.digest for one in shown.read(shown.all) for item in one.items}


def _said(votes: pa.Table, voter: str) -> dict[str, str]:
    rows = zip(*(strings(votes, name) for name in ("voter", "item_id", "label")), strict=True)
    return {item: label for of, item, label in rows if of == voter}


def _answers(
    ledger: Ledger,
    prompt: Prompt,
    version: str,
    shown: Mapping[str, str],
    salt: str,
    said: Mapping[str, str],
) -> Answers:
    """Return what the model answered, and how the provider named it with each answer.

    An item that the provider failed on is no answer: it must not look like an abstention.
    """
    samples = range(prompt.settings.output.samples)
    keys = {
        i: [question_key(version, d, n, "ask", salt) for n in samples] for i, d in shown.items()
    }
    known = ledger.answers(key for of_item in keys.values() for key in of_item)
    named = {
        item: f"{known[of_item[0]].reply.model}/{known[of_item[0]].reply.fingerprint or ''}"
        for item, of_item in keys.items()
        if all(key in known for key in of_item)
    }
    return Answers(
        {item: said.get(item) for item in named}, {item: shown[item] for item in named}, named
    )
