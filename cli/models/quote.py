"""``touchstone quote``: what the model calls of a task will cost, before anything is sent."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import pyarrow as pa
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.votes.examples import example_pool
from cli.options import AsJson, OneTask
from labeling.items.reading import read_items
from labeling.llm.content import strings
from labeling.llm.ledger import Ledger
from labeling.llm.pool import ExamplePool
from labeling.llm.quote import VoterQuote, quote_batch
from resources.models.task_models import (
    asking_nobody,
    budget_of,
    classes_of,
    former_of,
    prompts_of,
    redactor_of,
)
from resources.store.place import stands
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

EXAMPLES = (
    "quote invoices",
    "quote invoices --batch 2026-03-02 --json",
)


def quote(
    task: OneTask = None,
    batch: Annotated[
        str | None, typer.Option(help="Quote this batch alone.", show_default="all batches")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell how many calls, tokens and dollars are still to come; sends nothing."""
    found = find_task(task)
    if found.spec.models is None:
        nothing = f"{found.name} asks no language model: there is nothing to quote"
        spent = {"cost_usd": 0.0, "spent_usd": 0.0, "spent_today_usd": 0.0}
        none = {"task": found.name, "voters": [], **spent, "budget": None, "notes": [nothing]}
        typer.echo(json.dumps(none) if as_json else nothing)
        return
    items, source = _items(found, batch)
    asked, certain = _asked(found, items)
    with Ledger(found.ledger) as ledger:
        quotes = quote_batch(
            asked,
            prompts_of(found),
            classes_of(found),
            asking_nobody(found),
            ledger,
            examples=_examples(found, items),
            redact=redactor_of(found),
            undecided=_all_undecided(found, items) if certain else None,
            image_folder=found.image_folder,
            by_batch=found.spec.models is not None and found.spec.models.batch,
            former=former_of(found),
        )
        spent = ledger.spent("quote")
    budget = budget_of(found)
    notes = [f"Items are those of {source}."]
    if not certain:
        notes.append("The rules have not been applied to all of them: fewer may be asked.")
    costs = [q.cost_usd for q in quotes]
    cost = None if None in costs else sum(c for c in costs if c is not None)
    if cost is not None and budget.run_usd is not None and cost > budget.run_usd:
        notes.append(
            f"That is more than the run budget of ${budget.run_usd:g}: a run stops there, marks "
            "the batch partial, and the next one goes on."
        )
    told: dict[str, Any] = {
        "task": found.name,
        "voters": [asdict(q) for q in quotes],
        "cost_usd": cost,
        "spent_usd": spent.task,
        "spent_today_usd": spent.day,
        "budget": asdict(budget),
        "notes": notes,
    }
    if as_json:
        typer.echo(json.dumps(told))
    else:
        _show(quotes, told)


def _items(task: Task, batch: str | None) -> tuple[pa.Table, str]:
    """Return the items and where they were read: the warehouse, or before the first run the files."""
    if stands(task):
        table = warehouse_of(task).read("cli.quote.items")
        if table.num_rows:
            return _of_batch(task, table, batch), "the warehouse"
    if task.spec.source.files is None:
        raise TaskError(
            f"{task.name} has no items yet; `touchstone run {task.name}` brings them in"
        )
    return _of_batch(task, pa.concat_tables(_files(task)), batch), "the source files"


def _files(task: Task) -> Iterator[pa.Table]:
    for name, path in task.files().items():
        rows = read_items(path, task.columns, task.spec.source.longest_text).rows
        keys = [task.batch_of(time, name) for time in rows["time"].to_pylist()]
        yield rows.select(["item_id", "text", "image"]).append_column(
            "batch", pa.array(keys, pa.string())
        )


def _of_batch(task: Task, table: pa.Table, batch: str | None) -> pa.Table:
    if batch is None:
        return table
    keys = strings(table, "batch")
    known = sorted(set(keys))
    if batch not in known:
        few = ", ".join(known[:5]) + (" ..." if len(known) > 5 else "")
        raise TaskError(f"{task.name} has no batch {batch!r}; it has {few}")
    return table.filter(pa.array([key == batch for key in keys], pa.bool_()))


def _asked(task: Task, items: pa.Table) -> tuple[pa.Table, bool]:
    """Return the items that models will be asked about, and whether that is certain."""
    spec = task.spec.models
    if spec is None or not items.num_rows:
        return items, True
    chosen: set[tuple[str, str]] = set()
    certain = True
    frame = items.select(["batch", "item_id"]).to_pylist()
    by_batch: dict[str, list[str]] = {}
    for row in frame:
        by_batch.setdefault(row["batch"], []).append(row["item_id"])
    for batch, ids in by_batch.items():
        wanted = ids
        if spec.ask == "undecided":
            undecided = _undecided(task, batch)
            certain = certain and undecided is not None
            wanted = ids if undecided is None else undecided
        chosen |= {(batch, item) for item in wanted[: spec.per_batch]}
    mask = pa.array([(row["batch"], row["item_id"]) in chosen for row in frame], pa.bool_())
    asked = items.filter(mask)
    return (
        asked.drop_columns(["image"]) if asked["image"].null_count == asked.num_rows else asked
    ), certain


def _examples(task: Task, items: pa.Table) -> ExamplePool | None:
    """Return what the newest batch may be shown: how long prompts are hardly depends on which."""
    batches = strings(items, "batch")
    if not batches or not stands(task):
        return None
    warehouse = warehouse_of(task)
    return example_pool(warehouse, max(batches), prompts_of(task), redactor_of(task))


def _all_undecided(task: Task, items: pa.Table) -> list[str] | None:
    """Return what the rules leave open in all batches; ``None`` where they were not applied."""
    left = [_undecided(task, batch) for batch in sorted(set(strings(items, "batch")))]
    return None if None in left else [item for ids in left for item in ids or ()]


def _undecided(task: Task, batch: str) -> list[str] | None:
    """Return what the rules leave open; ``None`` where they have not been applied."""
    if not stands(task):
        return None
    with warehouse_of(task).connect() as db:
        if not db.tuples("votes.rules.applied", batch=batch):
            return None
        return db.column("votes.llm.undecided", batch=batch)


def _show(quotes: list[VoterQuote], told: dict[str, Any]) -> None:
    console = Console()
    table = Table(
        title=f"Model calls of {told['task']} that are still to come",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("voter, model", overflow="fold", min_width=12)
    waits = any(q.waiting for q in quotes)
    known = ("known", "on the way") if waits else ("known",)
    for column in ("items", *known, "calls", "tokens in", "out", "cost", "worst"):
        table.add_column(column, justify="right", no_wrap=True)
    for q in quotes:
        most = "≤ " if q.at_most else ""
        table.add_row(
            f"{escape(q.voter)}\n[dim]{escape(q.model)}[/]",
            f"{q.n_items:,}",
            f"{q.known:,}",
            *([f"{q.waiting:,}"] if waits else []),
            f"{most}{q.calls:,}",
            f"{most}{q.prompt_tokens:,}",
            f"{most}{q.completion_tokens:,}",
            "unknown" if q.cost_usd is None else f"{most}${q.cost_usd:.4f}",
            "unknown" if q.worst_usd is None else f"${q.worst_usd:.4f}",
        )
    console.print(table)
    console.print(
        f"Spent, or held for answers that are out: ${told['spent_usd']:.4f}, "
        f"${told['spent_today_usd']:.4f} of it today. "
        "Repairs and retries come on top; the caps hold them too.",
        soft_wrap=True,
    )
    for note in told["notes"]:
        console.print(note, soft_wrap=True)
