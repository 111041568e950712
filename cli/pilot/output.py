"""What ``touchstone pilot`` prints."""

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labeling.counted import counted
from labeling.kinds.kind import Kind
from labeling.llm.quote import VoterQuote
from orchestration.pilot.going_on import Round
from orchestration.pilot.standing import Standing
from resources.pilots.rows import Promotion
from resources.task.task import Task

MOST_ERRORS = 20
LONGEST = 200
FIGURES = ("recall", "precision")


def show_round(
    out: Console,
    task: Task,
    done: Round,
    rows: Sequence[dict[str, Any]],
    classes: Sequence[dict[str, Any]],
    spent: float,
) -> None:
    """Print the figures of all candidates, what the round did and what pilots have cost."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title=f"Pilot of {task.name}")
    table.title_justify = "left"
    table.add_column("candidate", overflow="fold")
    for name in ("reviews", "accuracy (95 %)", "points ahead (95 %)", "silent", "full run"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        state = "promoted" if row["promoted"] else "" if row["remaining"] else "out of the running"
        seen = row["reviewed"] > 0
        table.add_row(
            escape(row["name"]) + (f"\n[dim]{state}[/]" if state else ""),
            f"{row['reviewed']:,}",
            _interval(row["accuracy"], row["low"], row["high"]) if seen else "",
            "" if row["against"] or not seen else _ahead(row),
            f"{row['silent']:.0%}" if row["items"] else "",
            "" if row["full_run_usd"] is None else f"${row['full_run_usd']:.2f}",
        )
    out.print(table)
    best = done.standing.candidates[done.standing.told.verdict.best]
    _show_classes(out, best.name, [row for row in classes if row["version"] == best.version])
    if done.put_up:
        out.print(f"{counted(done.put_up, 'item')} put up for review.")
    if done.why and not done.in_vain:
        out.print(f"[yellow]No more was asked:[/] {escape(done.why)}")
    if spent:
        out.print(f"Pilots have cost ${spent:.4f} so far.")


def _show_classes(out: Console, name: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print the figures of each class of the candidate that leads."""
    if not any(row["named"] for row in rows):
        return
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), title=f"{escape(name)}, class by class")
    table.title_justify = "left"
    table.add_column("class", overflow="fold")
    for column in ("reviews", "recall (95 %)", "precision (95 %)"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        told = ("" if row[of] is None else _interval(*_ends(row, of)) for of in FIGURES)
        table.add_row(escape(row["class"]), f"{row['named']:,}", *told)
    out.print(table)


def show_quote(out: Console, task: Task, quotes: Sequence[VoterQuote], spent: float) -> None:
    """Print what a round may cost."""
    costs = [q.cost_usd for q in quotes]
    known = [cost for cost in costs if cost is not None]
    known_all = len(known) == len(costs)
    told = f"about ${sum(known):.4f}" if known_all else "at a price that nobody knows"
    calls = sum(q.calls for q in quotes)
    pilot = task.spec.models.pilot if task.spec.models else None
    cap = pilot.budget_usd if pilot else 0.0
    out.print(
        f"This round asks {counted(len(quotes), 'candidate')}: at most {calls:,} calls, {told}. "
        f"Repairs and retries come on top. Pilots have cost ${spent:.4f} of ${cap:g} so far."
    )


def show_history(out: Console, task: Task, made: Sequence[Promotion]) -> None:
    """Print every decision, the newest last."""
    if not made:
        out.print(f"{task.name}: nothing was promoted yet, so no model is asked.")
    for one in made:
        names = ", ".join(p.name for p in one.prompts) or "no prompt"
        what = "promoted" if one.restores is None else "taken back; asked again:"
        out.print(escape(f"{one.number}. {one.at:%Y-%m-%d %H:%M} {one.who}: {what} {names}"))
        for row in one.evidence.get("candidates", []):
            accuracy = _interval(row["accuracy"], row["low"], row["high"])
            out.print(escape(f"   {row['name']}: {row['reviewed']} reviews, accuracy {accuracy}"))


def show_errors(
    out: Console,
    standing: Standing,
    who: int,
    wrong: Sequence[dict[str, Any]],
    mistakes: Sequence[tuple[str, str | None, int]],
    kind: Kind,
) -> None:
    """Print what a candidate mistakes for what, and the items."""
    name = standing.candidates[who].name
    reviewed = int(standing.told.reviewed[who])
    out.print(escape(f"{name}: {len(wrong)} of {counted(reviewed, 'reviewed item')} wrong."))
    # where something stands in a text says nothing without it
    for gold, said, n in [] if kind.marks_text else mistakes[:MOST_ERRORS]:
        answers = f"{_said(kind, said, '')} instead of {kind.readable(gold, '')}"
        out.print(escape(f"  {answers}: {counted(n, 'time')}"))
    for one in wrong[:MOST_ERRORS]:
        text = " ".join(str(one["text"] or one["image"] or "").split())
        short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        said, gold = (_said(kind, one[of], str(one["text"] or "")) for of in ("said", "gold"))
        out.print(escape(f"\n{one['item_id']} ({one['batch']}): {said} instead of {gold}"))
        out.print(escape(f"  {short}"))
        for note in one["notes"]:
            out.print(escape(f"  note: {note}"))
    if len(wrong) > MOST_ERRORS:
        out.print(f"\n{len(wrong) - MOST_ERRORS} more; --json tells all of them.")
    out.print("\nA prompt that is written with these in sight is judged by later reviews alone.")


def _said(kind: Kind, answer: str | None, text: str) -> str:
    return "no answer" if answer is None else kind.readable(answer, text)


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:.1%} ({low:.0%} to {high:.0%})"


def _ends(row: dict[str, Any], of: str) -> tuple[float, float, float]:
    return row[of], row[f"{of}_low"], row[f"{of}_high"]


def _ahead(row: dict[str, Any]) -> str:
    return f"{100 * row['ahead']:+.1f} ({100 * row['ahead_low']:+.0f} to {100 * row['ahead_high']:+.0f})"
