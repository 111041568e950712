"""Candidates asked about the items that a pilot meets, within its budget."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import pyarrow as pa

from assets.votes.examples import as_pool, takes_examples
from assets.votes.simulated_truth import simulated_truth
from labeling.errors import BudgetError
from labeling.llm.former import Former
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.opening import open_ledger, open_purse
from labeling.llm.model_votes import NOT_ASKED, ModelVotes
from labeling.llm.prompts.content import strings
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.quote import quote_batch
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


class _Shown(TypedDict):
    """What of the task models are shown beside the items, and how."""

    examples: ExamplePool | None
    redact: Callable[[str], str] | None
    image_folder: Path | None
    former: Sequence[Former]


@dataclass(frozen=True, slots=True)
class Asked:
    """What candidates said; ``why`` is empty unless they could not all be asked about all."""

    answers: tuple[Answer, ...]
    complete: frozenset[tuple[str, str]]
    why: str = ""


def ask(task: Task, candidates: Sequence[Candidate], items: pa.Table) -> Asked:
    """Ask every candidate about every item; what the ledger knows costs nothing.

    An answer compares only beside those of the others. So where a cap might not pay for all of them, items
    are asked about in parts that it surely pays for, down to one at a time.

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
    redact, classes = redactor_of(task), classes_of(task)
    prompts = [as_prompt(task, one).alone() for one in candidates]
    shown = _Shown(
        examples=_examples(task, prompts),
        redact=redact,
        image_folder=task.image_folder,
        former=former_of(task),
    )
    answers, complete = list[Answer](), set[tuple[str, str]]()
    latest = max(strings(items, "batch"))
    with (
        transport_of(task, simulated_truth(task, items, redact), now=latest) as door,
        open_ledger(task.ledger) as ledger,
    ):

        def beyond(part: pa.Table) -> str:
            """Return the cap that might not pay for all candidates' answers; nothing if all would."""
            worst = sum(
                one.worst_usd or 0.0
                for prompt in prompts
                for one in quote_batch(part, [prompt], classes, door, ledger, **shown)
            )
            try:
                open_purse(budget, ledger, RUN).reserve_now(worst)
            except BudgetError as error:
                return str(error)
            return ""

        def ask_about(part: pa.Table) -> str:
            """Ask all candidates; return why not all of them could be heard about all items."""
            why = beyond(part)
            if why and part.num_rows > 1:
                half = part.num_rows // 2
                return ask_about(part.slice(0, half)) or ask_about(part.slice(half))
            if why:
                return why
            by_id = dict(zip(strings(part, "item_id"), strings(part, "batch"), strict=True))
            unheard = set[str]()
            for candidate, prompt in zip(candidates, prompts, strict=True):
                said = label_batch(
                    part,
                    [prompt],
                    classes,
                    door,
                    ledger,
                    run=RUN,
                    account=account_of(candidate),
                    budget=budget,
                    pace=pace_of(task),
                    **shown,
                )
                not_by_it = _unheard(said)
                answers.extend(_answers(candidate, said, by_id, not_by_it))
                unheard |= not_by_it
                why = why or _why(said)
            complete.update(place for place in by_id.items() if place[0] not in unheard)
            return why

        why = ask_about(items)
    return Asked(tuple(answers), frozenset(complete), _told(why, pilot.budget_usd))


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


def _why(said: ModelVotes) -> str:
    (tally,) = said.by_voter.values()
    if not tally.why and tally.again:
        return f"{tally.again.most_common(1)[0][0]}"
    return tally.why


def _told(why: str, cap_usd: float) -> str:
    if why.startswith("the run budget"):
        return (
            f"the pilot's budget of ${cap_usd:g} is reached (models.pilot.budget_usd); raise it, or "
            "try fewer prompts"
        )
    return why


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
