"""The dear prompt of a cascade: asked as little as its guarantee against gold allows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.votes.cheap_side import CheapSide
from assets.votes.gold import MOST_GOLD
from labeling.errors import PromptError
from labeling.llm.model_votes import ModelVotes
from labeling.llm.prompts.asked import STUDENT, Guaranteed
from labeling.llm.prompts.content import strings
from labeling.llm.prompts.prompt import Prompt
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.cascades.cheap import Cheap
    from labeling.cascades.threshold import Threshold
    from labeling.llm.providers.tally import Tally

ROWS = pa.schema(
    [
        ("item_id", pa.string()),
        ("label", pa.string()),
        ("confidence", pa.float64()),
        ("asked", pa.bool_()),
    ]
)

Ask = Callable[[pa.Table, Sequence[Prompt], bool], ModelVotes]
"""Puts items to prompts: at once, or as the task has it. What is known already costs nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the dear prompt said of a batch, the labels of the cascade, and what stands behind them.

    ``guarantee`` is a row of its table, but for the batch and what asking cost.
    """

    answer: ModelVotes
    rows: pa.Table
    guarantee: dict[str, Any]


def steps_of(task: Task, prompts: Sequence[Prompt]) -> tuple[list[Prompt], Prompt | None]:
    """Return the prompts in the order they are asked, and apart from them the one with a guarantee, if any.

    Raises
    ------
    TaskError, PromptError
        Where they cannot be asked so; naming the setting, and what to do.
    """
    from labeling.llm.voters import check_prompts, guaranteed, in_order
    from resources.models.task_models import classes_of

    check_prompts(prompts, classes_of(task))
    dear = guaranteed(prompts)
    if dear is not None:
        check_guarantee(task, dear)
    return [prompt for prompt in in_order(prompts) if prompt is not dear], dear


def check_guarantee(task: Task, dear: Prompt) -> None:
    """Refuse what a guarantee cannot be given with.

    Raises
    ------
    TaskError, PromptError
        Naming the setting, and what to do.
    """
    spec = task.spec.models
    where, name = task.folder / "task.yaml", f"the guarantee of prompt {dear.name!r}"
    if task.kind.many or task.kind.marks_text:
        raise TaskError(
            f"{where}: kind: {task.kind.name}: {name} is of items with one class each; take `guarantee` "
            "out of its `ask`"
        )
    if spec is not None and (spec.ask != "all" or spec.per_batch is not None):
        setting = "per_batch" if spec.ask == "all" else "ask"
        raise TaskError(
            f"{where}: models.{setting}: {name} is of whole batches; take one of them out"
        )
    step, student = dear.settings.ask, task.spec.student
    if isinstance(step, Guaranteed) and step.after == STUDENT:
        if not student.enabled:
            raise TaskError(
                f"{where}: student.enabled: {name} has the student answer first; set it to true, or name "
                "a prompt in `after`"
            )
        if student.reads_vectors:
            raise TaskError(
                f"{where}: student.features: {name} has the student of an earlier batch answer first, and one "
                f"on {student.features} is kept in no file; set it to tfidf, or name a prompt in `after`"
            )
    if dear.settings.fallbacks:
        raise PromptError(
            f"prompt {dear.name!r}: fallbacks: nothing is proven of what another model answers; take out "
            "`fallbacks`, or `guarantee`"
        )


def ask_dear(
    warehouse: Warehouse,
    items: pa.Table,
    side: CheapSide,
    dear: Prompt,
    said: ModelVotes,
    classes: Sequence[str],
    ask: Ask,
) -> Asked:
    """Ask the dear prompt about a batch, after the others have answered.

    Parameters
    ----------
    items : Table
        The batch, as it is asked.
    side : CheapSide
        Who has answered, and gold.
    dear : Prompt
        The dear one.
    said : ModelVotes
        What prompts said of the batch.
    classes : sequence of str
        The classes of the task.
    ask : callable
        See :data:`Ask`.
    """
    from labeling.cascades.cheap import ties_of
    from labeling.cascades.wording import in_words

    step, gold, dear = side.step, side.gold.items, dear.alone()
    n_gold = gold.num_rows
    nobody = ask(items.slice(0, 0), [dear], True)
    votes = [said.votes]
    if side.voices and side.can_prove(items.num_rows):
        before = ask(gold, side.voices, True)
        for voter, tally in before.by_voter.items():
            said.by_voter[voter].took_too(tally)
        if held := _held({v: said.by_voter[v] for v in before.by_voter}, before.by_voter):
            return _later(nobody, step, n_gold, items.num_rows, held)
        votes = [before.votes, said.votes]
    ids = [*strings(gold, "item_id"), *strings(items, "item_id")]
    cheap = side.says(warehouse, items, votes, classes)
    promise, tie = side.promise, ties_of(ids)
    found, on_gold = _threshold(side, cheap, tie, items.num_rows, lambda: ask(gold, [dear], True))
    if on_gold is not None and (held := _held(on_gold.by_voter)):
        return _later(on_gold, step, n_gold, items.num_rows, held)
    chosen = found.asked(cheap.score[n_gold:], tie[n_gold:])
    answer = ask(items.filter(pa.array(chosen, pa.bool_())), [dear], False)
    (tally,) = answer.by_voter.values()
    tally.spared = int((~chosen).sum())
    for one in on_gold.by_voter.values() if on_gold else ():
        tally.took_too(one)
    proven = found.proven and not tally.pending
    labels = set(strings(gold, "label"))
    words = side.missing or in_words(
        found, promise, items.num_rows, side.who, labels, since=side.since, most=MOST_GOLD
    )
    return Asked(
        answer,
        _rows(ids[n_gold:], chosen, answer.votes, cheap, n_gold) if proven else ROWS.empty_table(),
        _guarantee(
            step, n_gold, words, proven=proven, asked=int(chosen.sum()), spared=tally.spared
        ),
    )


def _guarantee(
    step: Guaranteed, n_gold: int, words: str, *, proven: bool, asked: int, spared: int
) -> dict[str, Any]:
    return {
        "target": step.guarantee,
        "risk": step.risk,
        "gold": n_gold,
        "proven": proven,
        "asked": asked,
        "spared": spared,
        "told": words,
    }


def _held(*said: Mapping[str, "Tally"]) -> list["Tally"]:
    """Return the tallies of voters that are still to answer."""
    return [tally for one in said for tally in one.values() if tally.pending]


def _later(
    answer: ModelVotes, step: Guaranteed, n_gold: int, n_items: int, held: list["Tally"]
) -> Asked:
    """Leave the dear prompt's turn to the next run: the answers that decide it are not all there."""
    (tally,) = answer.by_voter.values()
    tally.why, tally.pending = held[0].why, n_items
    tally.waiting = n_items if all(one.pending <= one.waiting for one in held) else 0
    tally.waits_for = {name for one in held for name in one.waits_for}
    empty = answer.votes.slice(0, 0), answer.abstentions.slice(0, 0)
    answer = ModelVotes(*empty, answer.by_voter)
    words = "asked once the answers are there that decide where"
    row = _guarantee(step, n_gold, words, proven=False, asked=0, spared=0)
    return Asked(answer, ROWS.empty_table(), row)


def _threshold(
    side: CheapSide,
    cheap: "Cheap",
    tie: NDArray[np.float64],
    n_items: int,
    ask_dear: Callable[[], ModelVotes],
) -> tuple["Threshold", ModelVotes | None]:
    """Find where to ask; the dear prompt answers gold only where that can prove something."""
    from labeling.cascades.threshold import Gold, cheap_is_enough, find_threshold, nothing_proven

    gold, promise = side.gold.items, side.promise
    labels, n_gold = strings(gold, "label"), gold.num_rows
    if not side.can_prove(n_items):
        return nothing_proven(n_gold, max(n_items, 1), promise), None
    label, score = cheap.label[:n_gold], cheap.score[:n_gold]
    cheap_right = np.array([one == true for one, true in zip(label, labels, strict=True)])
    free = cheap_is_enough(score, cheap_right, n_items, promise)
    if free is not None:
        return free, None
    answer = ask_dear()
    said = dict(
        zip(answer.votes["item_id"].to_pylist(), answer.votes["label"].to_pylist(), strict=True)
    )
    final = [
        said.get(item, own) for item, own in zip(gold["item_id"].to_pylist(), label, strict=True)
    ]
    dear_right = np.array([one == true for one, true in zip(final, labels, strict=True)])
    return find_threshold(
        Gold(score, tie[:n_gold], cheap_right, dear_right), n_items, promise
    ), answer


def _rows(
    ids: list[str], chosen: NDArray[np.bool_], votes: pa.Table, cheap: "Cheap", n_gold: int
) -> pa.Table:
    """Return the labels of the cascade: the dear prompt's where it spoke, else the cheap side's."""
    columns = (votes[name].to_pylist() for name in ("item_id", "label", "confidence"))
    dear = {item: (label, sure) for item, label, sure in zip(*columns, strict=True)}
    score = cheap.score[n_gold:].tolist()
    own = [
        (label, sure if label else None)
        for label, sure in zip(cheap.label[n_gold:], score, strict=True)
    ]
    final = [dear.get(item, one) for item, one in zip(ids, own, strict=True)]
    label, sure = zip(*final, strict=True) if final else ((), ())
    return pa.Table.from_arrays(
        [
            pa.array(c, t)
            for c, t in zip((ids, label, sure, chosen.tolist()), ROWS.types, strict=True)
        ],
        schema=ROWS,
    )
