"""The canary: a fixed panel of gold items that every model voter answers again on schedule.

The items do not change, so if the answers do, *the model* changed. The first round after a
voter came to be (or was accepted again) is the reference, and each later one is compared with it,
pair by pair; from the third on also with how much the second differed from the first, which is how
much a model wavers by itself.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from labeling.errors import GoldError
from labeling.llm.budget import Budget
from labeling.llm.classes import ClassSpec
from labeling.llm.content import strings
from labeling.llm.labelling import label_batch
from labeling.llm.ledger import Ledger
from labeling.llm.mcnemar import mcnemar_e_value, threshold
from labeling.llm.pool import ExamplePool
from labeling.llm.prompt import Prompt
from labeling.llm.settings import Pace, Paces
from labeling.llm.tally import Tally
from labeling.llm.transport import Transport

SCHEMA = """
create table if not exists canary (
    round text not null, voter text not null, version text not null, item_id text not null,
    label text, correct integer not null, fingerprint text not null, asked_at real not null,
    primary key (round, voter, item_id)
);
create index if not exists canary_voter on canary (voter, version, round, asked_at);
create table if not exists canary_accepted (
    voter text not null, version text not null, accepted_at real not null
);
"""
ALPHA = 0.01
"""Chance of any false alarm of one voter, ever."""

LEAST_ITEMS = 20
"""A smaller panel could not raise an alarm on its first look."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a round of the canary says of one voter.

    Attributes
    ----------
    voter, version : str
        Who was asked.
    n_items : int
        Items answered in this round and in the reference.
    accuracy, accuracy_before : float
        Share of right answers (0..1), an abstention counting as wrong; before is NaN in round 1.
    flips : int
        Items answered differently than in the first round.
    e_value, threshold : float
        Evidence that the model changed, and what it takes.
    changed : bool
        The answers prove that the model changed.
    fingerprint_changed : bool
        The provider's model id or fingerprint is another than in the last round.
    look : int
        How many comparisons there have been, this one included; 0 in the reference.
    """

    voter: str
    version: str
    n_items: int
    accuracy: float
    accuracy_before: float
    flips: int
    e_value: float
    threshold: float
    changed: bool
    fingerprint_changed: bool
    look: int

    @property
    def verdict(self) -> str:
        """One sentence for people."""
        if self.changed:
            return (
                f"{self.voter}: the model changed: accuracy on the canary went from "
                f"{self.accuracy_before:.1%} to {self.accuracy:.1%}, {self.flips} of {self.n_items} "
                f"answers differ (evidence {self.e_value:.3g}, needed {self.threshold:.3g})"
            )
        if self.fingerprint_changed:
            return (
                f"{self.voter}: the provider names another model or fingerprint than before; "
                f"the answers do not prove a change ({self.flips} of {self.n_items} differ)"
            )
        if self.look == 0:
            return f"{self.voter}: this round is the reference"
        return f"{self.voter}: no change ({self.flips} of {self.n_items} answers differ)"


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

    Parameters
    ----------
    panel : Table
        ``item_id, text, label`` and optionally ``image``; label is gold. The same items each time.
    round_id : str
        Names the round; asking the same round again resumes it and pays for nothing twice.
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
    result = label_batch(
        panel,
        prompts,
        classes,
        transport,
        ledger,
        run=round_id,
        budget=budget,
        pace=pace,
        examples=examples,
        redact=redact,
        image_folder=image_folder,
        salt=f"canary/{round_id}",
    )
    said: dict[tuple[str, str], str | None] = dict(
        zip(
            zip(strings(result.votes, "voter"), strings(result.votes, "item_id"), strict=True),
            strings(result.votes, "label"),
            strict=True,
        )
    )
    gold = dict(zip(strings(panel, "item_id"), strings(panel, "label"), strict=True))
    findings: list[Finding] = []
    kind = "simulated" if transport.simulated else "llm"
    for prompt in prompts:
        voter, version = f"{kind}/{prompt.name}", prompt.version(classes)
        if not result.by_voter[voter].why:
            answers = {item: said.get((voter, item)) for item in gold}
            findings.append(record(ledger, voter, version, round_id, answers, gold, alpha))
    return findings, dict(result.by_voter)


def record(
    ledger: Ledger,
    voter: str,
    version: str,
    round_id: str,
    answers: dict[str, str | None],
    gold: dict[str, str],
    alpha: float = ALPHA,
) -> Finding:
    """Store one voter's round and compare it with the earlier ones."""
    ledger.script(SCHEMA)
    fingerprint = _fingerprint(ledger, voter, round_id)
    now = time.time()
    ledger.replace_rows(
        "delete from canary where round = ? and voter = ?",
        (round_id, voter),
        "insert into canary values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (round_id, voter, version, item, label, label == gold[item], fingerprint, now)
            for item, label in answers.items()
        ],
    )
    since = ledger.execute(
        "select coalesce(max(accepted_at), 0) from canary_accepted where voter=? and version=?",
        (voter, version),
    )[0][0]
    rounds = [
        row[0]
        for row in ledger.execute(
            "select round from canary where voter=? and version=? and asked_at > ? "
            "group by round order by min(asked_at), min(rowid)",
            (voter, version, since),
        )
    ]
    at = rounds.index(round_id)
    told = {n: _round(ledger, voter, rounds[n]) for n in {0, min(1, at), max(0, at - 1), at}}
    return _compare(voter, version, told, at, alpha)


def last_asked(ledger: Ledger) -> float | None:
    """When the last round was asked, in seconds since 1970; ``None`` if there was none."""
    ledger.script(SCHEMA)
    return ledger.execute("select max(asked_at) from canary")[0][0]


def accept(ledger: Ledger, voter: str, version: str) -> None:
    """Take the model as it is now for the reference; the next round is the new one."""
    ledger.script(SCHEMA)
    ledger.execute("insert into canary_accepted values (?, ?, ?)", (voter, version, time.time()))


def diagnose(model_changed: bool, accuracy_fell: bool) -> str:
    """Tell what moved, from the canary and from the accuracy alarm on reviewed items.

    Examples
    --------
    >>> diagnose(model_changed=False, accuracy_fell=True)
    'the data changed: accuracy fell while the models answer the canary as before'
    """
    if model_changed and accuracy_fell:
        return "the model changed, and accuracy fell with it"
    if model_changed:
        return "the model changed; accuracy on reviewed items has not fallen so far"
    if accuracy_fell:
        return "the data changed: accuracy fell while the models answer the canary as before"
    return "neither the model nor the data has changed"


@dataclass(frozen=True, slots=True)
class _Round:
    label: dict[str, str | None]
    correct: dict[str, bool]
    fingerprint: str


def _round(ledger: Ledger, voter: str, round_id: str) -> _Round:
    rows = ledger.execute(
        "select item_id, label, correct, fingerprint from canary where voter=? and round=?",
        (voter, round_id),
    )
    return _Round({r[0]: r[1] for r in rows}, {r[0]: bool(r[2]) for r in rows}, rows[0][3])


def _compare(voter: str, version: str, rounds: dict[int, _Round], at: int, alpha: float) -> Finding:
    now, first = rounds[at], rounds[0]
    items = sorted(set(now.label) & set(first.label))
    evidence = mcnemar_e_value(
        sum(first.correct[i] and not now.correct[i] for i in items),
        sum(now.correct[i] and not first.correct[i] for i in items),
    )
    if at >= 2:
        # a model that wavers differs from itself too: only differing more often is a change
        second = rounds[1]
        both = [i for i in items if i in second.label]
        moved = {i for i in both if now.label[i] != first.label[i]}
        wavered = {i for i in both if second.label[i] != first.label[i]}
        evidence = (evidence + mcnemar_e_value(len(moved - wavered), len(wavered - moved))) / 2
    needed = threshold(max(at, 1), alpha)
    n = max(1, len(items))
    return Finding(
        voter=voter,
        version=version,
        n_items=len(items),
        accuracy=sum(now.correct[i] for i in items) / n,
        accuracy_before=sum(first.correct[i] for i in items) / n if at else float("nan"),
        flips=sum(now.label[i] != first.label[i] for i in items),
        e_value=evidence,
        threshold=needed,
        changed=at > 0 and evidence >= needed,
        fingerprint_changed=at > 0 and now.fingerprint != rounds[at - 1].fingerprint,
        look=at,
    )


def _fingerprint(ledger: Ledger, voter: str, round_id: str) -> str:
    rows = ledger.execute(
        "select distinct coalesce(provider_model, '') || '/' || coalesce(fingerprint, '') "
        "from calls where run = ? and voter = ? and kind = 'canary' and status = 'answered'",
        (round_id, voter),
    )
    return " ".join(sorted(r[0] for r in rows))
