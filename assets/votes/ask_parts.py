"""Questions about the parts of a batch, asked by several processes that spend from one ledger."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from assets.votes.simulated_truth import simulated_truth
from labeling.llm.model_votes import ABSTENTIONS, VOTES, ModelVotes
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.providers.tally import Tally, total
from resources.engines.engine import Engine
from resources.engines.parts import Part, write_part, write_parts
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.llm.prompts.pool import ExamplePool


class Told(NamedTuple):
    """What models said of a part, in files; what each voter took; and what a killed process had in flight."""

    votes: Part
    abstentions: Part
    by_voter: dict[str, Tally]
    lost: int


@dataclass(frozen=True)
class AskPart:
    """Asks models about the items of a part, and writes what they say into files.

    Whoever works on a part again finds the answers in the ledger.

    Parameters
    ----------
    task : Task
        Says which models, what they may cost together, and where the ledger is.
    prompts : tuple of Prompt
    batch, run : str
        Whose work it is, and which run pays.
    into : Path
        Folder of the files.
    examples : ExamplePool, optional
        Gold that may be shown to models.
    """

    task: Task
    prompts: tuple[Prompt, ...]
    batch: str
    run: str
    into: Path
    examples: "ExamplePool | None" = field(default=None, repr=False)

    def __call__(self, part: Part) -> Told:
        """Ask about the items of a part: ``item_id``, ``text``, ``image`` where there are any, ``undecided``."""
        from labeling.llm.labelling import label_batch
        from labeling.llm.ledger.opening import open_ledger
        from resources.models.task_models import (
            budget_of,
            classes_of,
            former_of,
            pace_of,
            redactor_of,
            transport_of,
        )

        items, redact = part.read(), redactor_of(self.task)
        undecided: list[Any] = items.filter(items["undecided"])["item_id"].to_pylist()
        shown = items.drop_columns(["undecided"])
        truth = simulated_truth(self.task, shown, redact)
        with (
            transport_of(self.task, truth, now=self.batch) as transport,
            open_ledger(self.task.ledger) as ledger,
        ):
            said = label_batch(
                shown,
                self.prompts,
                classes_of(self.task),
                transport,
                ledger,
                run=self.run,
                account=self.batch,
                budget=budget_of(self.task),
                pace=pace_of(self.task),
                examples=self.examples,
                redact=redact,
                undecided=undecided,
                image_folder=self.task.image_folder,
                former=former_of(self.task),
            )
        votes, silent = (
            write_part(table, self.into, name, part.number)
            for name, table in (("answers", said.votes), ("abstentions", said.abstentions))
        )
        return Told(votes, silent, dict(said.by_voter), said.lost)


def asked_by_workers(task: Task, n_items: int) -> bool:
    """Whether workers ask about so many items: where there are any, and a ledger that they share."""
    scale, state = task.spec.scale, task.spec.state
    return scale.engine != "here" and state.postgres is not None and n_items > scale.items_a_part


def ask_in_parts(
    engine: Engine,
    work: AskPart,
    items: pa.Table,
    undecided: Sequence[str],
    tell: Callable[[str], object],
) -> ModelVotes:
    """Let the workers of an engine ask models about a batch.

    Parameters
    ----------
    engine : Engine
    work : AskPart
    items : Table
        As models see them.
    undecided : sequence of str
        Ids that prompts with ``ask: undecided`` are asked about, and so about all items that show the
        same, in whichever part.
    tell : callable
        Is told how far it is.

    Raises
    ------
    LabelingError, TaskError
        As :func:`labeling.llm.labelling.label_batch` and :meth:`resources.engines.engine.Engine.map`.
    """
    from labeling.llm.prompts.content import contents
    from resources.models.task_models import redactor_of

    rows = work.task.spec.scale.items_a_part
    shown = contents(items, redactor_of(work.task), work.task.image_folder)
    same = shown.ids_of(shown.of(undecided))["item_id"].to_pylist()
    marked = items.append_column("undecided", among(items, same))
    cut = (marked.slice(start, rows) for start in range(0, marked.num_rows, rows))
    parts = write_parts(cut, work.into, "asked")
    told: list[Told] = []
    tell(f"models: {len(parts)} parts of the batch are asked about by {engine.told()}")
    for one in engine.map(work, parts):
        told.append(one)
        cost = sum(tally.cost_usd for part in told for tally in part.by_voter.values())
        tell(f"models: {len(told)} of {len(parts)} parts of the batch, ${cost:.4f}")
    voters = list(dict.fromkeys(voter for one in told for voter in one.by_voter))
    return ModelVotes(
        pa.concat_tables([VOTES.empty_table(), *(one.votes.read() for one in told)]),
        pa.concat_tables([ABSTENTIONS.empty_table(), *(one.abstentions.read() for one in told)]),
        {v: total([one.by_voter[v] for one in told if v in one.by_voter]) for v in voters},
        sum(one.lost for one in told),
    )


def among(items: pa.Table, ids: Iterable[object]) -> pa.Array:
    """Return for each item whether its id is among ``ids``.

    Examples
    --------
    >>> among(pa.table({"item_id": ["a", "b"]}), ["b"]).to_pylist()
    [False, True]
    """
    wanted = frozenset(ids)
    return pa.array([item in wanted for item in items["item_id"].to_pylist()], pa.bool_())
