"""Candidates asked about the items that a pilot meets, within its budget."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from assets.votes.examples import as_pool, takes_examples
from assets.votes.simulated_truth import simulated_truth
from labeling.llm.budget import Budget
from labeling.llm.content import strings
from labeling.llm.labelling import label_batch
from labeling.llm.ledger import Ledger
from labeling.llm.model_votes import NOT_ASKED, ModelVotes
from labeling.llm.pool import ExamplePool
from labeling.llm.prompt import Prompt
from orchestration.pilot.candidates import pilot_of
from resources.models.task_models import (
    as_prompt,
    classes_of,
    former_of,
    pace_of,
    redactor_of,
    transport_of,
)
from resources.pilots.rows import Answer, Candidate
from resources.store.place import stands
from resources.store.warehouse import warehouse_of
from resources.task.task import Task

RUN = "pilot"
"""As whose the ledger books what pilots spend: all pilots of a task share one cap."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What candidates said; ``why`` is empty unless they could not all be asked about all."""

    answers: tuple[Answer, ...]
    complete: frozenset[tuple[str, str]]
    why: str = ""


def ask(task: Task, candidates: Sequence[Candidate], items: pa.Table) -> Asked:
    """Ask every candidate about every item; what the ledger knows costs nothing.

    Parameters
    ----------
    items : Table
        ``item_id``, ``batch``, ``text`` and perhaps ``image``.

    Returns
    -------
    Asked
        ``complete`` are the items (item_id, batch) of which every candidate was heard; what was not, because of
        a cap or a provider that is down, is asked the next time.
    """
    models, pilot = pilot_of(task)
    budget = Budget(pilot.budget_usd, models.budget.day_usd, models.budget.task_usd)
    places = list(zip(strings(items, "item_id"), strings(items, "batch"), strict=True))
    by_id = dict(places)
    redact, classes = redactor_of(task), classes_of(task)
    complete, answers, why = set(places), list[Answer](), ""
    prompts = [as_prompt(task, one).alone() for one in candidates]
    pool = _examples(task, prompts)
    with (
        transport_of(task, simulated_truth(task, items, redact), now=max(by_id.values())) as door,
        Ledger(task.ledger) as ledger,
    ):
        for candidate, prompt in zip(candidates, prompts, strict=True):
            said = label_batch(
                items,
                [prompt],
                classes,
                door,
                ledger,
                run=RUN,
                account=account_of(candidate),
                budget=budget,
                pace=pace_of(task),
                examples=pool,
                redact=redact,
                image_folder=task.image_folder,
                former=former_of(task),
            )
            unheard = _unheard(said)
            complete -= {(item, by_id[item]) for item in unheard}
            why = why or _why(said, pilot.budget_usd)
            answers += _answers(candidate, said, by_id, unheard)
    return Asked(tuple(answers), frozenset(complete), why)


def account_of(candidate: Candidate) -> str:
    """Name what the ledger books the candidate's pilot on."""
    return f"{RUN} {candidate.version}"


def _examples(task: Task, prompts: Sequence[Prompt]) -> ExamplePool | None:
    if not takes_examples(prompts) or not stands(task):
        return None
    warehouse = warehouse_of(task)
    gold = warehouse.read("orchestration.pilot.examples")
    return as_pool(warehouse, gold, redactor_of(task), prompts[0].kind)


def _unheard(said: ModelVotes) -> set[str]:
    (tally,) = said.by_voter.values()
    rows = zip(
        strings(said.abstentions, "item_id"), strings(said.abstentions, "reason"), strict=True
    )
    return {item for item, why in rows if why.startswith(NOT_ASKED) or why in tally.again}


def _why(said: ModelVotes, cap_usd: float) -> str:
    (tally,) = said.by_voter.values()
    if not tally.why and tally.again:
        return f"{tally.again.most_common(1)[0][0]}"
    if tally.why.startswith("the run budget"):
        return (
            f"the pilot's budget of ${cap_usd:g} is reached (models.pilot.budget_usd); raise it, or "
            "try fewer prompts"
        )
    return tally.why


def _answers(
    candidate: Candidate, said: ModelVotes, by_id: dict[str, str], unheard: set[str]
) -> list[Answer]:
    votes, silent = said.votes, said.abstentions
    found = [
        Answer(candidate.version, item, by_id[item], label)
        for item, label in zip(strings(votes, "item_id"), strings(votes, "label"), strict=True)
    ]
    return found + [
        Answer(candidate.version, item, by_id[item], None, why)
        for item, why in zip(strings(silent, "item_id"), strings(silent, "reason"), strict=True)
        if item not in unheard
    ]
