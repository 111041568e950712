"""``touchstone alarm``: list alarms, and acknowledge, mute or reset them, for the record."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AnyTask, AsJson
from cli.which_task import TaskOption, named_once, show_each
from labeling.counted import counted
from resources.alerts.ledger import AlertLedger
from resources.environment import user
from resources.store.place import stands
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.percent import percent
from resources.task.task import Task

PATIENCE_S = 30.0
"""How long the command waits for a run to give the warehouse free, in seconds."""


class What(StrEnum):
    """What the command does."""

    LIST = "list"
    ACKNOWLEDGE = "acknowledge"
    MUTE = "mute"
    UNMUTE = "unmute"
    RESET = "reset"
    SEND = "send"


EXAMPLES = (
    "alarm list --json",
    "alarm acknowledge class/billing --note 'rules are being mended' --who anna",
    "alarm mute labels --days 7",
    "alarm reset labels --batch 2026-03-12 --note 'new rules' --task invoices",
)


def alarm(
    what: Annotated[
        What, typer.Argument(help="list, send alerts now, or what to do about a series.")
    ],
    series: Annotated[
        str | None,
        typer.Argument(
            help="labels, class/NAME, voter/NAME, of spans precision or recall; not for list and send."
        ),
    ] = None,
    task: AnyTask = None,
    option: TaskOption = None,
    note: Annotated[
        str,
        typer.Option(help="Why it is done; for a reset, what was mended.", show_default="nothing"),
    ] = "",
    days: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            help="Days that a mute lasts, 92 at most; needed with mute alone.",
            show_default="none",
        ),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            help="Batch whose alarm is meant, or the last one before a fix.",
            show_default="the newest",
        ),
    ] = None,
    who: Annotated[
        str | None, typer.Option(help="Who answers for it.", show_default="your user name")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List alarms; acknowledge, mute until, or reset one after a fix. All of it is kept."""
    from labeling.quality.alarms.trail import Action, Event
    from resources.alerts.trail import AlarmTrail

    if what in (What.LIST, What.SEND) and series is not None and task is None:
        series, task = None, Path(series)
    named, now, kept = named_once(task, option), datetime.now(UTC), ""
    if what not in (What.LIST, What.SEND):
        chosen = find_task(named)
        if series is None:
            raise TaskError(f"{what.value} what? name the series, such as labels or class/NAME")
        if (days is not None) != (what is What.MUTE):
            raise TaskError("--days says when a mute ends: give it with mute, and only there")
        AlarmTrail(chosen.alarm_trail, chosen.changes).record(
            Event(
                now,
                user() if who is None else who,
                Action(what.value),
                series,
                _batch(chosen, what, series, batch),
                note,
                None if days is None else now + timedelta(days=days),
            )
        )
        named = chosen.folder
        kept = f"Kept. `touchstone run {chosen.name}` measures anew and publishes it."

    def look(one: Task) -> dict[str, Any]:
        if what is What.SEND:
            from orchestration.sensors.alerting import send_alerts

            for line in send_alerts(one) or ["nobody has to be told of anything"]:
                typer.echo(f"{one.name}: {line}", err=True)
        return {
            "task": one.name,
            "alarms": alarms_of(one, now),
            "alerts": AlertLedger(one.alerts).rows(),
        }

    show_each(named, look, lambda told: _show(Console(), told), as_json)
    if kept and not as_json:
        typer.echo(kept)


def alarms_of(task: Task, now: datetime) -> list[dict[str, Any]]:
    """Return every alarm that fired, with its state by ``now``; none where nothing was measured."""
    from assets.reading.fired import known_alarms
    from resources.alerts.trail import AlarmTrail
    from resources.store.warehouse import warehouse_of

    if not stands(task):
        return []
    warehouse = warehouse_of(task, PATIENCE_S)
    return known_alarms(warehouse, AlarmTrail(task.alarm_trail, task.changes).events(), now)


def _batch(task: Task, what: What, series: str, batch: str | None) -> str:
    """Return the batch that is meant: the newest alarm's to acknowledge, else the newest."""
    from resources.store.warehouse import warehouse_of

    if not stands(task):
        raise TaskError(f"nothing is measured yet; `touchstone run {task.name}` does")
    rows = warehouse_of(task, PATIENCE_S).rows("cli.alarm.series")
    mine = [row for row in rows if row["series"] == series]
    if not mine:
        known = sorted({row["series"] for row in rows if row["fired"]})
        hint = f"; alarms fired of {', '.join(known)}" if known else "; no alarm has fired"
        raise TaskError(f"no series {series!r} is watched in {task.name}{hint}")
    fits = [r["batch"] for r in mine if r["fired"] or what is not What.ACKNOWLEDGE]
    if not fits:
        raise TaskError(f"no alarm of {series} has fired: there is nothing to acknowledge")
    if batch is not None and batch not in fits:
        raise TaskError(f"{series} has no such batch {batch!r}; it has {', '.join(fits[-5:])}")
    return batch or fits[-1]


def _show(console: Console, told: dict[str, Any]) -> None:
    rows = told["alarms"]
    if not rows:
        console.print(f"{told['task']}: no alarm has fired.")
        return
    table = Table(title=f"Alarms of {told['task']}", title_justify="left")
    for name in ("series", "fired in", "since about", "promise", "state", "by", "note"):
        table.add_column(name)
    for row in rows:
        until = row["muted_until"]
        state = row["state"] + (f" until {until:%Y-%m-%d %H:%M} UTC" if until else "")
        table.add_row(
            escape(row["series"]),
            escape(row["batch"]),
            escape(row["change_batch"]),
            percent(row["promised"]),
            f"[bold red]{state}[/]" if row["state"] == "open" else state,
            escape(row["by"] or ""),
            escape(row["note"]),
        )
    console.print(table)
    for alert in told["alerts"]:
        if alert["state"] in ("failed", "unsure"):
            console.print(
                f"[yellow]alert[/] {escape(str(alert['alarm_id']))} to {escape(str(alert['channel']))}: "
                f"{alert['state']} after {counted(int(alert['tries']), 'try')}: {escape(str(alert['error']))}"
            )
