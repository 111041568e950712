"""``touchstone injections``: how often orders hidden in items turn the labels of a task's prompts."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import pyarrow as pa
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.votes.examples import example_pool
from cli.asking import confirm
from cli.options import AsJson, OneTask
from labeling.counted import counted
from labeling.llm.injections import Turned, attacked, tell
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.opening import open_ledger
from labeling.llm.model_votes import NOT_ASKED, ModelVotes
from labeling.llm.prompts.content import strings
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.quote import quote_batch
from resources.models.task_models import (
    asking_nobody,
    budget_of,
    classes_of,
    pace_of,
    prompts_of,
    redactor_of,
    transport_of,
)
from resources.pilots.promoted import nothing_promoted
from resources.store.place import stands
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task

SALT = "injections"
"""Sets these answers apart from all others in the ledger, and names their kind there."""

EXAMPLES = (
    "injections invoices --items 50",
    "injections invoices --yes --afresh --json",
)


def injections(
    task: OneTask = None,
    items: Annotated[
        int, typer.Option(min=1, help="Reviewed items that are attacked, in 20 ways each.")
    ] = 20,
    yes: Annotated[bool, typer.Option("--yes", help="Spend money without asking before.")] = False,
    afresh: Annotated[
        bool, typer.Option(help="Ask again what an earlier measurement has asked.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure how often text inside an item ("ignore the above ...") turns its label."""
    chosen = find_task(task)
    if chosen.spec.demo.simulated is not None:
        raise TaskError(
            f"the model of {chosen.name} is simulated: it reads no text, so that no text can turn "
            "its labels; take `simulated:` out of task.yaml and name a real one"
        )
    unasked = nothing_promoted(chosen)
    if chosen.spec.models is None or unasked:
        why = f": {unasked}" if unasked else " asks no language model"
        nothing = f"{chosen.name}{why}: no text in an item can turn its labels"
        none = {"task": chosen.name, "items": 0, "cost_usd": 0.0, "voters": [], "notes": [nothing]}
        typer.echo(json.dumps(none) if as_json else nothing)
        return
    if chosen.kind.composed(chosen.classes):
        raise TaskError(
            f"an attack wants an item to be of one class, and answers of {chosen.name} (kind: "
            f"{chosen.kind.name}) say more than a class; only tasks of one class an item can be attacked"
        )
    prompts = tuple(prompt.alone() for prompt in prompts_of(chosen))
    plain = _items(chosen, items)
    plan = attacked(plain, [c.name for c in classes_of(chosen)])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    salt = f"{SALT}/{now}" if afresh else SALT
    asking = _asking(chosen, prompts)
    with open_ledger(chosen.ledger) as ledger:
        calls, cost, worst = _quoted(chosen, prompts, plain, plan, salt, ledger, asking)
        told = f"{counted(calls, 'question is', 'questions are')} to be asked, for about {cost}, at most {worst}."
        Console(stderr=True).print(told)
        if calls and not yes:
            confirm()
        said: list[ModelVotes] = []
        with transport_of(chosen) as transport:
            for table, set_apart in ((plain, ""), (plan, salt)):
                result = label_batch(
                    table, prompts, classes_of(chosen), transport, ledger,
                    run=f"{SALT} {now}", budget=budget_of(chosen), pace=pace_of(chosen),
                    salt=set_apart, **asking,
                )  # fmt: skip
                said.append(result)
        after = [
            (voter, tell(plan, _labels(said[0], voter), _labels(said[1], voter)))
            for voter in said[1].by_voter
        ]
        stopped = {
            voter: tally.why
            for result in said
            for voter, tally in result.by_voter.items()
            if tally.why
        }
        spent = sum(r.summary.cost_usd for r in said)
    if as_json:
        voters = [
            {"voter": voter, "kinds": [asdict(one) for one in kinds], "stopped": stopped.get(voter)}
            for voter, kinds in after
        ]
        done = {"task": chosen.name, "items": plain.num_rows, "cost_usd": spent, "voters": voters}
        typer.echo(json.dumps(done))
        return
    _show(chosen, plain.num_rows, after, stopped, spent)


def _items(task: Task, many: int) -> pa.Table:
    if not stands(task):
        raise TaskError(f"task {task.name!r} was never run; `touchstone run {task.name}` does")
    found = warehouse_of(task).read("cli.injections.audited", most=many)
    if not found.num_rows:
        raise TaskError(
            f"{task.name} has no audited item with a text yet; `touchstone review {task.name}` asks "
            "for them"
        )
    return found


def _asking(task: Task, prompts: tuple[Prompt, ...]) -> dict[str, Any]:
    warehouse, redact = warehouse_of(task), redactor_of(task)
    newest = warehouse.value("cli.injections.newest")
    return {"examples": example_pool(warehouse, str(newest), prompts, redact), "redact": redact}


def _quoted(
    task: Task,
    prompts: tuple[Prompt, ...],
    plain: pa.Table,
    plan: pa.Table,
    salt: str,
    ledger: Ledger,
    asking: dict[str, Any],
) -> tuple[int, str, str]:
    """Return how many questions are to be sent, and what they cost in words."""
    quotes = [
        quote
        for table, set_apart in ((plain, ""), (plan, salt))
        for quote in quote_batch(
            table, prompts, classes_of(task), asking_nobody(task), ledger, salt=set_apart, **asking
        )
    ]
    costs, worsts = [q.cost_usd for q in quotes], [q.worst_usd for q in quotes]
    return sum(q.calls for q in quotes), _dollars(costs), _dollars(worsts)


def _dollars(costs: list[float | None]) -> str:
    known = [cost for cost in costs if cost is not None]
    return "an unknown price" if len(known) < len(costs) else f"${sum(known):.4f}"


def _labels(said: ModelVotes, voter: str) -> dict[str, str | None]:
    """Return item to label, ``None`` for an answer without; items that were not asked are no keys."""
    votes, silent = said.votes, said.abstentions
    labels: dict[str, str | None] = {
        item: None
        for item, of, why in zip(
            *(strings(silent, name) for name in ("item_id", "voter", "reason")), strict=True
        )
        if of == voter and not why.startswith(NOT_ASKED)
    }
    rows = zip(*(strings(votes, name) for name in ("item_id", "voter", "label")), strict=True)
    return labels | {item: label for item, of, label in rows if of == voter}


def _show(
    task: Task,
    items: int,
    after: list[tuple[str, list[Turned]]],
    stopped: dict[str, str],
    spent: float,
) -> None:
    console = Console()
    table = Table(
        title=f"{task.name}: labels turned by text inside {counted(items, 'item')}",
        title_justify="left",
        box=SIMPLE_HEAD,
    )
    table.add_column("kind of attack")
    for voter, _ in after:
        table.add_column(escape(voter), justify="right")
    for row in zip(*(kinds for _, kinds in after), strict=True):
        cells = [
            f"{one.turned} of {one.attacks}"
            + (f" ({one.share:.1%})" if one.attacks else "")
            + (f", {one.silenced} silenced" if one.silenced else "")
            for one in row
        ]
        table.add_row(row[0].kind, *cells, style="bold" if row[0].kind == "all" else "")
    console.print(table)
    console.print(
        f"Only attacks that want another class than the voter gives without them count. "
        f"Cost: ${spent:.4f}.",
        soft_wrap=True,
    )
    for voter, why in stopped.items():
        console.print(f"[yellow]{escape(voter)} was not asked all of it:[/] {escape(why)}")
