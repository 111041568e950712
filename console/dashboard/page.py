"""The page: charts, tables, filters and downloads in one HTML file that needs no network."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console.dashboard import charts
from console.dashboard.cells import Picture
from console.dashboard.data import TABLES, ReportData, series_name
from console.dashboard.findings import findings
from console.dashboard.library import chart_library
from console.dashboard.summary import headline

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart on the page: its place, what it says, and the table behind it.

    ``rows`` names the columns whose distinct values are the chart's rows, if it has rows; a chart
    whose column ``needs`` holds nothing but nulls and zeros is left out.
    """

    key: str
    title: str
    caption: str
    table: str
    draw: Callable[[], charts.Drawing]
    rows: tuple[str, ...] = ()
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Figures under one heading."""

    key: str
    title: str
    lead: str
    figures: tuple[Figure, ...]


def sections(target: float | None, *, marks_text: bool = False) -> list[Section]:
    """List what the page shows, in order.

    Parameters
    ----------
    target : float or None
        Promised accuracy (0..1).
    marks_text : bool
        Whether answers are spans of a text: other things are counted then.
    """
    promise = "" if target is None else f" The dashed line is the promise, {target:.1%}."
    return [
        Section(
            "accuracy",
            "Accuracy and alarms",
            "Measured on audit reviews: items drawn at random with known probabilities."
            + (" A text is right if each of its spans is." if marks_text else ""),
            (
                Figure(
                    "accuracy-over-time",
                    "Accuracy by batch",
                    f"Point and 95 % interval; a triangle marks a batch in which an alarm "
                    f"of labels, a class or a voter stands.{promise}",
                    "quality_by_batch",
                    lambda: charts.accuracy_over_time(target),
                ),
                Figure(
                    "evidence-over-time",
                    "Evidence against the limit",
                    "Evidence that labels, or a class or voter whose alarm went off, fell below "
                    "the promise. An alarm goes off at the dashed limit, which keeps the yearly "
                    "budget of false alarms.",
                    "evidence",
                    charts.evidence_over_time,
                    needs="log_evidence",
                ),
            ),
        ),
        Section(
            "classes",
            "By class",
            "Precision: how many of the spans given are right, from end to end. Recall: how many of those that "
            "are there were given."
            if marks_text
            else "Precision: how many items labelled so are so. Recall: how many that are so were found.",
            (
                Figure(
                    "class-quality",
                    "Precision and recall",
                    "Point and 95 % interval over all reviewed batches.",
                    "class_quality",
                    charts.class_quality,
                    ("class",),
                ),
            ),
        ),
        Section(
            "voters",
            "By voter and version",
            "A version is what the voter was when it voted: its rule, or prompt and model.",
            (
                Figure(
                    "voter-accuracy",
                    "Accuracy of voters",
                    "Point and 95 % interval over the reviewed items it voted on."
                    + (" An item is right if each mark of the voter is." if marks_text else ""),
                    "voter_scorecard",
                    charts.voter_accuracy,
                    ("voter", "version"),
                ),
                Figure(
                    "voter-reach",
                    "Reach of voters",
                    "Coverage is the share of all items that it votes on; overlap and conflict are the "
                    "shares of its votes that meet another vote and a contradicting one.",
                    "voter_scorecard",
                    charts.voter_reach,
                    ("voter", "version"),
                ),
            ),
        ),
        Section(
            "warnings",
            "Early warnings",
            "Shifts seen without any review. They are hints, not accuracy: labels can stay right "
            "while these move, and go wrong while these stand still.",
            (
                Figure(
                    "class-shares",
                    "Shares of the classes",
                    "Share of each class among the released labels; undecided items are a class.",
                    "class_shares",
                    charts.class_shares,
                ),
                Figure(
                    "votes-over-time",
                    "Coverage, conflict, undecided",
                    "Share of items with a vote, with contradicting votes, and left undecided.",
                    "quality_by_batch",
                    charts.votes_over_time,
                ),
                Figure(
                    "warning-effects",
                    "Size of each shift",
                    "Larger is a larger effect against the reference; ringed ones are warnings.",
                    "early_warnings",
                    charts.warning_effects,
                    ("signal",),
                ),
            ),
        ),
        Section(
            "work",
            "Cost and reviews",
            "What labelling costs in money and in people's time.",
            (
                Figure(
                    "cost-over-time",
                    "Cost of model calls",
                    "US dollars by batch.",
                    "quality_by_batch",
                    charts.cost_over_time,
                    needs="cost_usd",
                ),
                Figure(
                    "reviews-over-time",
                    "Reviews done and owed",
                    "Reviewed audit items, and items waiting in the queue.",
                    "quality_by_batch",
                    charts.reviews_over_time,
                ),
            ),
        ),
    ]


def render(report: ReportData) -> str:
    """Return the whole page as HTML, to be served or kept as a file.

    Parameters
    ----------
    report : ReportData

    Returns
    -------
    str
        One document. It loads nothing: styles, scripts and data stand inside.
    """
    shown = [
        Section(s.key, s.title, s.lead, figures)
        for s in sections(report.target_accuracy, marks_text=report.marks_text)
        if (figures := tuple(f for f in s.figures if _has_something(report, f)))
    ]
    figures = [figure for section in shown for figure in section.figures]
    used = {figure.table for figure in figures}
    payload = {
        "task": report.task,
        "tables": {name: report.rows(name) for name in TABLES if name in used},
        "figures": {
            f.key: {"table": f.table, "rows": f.rows, "spec": f.draw().to_dict()} for f in figures
        },
    }
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.tests["picture"] = lambda cell: isinstance(cell, Picture)
    return environment.get_template("page.html.j2").render(
        report=report,
        sections=shown,
        headline=headline(report),
        alarms=[{**row, "series": series_name(row["series"])} for row in report.rows("alarms")],
        rules=report.rows("rules"),
        findings=findings(report.published),
        batches=list(dict.fromkeys(report.quality_by_batch["batch"].to_pylist())),
        voters=sorted({v for v in report.voter_scorecard["voter"].to_pylist() if v}),
        classes=sorted(
            {
                label
                for names in (report.class_quality["class"], report.class_shares["label"])
                for label in names.to_pylist()
                if label
            }
        ),
        payload=_json_script(payload),
        library=_json_script(chart_library()),
        style=(HERE / "page.css").read_text(),
        script=(HERE / "page.js").read_text(),
    )


def _has_something(report: ReportData, figure: Figure) -> bool:
    """Return whether there is anything to draw."""
    rows = report.rows(figure.table)
    return any(figure.needs is None or row[figure.needs] for row in rows)


def _json_script(value: object) -> str:
    """Write JSON that cannot end the script element it stands in."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
