"""``touchstone quote``: what the model calls of a task will cost, before anything is sent."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import pyarrow as pa
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.votes.cascade import steps_of
from assets.votes.examples import example_pool
from cli.options import AsJson, OneTask
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.prompts.content import strings
from labeling.llm.prompts.pool import ExamplePool
from labeling.llm.quote import VoterQuote, quote_batch
from orchestration.cascade_asked import parts_asked
from orchestration.items_asked import all_undecided, asked_of, items_of
from resources.models.task_models import (
    asking_nobody,
    budget_of,
    classes_of,
    former_of,
    prompts_of,
    redactor_of,
)
from resources.pilots.promoted import nothing_promoted
from resources.store.place import stands
from resources.store.warehouse import warehouse_of
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
    prompts = prompts_of(found)
    _, dear = steps_of(found, prompts)
    items, source = items_of(found, batch)
    asked, certain = asked_of(found, items)
    with open_ledger(found.ledger) as ledger:
        undecided = all_undecided(found, items) if certain else None
        examples = _examples(found, items)
        quotes = [
            one
            for part in parts_asked(found, asked, prompts, undecided)
            for one in quote_batch(
                part.items,
                part.prompts,
                classes_of(found),
                asking_nobody(found),
                ledger,
                examples=examples,
                redact=redactor_of(found),
                undecided=part.undecided,
                image_folder=found.image_folder,
                by_batch=found.spec.models.batch,
                former=former_of(found),
            )
        ]
        place = {prompt.name: at for at, prompt in enumerate(prompts)}
        quotes.sort(key=lambda one: place[one.voter.split("/", 1)[1]])
        spent = ledger.spent("quote")
    budget = budget_of(found)
    notes = [f"Items are those of {source}."]
    if unasked := nothing_promoted(found):
        notes.insert(0, f"{found.name}: {unasked}")
    if dear is not None:
        notes.append(
            f"{dear.name} is asked as little as its guarantee allows: at most about the items of batches that are to "
            "be labelled, and about audited items that it has not answered yet."
        )
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


def _examples(task: Task, items: pa.Table) -> ExamplePool | None:
    """Return what the newest batch may be shown: how long prompts are hardly depends on which."""
    batches = strings(items, "batch")
    if not batches or not stands(task):
        return None
    warehouse = warehouse_of(task)
    return example_pool(warehouse, max(batches), prompts_of(task), redactor_of(task))


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
    if quotes:
        console.print(table)
    console.print(
        f"Spent, or held for answers that are out: ${told['spent_usd']:.4f}, "
        f"${told['spent_today_usd']:.4f} of it today. "
        "Repairs and retries come on top; the caps hold them too.",
        soft_wrap=True,
    )
    for note in told["notes"]:
        console.print(note, soft_wrap=True)
