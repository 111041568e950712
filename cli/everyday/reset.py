"""``touchstone reset``: begin anew, with what people and models said."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.asking import confirm
from cli.options import OneTask
from labeling.counted import counted
from resources.task.locate import find_task
from resources.task.task import Task

if TYPE_CHECKING:
    from orchestration.changes.resetting import ResetPlan

EXAMPLES = ("reset invoices", "reset invoices --from 2026-03-02 --yes")


def reset(
    task: OneTask = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Take out only this batch and those after it.",
            show_default="all batches",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take it out without asking.")] = False,
) -> None:
    """Take out what was made of a task's batches, after showing what goes; reviews and model answers stay."""
    from orchestration.changes.resetting import plan_reset, reset_task

    chosen = find_task(task)
    out = Console(highlight=False, soft_wrap=True)
    plan = plan_reset(chosen, since)
    if not plan.batches and not plan.leftovers:
        out.print(f"nothing was made of {chosen.name} yet")
        return
    for line in preview(chosen, plan):
        out.print(escape(line))
    if not yes:
        confirm("Take it out?")
    cleared = reset_task(chosen, since)
    out.print(
        f"took out {counted(len(cleared.batches), 'batch')} of {escape(chosen.name)}. "
        f"`touchstone run {escape(chosen.name)}` makes "
        f"{'it' if len(cleared.batches) == 1 else 'them'} anew."
    )


def preview(task: Task, plan: "ResetPlan") -> list[str]:
    """Say in lines what a reset takes out, and what stays."""
    ends = " to ".join(dict.fromkeys([plan.batches[0], plan.batches[-1]])) if plan.batches else ""
    told = counted(len(plan.batches), "batch") + (f" ({ends})" if ends else "")
    made = (
        f"{counted(plan.items, 'item')} with their votes, {counted(plan.labels, 'released label')}, "
        "samples and figures"
        if plan.readable
        else "all that the database holds; it cannot be read"
    )
    partitions = f", {counted(plan.partitions, 'partition')} of Dagster, MLflow's runs of them"
    kept = (
        f"{_kept(plan.reviews, 'review')}, {_kept(plan.answers, 'answer')} of models in the ledger"
    )
    return [
        f"{task.name}: {told} would go",
        f"  goes: {made}{partitions}"
        + (", published files and the report" if plan.whole else "")
        + "; what is open for review of them is withdrawn",
        f"  stays: {kept}, vectors, alarms that were dealt with, rounds of the canary"
        + ("" if plan.whole else "; published files and the report, until the next run"),
    ]


def _kept(n: int | None, what: str) -> str:
    return f"{what}s that cannot be counted" if n is None else counted(n, what)
