"""``touchstone consensus``: one label an item out of a file of votes."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import typer

from cli.file.consensus_of_sets import consensus_of_sets
from cli.file.consensus_of_spans import consensus_of_spans, show_spans
from cli.file.consensus_output import show
from cli.file.consensus_report import report_of
from cli.options import AsJson, OfKind, check_kind
from labeling.consensus.counts.posterior import decided
from labeling.consensus.files import read_gold, read_votes, write_labels
from labeling.consensus.label_model import LabelModel
from labeling.consensus.models.methods import Method
from labeling.consensus.several.files import read_set_votes
from labeling.consensus.spans.tables.files import read_span_votes
from labeling.consensus.worth import PanelWorth
from labeling.votes import ABSTAIN

EXAMPLES = (
    "consensus votes.csv -o labels.csv --gold gold.csv --explain",
    "consensus votes.csv -o labels.parquet --classes HAM=0.9,SPAM=0.1 --id key --voters 'lf_*'",
    "consensus votes.csv -o labels.csv --voters '!comment' --method majority --json",
    "consensus votes.csv -o labels.csv --kind several --classes late,broken,praise",
    "consensus marks.csv -o spans.csv --kind spans --texts items.csv",
)


def consensus(
    votes: Annotated[
        Path,
        typer.Argument(
            metavar="VOTES",
            help="csv, jsonl or parquet: a row an item and a column a voter, or item_id, voter, label; for "
            "spans also start and end.",
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
            hidden=True,
            help="How votes are read: auto, majority, weighted_majority, dawid_skene, ibcc, one_coin "
            "or pattern_ds.",
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
    kind: OfKind = "single",
    texts: Annotated[
        Path | None,
        typer.Option(
            hidden=True,
            help="With --kind spans, a file of item_id and text: all items, also those without a mark.",
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
    ignored = [*(ignore or []), *(one[1:] for one in chosen if one.startswith("!"))]
    chosen = [one for one in chosen if not one.startswith("!")]
    if check_kind(kind) != "single":
        if method != "auto":
            raise typer.BadParameter(f"with --kind {kind} it is auto", param_hint="--method")
        if isinstance(names, int):
            raise typer.BadParameter(f"with --kind {kind} it holds names", param_hint="--classes")
        if kind == "spans":
            if shares is not None:
                raise typer.BadParameter("spans have no shares", param_hint="--classes")
            marks = read_span_votes(
                votes, texts=texts, item_column=id_column, ignore=ignored, voters=chosen,
                classes=names,
            )  # fmt: skip
            report = consensus_of_spans(marks, gold, seed, out)
            typer.echo(json.dumps(report, indent=2)) if as_json else show_spans(report)
            return
    if texts is not None:
        raise typer.BadParameter("only --kind spans reads texts", param_hint="--texts")
    if kind == "several":
        sets = read_set_votes(
            votes,
            item_column=id_column,
            ignore=ignored,
            voters=chosen,
            classes=names if isinstance(names, list) else None,
        )
        report = consensus_of_sets(sets, gold, shares, seed, out)
        if explain:
            report["worth"] = None
        typer.echo(json.dumps(report, indent=2, allow_nan=False)) if as_json else show(report)
        return
    file = read_votes(votes, item_column=id_column, ignore=ignored, voters=chosen, classes=names)
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
    report = report_of(model, file, int(np.sum(label == ABSTAIN)), out)
    if explain and model.method_.startswith("ensemble"):
        report["worth"] = _worth(model.worth(file.votes), file.voters)
    elif explain:
        report["worth"] = None
    if as_json:
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        show(report)


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
