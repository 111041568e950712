"""What ``touchstone consensus`` prints of its report."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labeling.counted import counted

MAX_LISTED = 30
"""Voters that are shown; ``--json`` has all of them."""


def show(report: dict[str, Any]) -> None:
    """Print a report of :func:`cli.file.consensus_report.report_of` as tables."""
    console = Console()
    shares = ", ".join(
        f"{escape(name)} {share:.1%}"
        for name, share in zip(report["classes"][:10], report["class_balance"], strict=False)
    )
    console.print(
        f"{counted(report['items'], 'item')}, {counted(report['votes'], 'vote')}, {report['undecided']} undecided "
        f"-> {escape(report['labels'])}"
    )
    console.print(f"[bold]{report['method']}[/bold]: {escape(report['why'])}")
    if report.get("whole_answers"):
        console.print(
            f"Voters whose answers say of every class whether it applies, because one of them was a list: "
            f"{escape(', '.join(report['whole_answers'][:MAX_LISTED]))}"
        )
    console.print(f"An item without votes: {shares}")
    gold, of = report["gold"], "classes of items" if "whole_answers" in report else "items"
    if gold is not None:
        console.print(
            f"On {gold['reviewed']} gold {of} it was not taught: right on {gold['accuracy']:.1%} "
            f"(majority {gold['majority_accuracy']:.1%}), calibration error "
            f"{gold['calibration_error']:.3f}"
        )
    for warning in report["warnings"]:
        console.print(f"[yellow]Warning:[/yellow] {escape(warning)}")
    table = Table("voter", "votes", "covers", "right (believed)", "right (gold)")
    for voter in report["voters"][:MAX_LISTED]:
        low, high = voter["interval"]
        believed = (
            "" if voter["accuracy"] is None else f"{voter['accuracy']:.1%} ({low:.0%}-{high:.0%})"
        )
        low, high = voter["gold_interval"]
        seen = voter["gold_accuracy"]
        table.add_row(
            escape(voter["voter"]),
            str(voter["votes"]),
            f"{voter['coverage']:.1%}",
            believed,
            "" if seen is None else f"{seen:.1%} ({low:.0%}-{high:.0%})",
        )
    console.print(table)
    if len(report["voters"]) > MAX_LISTED:
        console.print(
            f"... and {counted(len(report['voters']) - MAX_LISTED, 'voter')} more; --json has all"
        )
    if "worth" in report and report["worth"] is None:
        console.print(
            f"What voters are worth is known of the ensemble only, and this is {report['method']}."
        )
    elif "worth" in report:
        _show_worth(console, report["worth"])


def _show_worth(console: Console, worth: dict[str, Any]) -> None:
    spoke = [voter for voter in worth["voters"] if voter["votes"]]
    console.print(
        f"\n{len(spoke)} voters are worth about {worth['effective_voters']:.1f} independent ones. "
        f"What follows is what the consensus itself expects, not what people measured."
    )
    table = Table("voter", "one vote counts", "points lost without it", "siblings")
    for voter in sorted(spoke, key=lambda voter: -voter["lost_without"])[:MAX_LISTED]:
        siblings = voter["siblings"]
        more = f" and {len(siblings) - 3} more" if len(siblings) > 3 else ""
        table.add_row(
            escape(voter["voter"]),
            f"{voter['worth']:.2f}",
            f"{100 * voter['lost_without']:.1f}",
            escape(", ".join(siblings[:3]) + more),
        )
    console.print(table)
    if len(spoke) > MAX_LISTED:
        console.print(f"... and {counted(len(spoke) - MAX_LISTED, 'voter')} more; --json has all")
    kept = worth["kept"]
    named = ", ".join(kept[:12]) + (" ..." if len(kept) > 12 else "")
    console.print(
        f"These {len(kept)} of {len(spoke)} keep the labels within half a point "
        f"({100 * worth['kept_cost']:.1f}): {escape(named)}"
    )
