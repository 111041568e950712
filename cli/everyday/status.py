"""``touchstone status``: how every task of the project stands."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assets.landing import other_texts
from assets.landing.moved_state import moved_state
from assets.landing.set_aside import sentence_of
from cli import published_rows as told_by
from cli.everyday.run import published_alarms
from cli.options import AsJson
from labeling.counted import counted
from orchestration.planning import answers_to_come, models_at_rest
from resources.dagster.last_run import INTERRUPTED, last_run_of
from resources.pilots.promoted import nothing_promoted
from resources.store.place import stands
from resources.task.errors import TaskError
from resources.task.locate import find_task
from resources.task.task import Task, load_task

PATIENCE_S = 2.0
"""How long a look waits for a running run to give the warehouse free, in seconds."""

BROKEN = 2
"""Exit code where a task.yaml cannot be read."""

EXAMPLES = ("status invoices", "status --json")


SENTENCES = {
    "[yellow]models[/]": "unasked",
    "quarantine": "set_aside",
    "[red]not read[/]": "answers_elsewhere",
    "reviews set aside": "answers_aside",
}
"""What is told in a sentence where there is one: title and field."""


def status(
    task: Annotated[
        Path | None, typer.Argument(help="Folder or name of the task; all of them without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show by task: batches, last run, labelled items, reviews owed, alarm, last report."""
    found, broken = ([find_task(task)], []) if task else _all_tasks(Path.cwd())
    rows = [status_of(one) for one in found]
    if as_json:
        typer.echo(json.dumps({"tasks": rows, "broken": broken}, default=str))
    else:
        _show(rows, broken)
    if broken:
        raise typer.Exit(BROKEN)


def status_of(task: Task) -> dict[str, Any]:
    """Look at what a task has made, without making anything.

    Returns
    -------
    dict
        ``answers_to_come`` counts batches at providers of models; ``models_at_rest`` says until when
        which are not to be asked, ``unasked`` why none is, where prompts are tried first. ``waiting`` is ``None`` where another process has the warehouse for longer than a look may
        wait; ``answers_elsewhere`` says where answers stand that task.yaml no longer names; ``alarm`` is the batch of the first open one; ``last_run``, ``alarm`` and ``report`` are ``None`` where there is none.
    """
    quality, alarms = told_by.published_quality(task), published_alarms(task)
    return {
        "task": task.name,
        "batches": len(quality),
        "waiting": _waiting(task),
        "answers_to_come": len(answers_to_come(task)),
        "models_at_rest": models_at_rest(task),
        "unasked": nothing_promoted(task) or None,
        "items": sum(row["items"] for row in quality),
        "labelled": sum(row["labelled"] for row in quality),
        "last_run": _last_run(task),
        "reviews_owed": _owed(task),
        "accuracy": told_by.last_accuracy(quality),
        "spans": told_by.spans(task),
        "alarm": next((row["batch"] for row in alarms if row["state"] == "open"), None),
        "consensus": told_by.newest(task, "label_model", ("batch", "method", "why", "warnings")),
        "guarantee": told_by.guarantee(task),
        "student": told_by.switches(task),
        "queue": told_by.newest(task, "queue_gain", ("batch", "gain", "stop", "advice")),
        "alarms": [
            {name: row[name] for name in ("series", "batch", "change_batch", "state", "next_step")}
            for row in alarms
        ],
        "canary": told_by.canary(task),
        "set_aside": sentence_of(task),
        "answers_elsewhere": moved_state(task),
        "answers_aside": other_texts.sentence(task),
        "report": _report(task),
    }


def _all_tasks(project: Path) -> tuple[list[Task], list[str]]:
    """Load every task; one that cannot be read must not hide the others."""
    tasks: list[Task] = []
    broken: list[str] = []
    paths = sorted((project / "tasks").glob("*/task.yaml"))
    if not paths:
        raise TaskError(
            f"there is no task under {project / 'tasks'}; `touchstone new NAME` writes one"
        )
    for path in paths:
        try:
            tasks.append(load_task(path.parent))
        except TaskError as error:
            broken.append(str(error))
    return tasks, broken


def _waiting(task: Task) -> int | None:
    """How many batches have landed and are not labelled as things stand."""
    if not stands(task):
        return 0
    from orchestration.planning import batches_to_label
    from resources.store.warehouse import warehouse_of

    try:
        return len(batches_to_label(task, warehouse_of(task, PATIENCE_S)))
    except TaskError:
        return None


def _last_run(task: Task) -> dict[str, Any] | None:
    last = last_run_of(task)
    if last is None:
        return None
    return {
        "job": last.job,
        "batch": last.batch,
        "state": last.state,
        "at": datetime.fromtimestamp(last.seconds, UTC).isoformat(timespec="seconds")
        if last.seconds
        else None,
    }


def _owed(task: Task) -> dict[str, int]:
    """How many items wait for a person, by why they are asked."""
    if not task.reviews.exists():
        return {}
    from resources.reviews.reading.progress import open_by_origin
    from resources.reviews.store import ReviewStore

    store = ReviewStore(task.reviews, kind=task.kind)
    try:
        return open_by_origin(store)
    finally:
        store.close()


def _report(task: Task) -> dict[str, str] | None:
    if not task.report.is_file():
        return None
    at = datetime.fromtimestamp(task.report.stat().st_mtime, UTC)
    return {"path": str(task.report), "at": at.isoformat(timespec="seconds")}


def _show(rows: list[dict[str, Any]], broken: list[str]) -> None:
    console = Console()
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row("[bold not dim]" + row["task"], "")
        for name, told in _lines(row):
            table.add_row(f"  {name}", told)
    if rows:
        console.print(table)
    for message in broken:
        console.print(f"[bold red]cannot be read:[/] {escape(message)}", soft_wrap=True)


def _lines(row: dict[str, Any]) -> list[tuple[str, str]]:
    waiting = row["waiting"]
    more = (
        " (a run has the warehouse; how many wait is not known)"
        if waiting is None
        else f", {waiting} waiting: touchstone run {row['task']}"
        if waiting
        else ""
    )
    run, accuracy, report = row["last_run"], row["accuracy"], row["report"]
    owed = ", ".join(f"{n} {origin}" for origin, n in sorted(row["reviews_owed"].items()))
    return [
        ("batches", f"{row['batches']} labelled{more}"),
        *(
            [
                (
                    "model answers",
                    f"to come from {counted(row['answers_to_come'], 'batch')} at providers",
                )
            ]
            if row["answers_to_come"]
            else []
        ),
        *(
            ("[yellow]not asked[/]", escape(f"{model} until {until}"))
            for model, until in row["models_at_rest"].items()
        ),
        ("items", f"{row['items']:,}, of them {row['labelled']:,} labelled"),
        *((title, escape(row[name])) for title, name in SENTENCES.items() if row[name]),
        (
            "last run",
            f"{run['job']}{' ' + run['batch'] if run['batch'] else ''}, {_colour(run['state'])}"
            f"{', ' + run['at'] if run['at'] else ''}"
            f"{_goes_on(row)}"
            if run
            else f"never: touchstone run {row['task']}",
        ),
        ("reviews owed", owed or "none"),
        (
            "accuracy",
            f"{accuracy['accuracy']:.1%} ({accuracy['accuracy_low']:.1%} to "
            f"{accuracy['accuracy_high']:.1%}) in {accuracy['batch']}"
            if accuracy
            else "not measured: nobody has reviewed the audit sample yet",
        ),
        *([("spans", told_by.spans_in_words(row["spans"]))] if row["spans"] else []),
        *_alarms(row),
        *_beliefs(row),
        *(
            (
                "[yellow]canary[/]" if one["changed"] or one["why"] else "canary",
                escape(f"{one['verdict']}, asked {one['asked_at']:%Y-%m-%d %H:%M}"),
            )
            for one in row["canary"]
        ),
        ("report", f"{escape(report['path'])}, {report['at']}" if report else "none yet"),
    ]


def _beliefs(row: dict[str, Any]) -> list[tuple[str, str]]:
    """What the label model, the student and the queue have to say; nothing before they ran."""
    lines: list[tuple[str, str]] = []
    consensus, student, queue = row["consensus"], row["student"], row["queue"]
    if consensus:
        lines.append(("consensus", escape(f"{consensus['method']}: {consensus['why']}")))
        doubts = [line for line in consensus["warnings"].split("\n") if line]
        lines += [("[yellow]warning[/]", escape(doubt)) for doubt in doubts]
    if student:
        lines.append(("student", escape("; ".join(_student(student)))))
    if row["guarantee"]:
        lines.append(("guarantee", escape(told_by.guarantee_in_words(row["guarantee"]))))
    if queue:
        lines.append(("queue", escape(queue["gain"])))
        word = "[bold]stop reviewing:[/] " if queue["stop"] else ""
        lines.append(("more reviews", word + escape(queue["advice"])))
    return lines


def _student(switches: dict[str, str]) -> list[str]:
    """Tell what the student uses; of a student a class, for which classes."""
    told = [f"{name} {switches[name]}" for name in ("pooling", "calibration") if name in switches]
    used: dict[str, list[str]] = {}
    for switch, text in switches.items():
        of, _, name = switch.rpartition(": ")
        if text.startswith("on, ") and of:
            points = text.removeprefix("on, ").partition(" ")[0]
            used.setdefault(name, []).append(f"{of} {points}")
        elif text.startswith("on, ") and name not in ("pooling", "calibration"):
            told.append(f"{name} {text}")
    told += [f"{name} on, points gained: {', '.join(of)}" for name, of in used.items()]
    return told or ["a classifier a class; no trick is proven to help"]


def _alarms(row: dict[str, Any]) -> list[tuple[str, str]]:
    """Tell each alarm with its state, and of open ones the first thing to do."""
    if not row["alarms"]:
        return [("alarm", "none")]
    told: list[tuple[str, str]] = []
    for alarm in row["alarms"]:
        what = f"{escape(alarm['series'])} in {alarm['batch']}"
        if alarm["state"] == "open":
            step = str(alarm["next_step"]).partition("\n")[0]
            told.append(("alarm", f"[bold red]ALARM[/] {what}: {escape(step)}"))
        else:
            told.append(("alarm", f"{what}, {alarm['state']}"))
    return told


def _goes_on(row: dict[str, Any]) -> str:
    interrupted = row["last_run"]["state"] == INTERRUPTED
    return f"; touchstone run {row['task']} goes on where it was" if interrupted else ""


def _colour(state: str) -> str:
    told = {"success": "[green]success[/]", "failure": "[red]failure[/]"}
    return told.get(state, f"[yellow]{state}[/]" if state == INTERRUPTED else state)
