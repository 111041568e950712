"""A model's rules: asked for, run on every item, measured on reviews, and written down if admitted."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from assets.reading.suggested import LAST, retired_before
from labeling.counted import counted
from labeling.errors import RuleError
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.settings import Pace
from labeling.llm.question import Answered, ask_question
from labeling.llm.recall import answered_before
from labeling.rules.candidates.admission import Verdict, error_of
from labeling.rules.candidates.reading import Candidate, Refused, entries_of, read_answer
from labeling.rules.candidates.writing import Admitted, add_to
from labeling.rules.rule import Rule
from labeling.rules.suggested import Suggested
from orchestration.suggesting.measuring import measure
from orchestration.suggesting.preparing import FILE, NAME, Prepared, rules_of
from resources.models.litellm_batches import LiteLlmBatches
from resources.models.task_models import pace_of, transport_of
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task


@dataclass(frozen=True)
class Decided:
    """What became of a model's rules.

    Attributes
    ----------
    answered : Answered
        What it said, and what that cost.
    admitted : list of Admitted
    verdicts : dict of str to Verdict
        Of each candidate, by its name.
    refused : list of Refused
        What is no rule, or was not admitted, and why.
    path : Path
        Where admitted rules stand.
    number : int
        Of the question, among those about the task's rules that brought any; 0 where none was measured.
    """

    answered: Answered
    admitted: list[Admitted]
    verdicts: dict[str, Verdict]
    refused: list[Refused]
    path: Path
    number: int


def ask_for_rules(task: Task, prepared: Prepared) -> Answered:
    """Ask, unless the ledger knows the answer; raises as :func:`labeling.llm.question.ask_question`."""
    run = f"{NAME} {datetime.now(UTC).isoformat(timespec='seconds')}"
    models = task.spec.models
    pace = Pace() if models is None else pace_of(task).of(prepared.question.model)
    door = nullcontext(LiteLlmBatches()) if models is None else transport_of(task)
    with door as transport, open_ledger(task.ledger) as ledger:
        return ask_question(
            prepared.question,
            transport,
            ledger,
            prepared.price,
            run=run,
            budget=prepared.budget,
            pace=pace,
        )


def decide(task: Task, prepared: Prepared, answered: Answered, at_least: float) -> Decided:
    """Read the answer, measure its rules, and write down those that are admitted; one process at a time.

    Parameters
    ----------
    at_least : float
        What the lower bound of a rule's precision has to reach, 0..1.

    Raises
    ------
    TaskError
        If the answer as a whole is no list of rules, what it cost is told; or if the file cannot be written.
    """
    with FileLock(task.var / "suggested.lock"):
        there = rules_of(task)  # another process may have added to them
        candidates, refused = _read(task, prepared, answered, there)
        path = task.folder / FILE
        if not candidates:
            return Decided(answered, [], {}, refused, path, 0)
        number = _number(task, prepared.question.key)
        verdicts = measure(task, candidates, there, prepared.judged, at_least, error_of(number))
        admitted: list[Admitted] = []
        for one, verdict in zip(candidates, verdicts, strict=True):
            if verdict.why:
                refused.append(Refused(one.rule.name, verdict.why))
            else:
                admitted.append(_admitted(one, verdict, prepared))
        if admitted:
            _write(path, admitted)
    told = {one.rule.name: verdict for one, verdict in zip(candidates, verdicts, strict=True)}
    return Decided(answered, admitted, told, refused, path, number)


def _number(task: Task, key: str) -> int:
    """Return a question's number among those about the task's rules, from 1; answers without rules do not count."""
    with open_ledger(task.ledger) as ledger:
        answers = answered_before(ledger, NAME)
    measured = [one for one, text in answers.items() if one == key or _holds_rules(text)]
    return measured.index(key) + 1


def _holds_rules(text: str) -> bool:
    try:
        return bool(entries_of(text))
    except RuleError:
        return False


def _write(path: Path, admitted: list[Admitted]) -> None:
    try:
        add_to(path, admitted)
    except OSError as error:
        raise TaskError(
            f"{path} cannot be written: {error.strerror or error}. {counted(len(admitted), 'rule is', 'rules are')} "
            "to stand there; see to it and say the same again: the answer is not paid for twice"
        ) from None


def _read(
    task: Task, prepared: Prepared, answered: Answered, there: Sequence[Rule]
) -> tuple[list[Candidate], list[Refused]]:
    model, cost = prepared.question.model, f"It cost ${answered.cost_usd:.4f}."
    if answered.refusal is not None:
        raise TaskError(f"{model} wrote no rules: {answered.declined} {cost}")
    if answered.cut:
        raise TaskError(
            f"{model} did not come to an end within {prepared.question.room:,} tokens; ask for fewer "
            f"rules by --count. {cost}"
        )
    try:
        candidates, refused = read_answer(
            answered.text, task.classes, prepared.numbers, there, prepared.count
        )
    except RuleError as error:
        raise TaskError(
            f"{model} answered, but {error}. {cost} The same with --afresh asks again"
        ) from None
    with warehouse_of(task).connect() as db:
        stopped = retired_before(task, db, [LAST])[LAST]
    named = [one.rule for one in candidates if one.rule.voter in stopped]
    refused += [
        Refused(
            rule.name,
            "has the name of a rule whose alarm still stands, and would be retired at once; "
            f"`touchstone alarm reset voter/{rule.voter} --task {task.name} --note …` ends that",
        )
        for rule in named
    ]
    return [one for one in candidates if one.rule not in named], refused


def _admitted(candidate: Candidate, verdict: Verdict, prepared: Prepared) -> Admitted:
    note = Suggested(
        prepared.question.model,
        datetime.now(UTC).date().isoformat(),
        candidate.texts,
        verdict.low,
        prepared.judged.after,
    )
    told = (
        f"right on {verdict.correct} of {counted(verdict.reviewed, 'reviewed item')}: precision at least "
        f"{100 * verdict.low:.1f} %; votes on {counted(verdict.votes, 'item')} of all batches so far"
    )
    return Admitted(candidate, note, told)
