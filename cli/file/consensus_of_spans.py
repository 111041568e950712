"""``touchstone consensus --kind spans``: the spans of each item out of a file of marks."""

from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labeling.consensus.spans.agreement import Counts
from labeling.consensus.spans.certainty import certain
from labeling.consensus.spans.label_model import FOLDS, SpanLabelModel
from labeling.consensus.spans.said import BelievedSpans
from labeling.consensus.spans.tables.files import SpanFile, read_span_gold, write_spans
from labeling.counted import counted
from labeling.span_votes import ReviewedSpans
from labeling.spans import Spans

MAX_LISTED = 30
"""Voters that are shown; ``--json`` has all of them."""


def consensus_of_spans(file: SpanFile, gold: Path | None, seed: int, out: Path) -> dict[str, Any]:
    """Write the spans of a file of marks, and return what is told of them.

    Parameters
    ----------
    file : SpanFile
    gold : Path or None
        A file of reviewed items.
    seed : int
    out : Path

    Raises
    ------
    LabelingError
        If gold does not fit the marks.
    """
    reviewed = None if gold is None else read_span_gold(gold, file)
    model = SpanLabelModel(random_state=seed).fit(file.votes, file.texts, reviewed)
    found = model.predict(file.votes, file.texts)
    believed = BelievedSpans(found.spans, found.probability)
    nobody = ReviewedSpans(
        found.spans.take(np.zeros(0, dtype=np.int64)), np.zeros(0, dtype=np.int64)
    )
    write_spans(out, file, believed, certain(believed, nobody if reviewed is None else reviewed))
    warnings = list(file.warnings)
    if reviewed is not None and len(reviewed.item) < FOLDS:
        warnings.append(
            f"gold of {counted(len(reviewed.item), 'item')} is too little to choose a reading by; it "
            f"takes {FOLDS} items"
        )
    return {
        "labels": str(out),
        "kind": "spans",
        "items": len(file.item_ids),
        "undecided": int(file.silent.sum()),
        "marks": file.votes.spans.n_spans,
        "spans": found.spans.n_spans,
        "classes": file.classes,
        "method": model.method_,
        "why": model.why_,
        "scores": model.scores_,
        "warnings": warnings,
        "gold": None
        if reviewed is None
        else {"reviewed": len(reviewed.item), "f1": model.scores_.get(model.method_)},
        "voters": [_voter(file, number, found.spans) for number in range(len(file.voters))],
    }


def show_spans(report: dict[str, Any]) -> None:
    """Print a report of :func:`consensus_of_spans`."""
    console = Console()
    console.print(
        f"{counted(report['items'], 'item')}, {counted(report['marks'], 'mark')}, "
        f"{counted(report['spans'], 'span')}, {report['undecided']} undecided -> {escape(report['labels'])}"
    )
    console.print(f"[bold]{report['method']}[/bold]: {escape(report['why'])}")
    for warning in report["warnings"]:
        console.print(f"[yellow]Warning:[/yellow] {escape(warning)}")
    table = Table("voter", "marks", "in items", "classes", "of its marks in the consensus")
    for voter in report["voters"][:MAX_LISTED]:
        kept = voter["kept"]
        table.add_row(
            escape(voter["voter"]),
            str(voter["marks"]),
            str(voter["items"]),
            escape(", ".join(voter["classes"])),
            "" if kept is None else f"{kept:.1%}",
        )
    console.print(table)
    if len(report["voters"]) > MAX_LISTED:
        console.print(
            f"... and {counted(len(report['voters']) - MAX_LISTED, 'voter')} more; --json has all"
        )


def _voter(file: SpanFile, number: int, consensus: Spans) -> dict[str, Any]:
    votes = file.votes
    mine = votes.spans.take((votes.voter == number) & ~votes.is_against)
    kept = float(Counts.of(mine, consensus).both.sum())
    return {
        "voter": file.voters[number],
        "marks": mine.n_spans,
        "against": int(votes.is_against[votes.voter == number].sum()),
        "items": len(np.unique(mine.item)),
        "classes": [file.classes[k] for k in np.flatnonzero(votes.speaks[number])],
        "kept": kept / mine.n_spans if mine.n_spans else None,
    }
