"""``touchstone consensus``: one label an item out of a file of votes."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AsJson
from labeling.consensus.files import VoteFile, read_gold, read_votes, write_labels
from labeling.consensus.label_model import LabelModel
from labeling.consensus.methods import Method
from labeling.consensus.posterior import decided
from labeling.consensus.worth import PanelWorth
from labeling.counted import counted
from labeling.votes import ABSTAIN

MAX_LISTED = 30
"""Voters that are shown; ``--json`` has all of them."""

EXAMPLES = (
    "consensus votes.csv -o labels.csv --gold gold.csv --explain",
    "consensus votes.csv -o labels.parquet --classes HAM=0.9,SPAM=0.1 --id key --voters 'lf_*'",
    "consensus votes.csv -o labels.csv --voters '!comment' --method majority --json",
)


def consensus(
    votes: Annotated[
        Path,
        typer.Argument(
            metavar="VOTES",
            help="csv, jsonl or parquet: a row an item and a column a voter, or item_id, voter, label.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out", metavar="LABELS", help="Write the labels to this file, .csv or .parquet."
        ),
    ],
    gold: Annotated[
        Path | None,
        typer.Option(
            help="Correct and measure by this file of item_id and label, drawn at random; with "
            "probability where that was unequal.",
            show_default="no file",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="How many classes, or their names with commas between, each with =SHARE behind it if "
            "the shares are known.",
            show_default="what the votes name",
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            help="How votes are read: auto, majority, weighted_majority, dawid_skene, ibcc, one_coin "
            "or pattern_ds."
        ),
    ] = "auto",
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column with the id.", show_default="the first")
    ] = None,
    voters: Annotated[
        list[str] | None,
        typer.Option(
            help="Take these columns for voters, or with ! before it all but these; wildcards, may be "
            "given again.",
            show_default="all but the id",
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            help="Say what each voter is worth: siblings, what is lost without it, who would do."
        ),
    ] = False,
    as_json: AsJson = False,
    ignore: Annotated[list[str] | None, typer.Option(hidden=True)] = None,
    balance: Annotated[str | None, typer.Option(hidden=True)] = None,
    seed: Annotated[int, typer.Option(min=0, hidden=True)] = 0,
) -> None:
    """Turn many votes an item into one label, and say how far to trust it."""
    names, shares = _classes(classes)
    if balance is not None:
        shares = _shares(balance.split(","), "--balance")
    chosen = voters or []
    file = read_votes(
        votes,
        item_column=id_column,
        ignore=[*(ignore or []), *(one[1:] for one in chosen if one.startswith("!"))],
        voters=[one for one in chosen if not one.startswith("!")],
        classes=names,
    )
    reviewed = None if gold is None else read_gold(gold, file)
    if not len(file.item_ids):
        write_labels(out, file, np.empty(0, np.int64), np.empty((0, len(file.classes))))
        why = f"{votes} has no row under its header: there is nothing to label"
        empty = {"labels": str(out), "items": 0, "votes": 0, "undecided": 0, "warnings": [why]}
        told = f"{why}. {out} has its columns and no row"
        typer.echo(json.dumps(empty, indent=2) if as_json else told)
        return
    model = LabelModel(
        len(file.classes),
        class_balance=shares,
        random_state=seed,
        method=cast("Method", method),
        voter_names=file.voters,
    ).fit(file.votes, reviewed)
    posterior = model.predict_proba(file.votes)
    label = decided(posterior, file.votes)
    write_labels(out, file, label, posterior)
    report = _report(model, file, label, out)
    if explain and model.method_.startswith("ensemble"):
        report["worth"] = _worth(model.worth(file.votes), file.voters)
    elif explain:
        report["worth"] = None
    if as_json:
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        _show(report)


def _classes(given: str | None) -> tuple[int | list[str] | None, list[float] | None]:
    """Return the classes, or how many there are, and their shares where they are given."""
    if given is None:
        return None, None
    text = given.strip()
    if re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text), None
    if re.fullmatch(r"-?[0-9]+", text):
        raise typer.BadParameter("no count of classes has so many digits", param_hint="--classes")
    names = [name.strip() for name in text.split(",") if name.strip()]
    pairs = [name.rpartition("=") for name in names]
    if not all(name and equals for name, equals, _ in pairs):
        return names, None
    return [name.strip() for name, _, _ in pairs], _shares([one[2] for one in pairs], "--classes")


def _shares(given: list[str], option: str) -> list[float]:
    try:
        return [float(share) for share in given]
    except ValueError as error:
        raise typer.BadParameter(
            f"{', '.join(given)} are not all numbers", param_hint=option
        ) from error


def _report(
    model: LabelModel, file: VoteFile, label: np.ndarray[Any, np.dtype[np.int64]], out: Path
) -> dict[str, Any]:
    measured = model.comparison_
    return {
        "labels": str(out),
        "items": len(label),
        "undecided": int(np.sum(label == ABSTAIN)),
        "votes": file.votes.n_votes,
        "classes": file.classes,
        "method": model.method_,
        "why": model.why_,
        "warnings": [*file.warnings, *model.warnings_],
        "class_balance": model.class_balance_.tolist(),
        "gold": None
        if measured is None or not measured.n
        else {
            "reviewed": measured.n,
            "accuracy": measured.model,
            "majority_accuracy": measured.majority,
            "log_loss": measured.log_loss,
            "calibration_error": None if model.calibration_ is None else model.calibration_.error,
        },
        "correlated": [
            {"voters": [file.voters[pair.first], file.voters[pair.second]], "share": pair.share}
            for pair in model.correlated_
        ],
        "voters": [
            {
                "voter": name,
                "votes": voter.n_votes,
                "coverage": voter.coverage,
                "accuracy": None if np.isnan(voter.accuracy) else voter.accuracy,
                "interval": list(voter.interval),
                "gold_accuracy": voter.gold_accuracy.point
                if voter.gold_accuracy.measured
                else None,
                "gold_interval": [voter.gold_accuracy.low, voter.gold_accuracy.high],
                "confusion": _finite(voter.confusion),
                "confusion_low": _finite(voter.confusion_low),
                "confusion_high": _finite(voter.confusion_high),
            }
            for name, voter in zip(file.voters, model.voters_, strict=True)
        ],
    }


def _worth(panel: PanelWorth, names: list[str]) -> dict[str, Any]:
    return {
        "effective_voters": panel.effective,
        "kept": [names[j] for j in panel.kept],
        "kept_cost": panel.cost,
        "voters": [
            {
                "voter": name,
                "votes": voter.votes,
                "worth": voter.worth,
                "siblings": [names[j] for j in voter.siblings],
                "lost_without": voter.lost,
            }
            for name, voter in zip(names, panel.voters, strict=True)
        ],
    }


def _finite(table: np.ndarray[Any, np.dtype[np.float64]]) -> list[list[float | None]]:
    return [[None if np.isnan(share) else float(share) for share in row] for row in table]


def _show(report: dict[str, Any]) -> None:
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
    console.print(f"An item without votes: {shares}")
    gold = report["gold"]
    if gold is not None:
        console.print(
            f"On {gold['reviewed']} gold items it was not taught: right on {gold['accuracy']:.1%} "
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
