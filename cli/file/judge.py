"""``touchstone judge``: may a model replace a person, out of a file of answers of both."""

import json
import math
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.options import AsJson, OfKind, check_kind
from labeling.counted import counted
from labeling.kinds.spans.answer import Span
from labeling.look_alikes import look_alikes
from labeling.quality.estimates.intervals import Interval
from labeling.quality.judging.agreement import Agreement, agreements
from labeling.quality.judging.alternative import Alternative, alternative_test
from labeling.quality.judging.files import read_panel
from labeling.quality.judging.mistakes import Against, against_people
from labeling.quality.judging.verdict import verdict

MAX_LISTED = 20
"""Rows of a table that are printed; ``--json`` has all of them."""

EXAMPLES = (
    "judge answers.csv --people ann,bo,cy --models gpt,claude",
    "judge answers.csv --people 'person_*' --models gpt --epsilon 0.1 --json",
    "judge answers.parquet --id key --models gpt --kind several",
)


def judge(
    answers: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="csv, jsonl or parquet: a row an item and a column each person and model, or item_id, voter, "
            "label. An empty cell is no answer.",
        ),
    ],
    people: Annotated[
        str | None,
        typer.Option(
            help="Whose answers are people's, with commas between; wildcards are allowed.",
            show_default="those whose names say so, or all but the models",
        ),
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(
            help="Whose answers are models', with commas between; wildcards are allowed.",
            show_default="those whose names say so, or all but the people",
        ),
    ] = None,
    epsilon: Annotated[
        float,
        typer.Option(
            help="How much rarer than a person's a model's answers may be as close to the others, for its price: "
            "0.2 beside experts, 0.15 beside skilled people, 0.1 beside a crowd."
        ),
    ] = 0.15,
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column with the id.", show_default="the first")
    ] = None,
    kind: OfKind = "single",
    as_json: AsJson = False,
) -> None:
    """Tell whether a model may replace a person, and what it does otherwise."""
    panel = read_panel(
        answers,
        check_kind(kind),
        people=_names(people),
        models=_names(models),
        item_column=id_column,
    )
    said = {part.name if isinstance(part, Span) else part for part in panel.like.part_names}
    warnings = look_alikes({"label": pa.array(sorted(said), pa.string())})
    agreed = agreements(panel)
    tests = alternative_test(panel, epsilon)
    against = against_people(panel)
    if as_json:
        report = {
            "items": len(panel.people),
            "people": list(panel.person_names),
            "kind": kind,
            "epsilon": epsilon,
            "agreement_of_people": _agreement(agreed.together),
            "agreement_of_each_person": [_agreement(one) for one in agreed.people],
            "models": [_model(*each) for each in zip(tests, agreed.models, against, strict=True)],
            "warnings": warnings,
        }
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
        return
    console = Console()
    console.print(
        f"{counted(len(panel.people), 'item')}; people: {escape(_some(panel.person_names))}; "
        f"models: {escape(_some(panel.model_names))}"
    )
    for warning in warnings:
        console.print(f"[yellow]Warning:[/yellow] {escape(warning)}")
    for test in tests:
        told = verdict(test)
        color = {"yes": "green", "no": "red"}.get(told.answer, "yellow")
        console.print(f"[{color}]{escape(told.told)}[/{color}]")
    console.print(_agreements([agreed.together, *agreed.people, *agreed.models], panel.model_names))
    for test, one in zip(tests, against, strict=True):
        console.print(_compared(test))
        console.print(_mistakes(one))


def _names(given: str | None) -> list[str]:
    return [name.strip() for name in (given or "").split(",") if name.strip()]


def _some(names: Any) -> str:
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more


def _agreements(rows: list[Agreement], models: Any) -> Table:
    table = Table(title="Agreement with people", title_justify="left")
    for name in ("", "agreement", "95% interval", "items"):
        table.add_column(name, justify="left" if not name else "right")
    shown = [one for at, one in enumerate(rows) if at < MAX_LISTED or one.name in models]
    for one in shown:
        name = "people among each other" if one.name is None else one.name
        table.add_row(escape(name), *_share(one.share), f"{one.items:,}")
    if len(shown) < len(rows):
        table.caption = f"{len(rows) - len(shown)} more people with --json"
    return table


def _compared(test: Alternative) -> Table:
    advantage = test.advantage
    table = Table(title=f"{escape(test.model)} in the place of each person", title_justify="left")
    for name in ("left out", "items", "model as close", "person as close", "p", ""):
        table.add_column(name, justify="left" if name in ("left out", "") else "right")
    rows = sorted(test.comparisons, key=lambda one: not one.tested)
    for one in rows[:MAX_LISTED]:
        found = "matched" if one.matched else "worse" if one.missed else "open"
        table.add_row(
            escape(one.person),
            f"{one.items:,}",
            f"{one.ahead:.1%}" if one.items else "",
            f"{one.behind:.1%}" if one.items else "",
            f"{one.better:.3f}" if one.tested else "",
            found if one.tested else "too few items",
        )
    more = f"; {len(rows) - MAX_LISTED} more people with --json" if len(rows) > MAX_LISTED else ""
    if test.tested:
        low, high = f"{advantage.low:.1%}", f"{advantage.high:.1%}"
        table.caption = (
            f"Winning rate {test.winning_rate:.2f}; advantage probability {advantage.point:.1%} "
            f"({low} .. {high}){more}"
        )
    return table


def _mistakes(found: Against) -> Table:
    table = Table(title=f"{escape(found.model)} against most people", title_justify="left")
    for name in ("people say", "the model says", "where all agree", "where people differ"):
        table.add_column(name, justify="right" if name.startswith("where") else "left")
    for one in found.mistakes[:MAX_LISTED]:
        table.add_row(
            escape(one.people or "(not there)"),
            escape(one.model or "(not there)"),
            f"{one.agreed:,}",
            f"{one.divided:,}",
        )
    more = len(found.mistakes) - MAX_LISTED
    table.caption = (
        f"The same answer on {found.agreed_same:,} of {found.agreed:,} items where all agree, "
        f"{found.divided_same:,} of {found.divided:,} where they differ; {found.open:,} without a majority"
        + (f"; {more} more rows with --json" if more > 0 else "")
    )
    return table


def _share(share: Interval) -> tuple[str, str]:
    point = f"{share.point:.1%}" if share.measured else "unknown"
    return point, f"{share.low:.1%} .. {share.high:.1%}"


def _model(test: Alternative, agreed: Agreement, against: Against) -> dict[str, Any]:
    told = verdict(test)
    return {
        "model": test.model,
        "may_replace": told.answer,
        "told": told.told,
        "more_items": told.more,
        "winning_rate": _number(test.winning_rate),
        "advantage": _interval(test.advantage),
        "agreement": _agreement(agreed),
        "people": [
            {
                "person": one.person,
                "items": one.items,
                "model_as_close": _number(one.ahead),
                "person_as_close": _number(one.behind),
                "p": _number(one.better),
                "p_worse": _number(one.worse),
                "matched": one.matched if one.tested else None,
            }
            for one in test.comparisons
        ],
        "where_people_agree": {"items": against.agreed, "same": against.agreed_same},
        "where_people_differ": {"items": against.divided, "same": against.divided_same},
        "without_majority": against.open,
        "mistakes": [
            {
                "people": one.people,
                "model": one.model,
                "where_people_agree": one.agreed,
                "where_people_differ": one.divided,
            }
            for one in against.mistakes
        ],
    }


def _agreement(one: Agreement) -> dict[str, Any]:
    return {"name": one.name, "items": one.items} | _interval(one.share)


def _interval(share: Interval) -> dict[str, float | None]:
    return {"point": _number(share.point), "low": share.low, "high": share.high}


def _number(value: float) -> float | None:
    """Return None for what was not measured: JSON has no NaN."""
    return None if math.isnan(value) else value
