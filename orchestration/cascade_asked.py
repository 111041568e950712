"""What the steps of a cascade may be asked about: items of batches that are to be labelled, and gold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from assets.votes.cascade import steps_of
from assets.votes.cheap_side import CheapSide, cheap_side
from labeling.llm.prompts.asked import Unsure
from labeling.llm.prompts.content import strings
from labeling.llm.prompts.prompt import Prompt
from orchestration.planning import batches_to_label
from resources.store.place import stands
from resources.store.warehouse import warehouse_of
from resources.task.task import Task


@dataclass(frozen=True, slots=True)
class Part:
    """Prompts that are asked about the same items at most, and what rules leave open of these."""

    items: pa.Table
    prompts: Sequence[Prompt]
    undecided: Sequence[str] | None


def parts_asked(
    task: Task, asked: pa.Table, prompts: Sequence[Prompt], undecided: Sequence[str] | None
) -> list[Part]:
    """Tell for each prompt what it may still be asked about.

    A step of a cascade that spared an item of a batch is not asked about it again, though it never answered.

    Parameters
    ----------
    asked : Table
        Items, with their ``batch``.
    prompts : sequence of Prompt
        Of the task.
    undecided : sequence of str, optional
        What rules leave open; ``None`` where that is not known.
    """
    first, dear = steps_of(task, prompts)
    steps = [one for one in prompts if isinstance(one.settings.ask, Unsure)]
    if dear is None and not steps:
        return [Part(asked, prompts, undecided)]
    todo = batches_to_label(task, warehouse_of(task)) if stands(task) else None
    of = strings(asked, "batch")
    due = asked.filter(pa.array([todo is None or one in todo for one in of], pa.bool_()))
    sides = [] if dear is None or todo is None else list(_sides(task, due, first, dear))
    voices = {voice.name for side, _ in sides for voice in side.voices}
    open_ones = None if undecided is None else [*undecided]
    if open_ones is not None:
        open_ones += [item for side, _ in sides for item in side.gold.undecided]
    gold = [side.gold.items for side, n_items in sides if side.can_prove(n_items)]
    plain = [one for one in prompts if one is not dear and one not in steps]
    parts = [
        Part(_with(asked, gold), [one for one in plain if one.name in voices], open_ones),
        Part(asked, [one for one in plain if one.name not in voices], undecided),
        Part(_with(due, gold if voices & {one.name for one in steps} else []), steps, None),
        *([] if dear is None else [Part(_with(due, gold), [dear], None)]),
    ]
    return [part for part in parts if part.prompts]


def _sides(
    task: Task, due: pa.Table, first: Sequence[Prompt], dear: Prompt
) -> Iterator[tuple[CheapSide, int]]:
    of = strings(due, "batch")
    for batch in sorted(set(of)):
        n_items = of.count(batch)
        yield cheap_side(task, warehouse_of(task), batch, n_items, (first, dear)), n_items


def _with(items: pa.Table, gold: Sequence[pa.Table]) -> pa.Table:
    """Add gold to items; what is the same is counted once, as it is asked once."""
    names = [name for name in ("item_id", "text", "image") if name in items.column_names]
    return pa.concat_tables(
        [table.select(names) for table in (items, *gold)], promote_options="permissive"
    )
