"""``touchstone run``: files to checked labels, report and alarm."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table

from cli.options import AsJson, OneTask
from cli.progress import progress_bar
from cli.published_rows import published
from resources.task.locate import find_task
from resources.task.percent import percent
from resources.task.task import Task

if TYPE_CHECKING:
    from orchestration.running import Outcome

ALARM_EXIT = 3
"""Exit code where ``--fail-on-alarm`` is given and an alarm is open."""

STOPPED_EXIT = 130
"""Exit code of a run that was stopped with Ctrl-C."""

EXAMPLES = (
    "run invoices",
    "run invoices --batch 2026-03-02 --batch 2026-03-03",
    "run invoices --json --fail-on-alarm",
)


def run(
    task: OneTask = None,
    batch: Annotated[
        list[str] | None,
        typer.Option(
            help="Label this batch even if nothing changed; may be given again.",
            show_default="what is new or changed",
        ),
    ] = None,
    as_json: AsJson = False,
    fail_on_alarm: Annotated[
        bool, typer.Option(help="Exit with 3 if an alarm of labels, a class or a voter is open.")
    ] = False,
) -> None:
    """Label what is new or changed, batch after batch, and publish labels, report and alarm."""
    from assets.landing.memory import memory_warnings
    from orchestration.running import run_task

    chosen = find_task(task)
    for told in memory_warnings(chosen):
        typer.echo(told, err=True)
    try:
        with progress_bar(chosen) as tell:
            outcome = run_task(chosen, tell, batch)
    except KeyboardInterrupt:
        typer.echo(f"stopped; `touchstone run {chosen.name}` goes on where this run was", err=True)
        raise typer.Exit(STOPPED_EXIT) from None
    alarm = any(row["state"] == "open" for row in published_alarms(chosen))
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "task": chosen.name,
                    "labelled": outcome.labelled,
                    "measured": outcome.measured,
                    "published": outcome.published,
                    "alarm": alarm,
                    "alarms": published_alarms(chosen),
                    "report": str(chosen.report),
                    "warnings": outcome.warnings,
                    "set_aside": outcome.set_aside,
                    "answers_aside": outcome.answers_aside,
                    "batches": outcome.rows,
                },
                default=str,
            )
        )
    else:
        show(chosen, outcome)
    if alarm and fail_on_alarm:
        raise typer.Exit(ALARM_EXIT)


def show(task: Task, outcome: "Outcome") -> None:
    """Print the summary table, warnings and where to look next."""
    console = Console()
    console.print(quality_table(task, outcome.rows))
    for warning in outcome.warnings:
        told, _, which = warning.partition("\n")
        console.print(f"[yellow]check[/] {escape(told)}", soft_wrap=True)
        if which:
            console.print(Markdown(which))
    if outcome.set_aside:
        console.print(f"[yellow]quarantine[/] {escape(outcome.set_aside)}", soft_wrap=True)
    if outcome.answers_aside:
        console.print(f"[yellow]reviews[/] {escape(outcome.answers_aside)}", soft_wrap=True)
    show_alarms(console, task)
    done = "nothing had changed"
    if outcome.labelled:
        done = f"{len(outcome.labelled)} batch{'es' * (len(outcome.labelled) > 1)} labelled"
    elif outcome.measured:
        done = f"{len(outcome.measured)} batch{'es' * (len(outcome.measured) > 1)} measured anew"
    elif outcome.published:
        done = "nothing to label; results published anew"
    console.print(f"{done}. Report: {task.report}", soft_wrap=True)


def show_alarms(console: Console, task: Task) -> None:
    """Print where each alarm that people have not dealt with comes from, and what to do next."""
    from labeling.quality.family import figure

    for row in published_alarms(task):
        if row["state"] != "open":
            console.print(f"alarm of {escape(row['series'])} in {row['batch']}: {row['state']}")
            continue
        console.print(
            f"[bold red]ALARM[/] in {row['batch']}: {escape(figure(row['series']))} has fallen below "
            f"{percent(row['promised'])}, most likely since {row['change_batch']}; next:",
            soft_wrap=True,
        )
        for step in str(row["next_step"]).splitlines():
            console.print(f"  - {escape(step)}", soft_wrap=True)


def published_alarms(task: Task) -> list[dict[str, Any]]:
    """Read the published alarms, the oldest first, with the state that people gave them by now."""
    rows = published(task, "alarms")
    if not rows:
        return []
    from assets.reading.fired import alarms_in
    from resources.alerts.trail import AlarmTrail

    fired = {row["series"] for row in rows}
    watched = [row for row in published(task, "drift_series") if row["series"] in fired]
    watched.sort(key=lambda row: (row["batch"], row["series"] != "labels", row["series"]))
    events = AlarmTrail(task.alarm_trail, task.changes).events()
    now = {row["alarm_id"]: row for row in alarms_in(watched, events, datetime.now(UTC))}
    given = ("state", "by", "note", "muted_until")
    return [
        {**row, **{name: now[row["alarm_id"]][name] for name in given if row["alarm_id"] in now}}
        for row in rows
    ]


def quality_table(task: Task, rows: list[dict[str, Any]]) -> Table:
    """Build the table of batches: items, coverage, labelled, accuracy with interval, alarm."""
    table = Table(
        title=f"{task.name}: {task.spec.description}",
        title_justify="left",
        show_edge=False,
        pad_edge=False,
    )
    for name, justify in (
        ("batch", "left"),
        ("items", "right"),
        ("coverage", "right"),
        ("labelled", "right"),
        ("accuracy (95 %)", "left"),
        ("alarm", "left"),
    ):
        table.add_column(name, justify=justify, no_wrap=True)  # pyright: ignore[reportArgumentType]
    table.columns[0].no_wrap = False  # a long name is folded, so that no figure is cut
    table.columns[0].overflow = "fold"
    for row in rows:
        accuracy = "none reviewed"
        if row["accuracy"] is not None:
            low, high = f"{row['accuracy_low']:.1%}", f"{row['accuracy_high']:.1%}"
            accuracy = f"{row['accuracy']:6.1%} ({low} to {high})"
        table.add_row(
            row["batch"],
            f"{row['items']:,}",
            f"{row['coverage']:.1%}",
            f"{row['labelled']:,}",
            accuracy,
            "[bold red]ALARM[/]" if row["fired"] else "[red]stands[/]" if row["alarm"] else "",
        )
    return table
