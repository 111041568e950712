"""The page of a pilot: who is how good, who is better, and what was promoted, in one HTML file."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
STYLE = HERE.parent / "dashboard" / "page.css"


def render(
    *,
    task: str,
    question: str,
    at: datetime,
    rows: Sequence[dict[str, Any]],
    classes: Sequence[dict[str, Any]],
    verdict: str,
    reviewed: int,
    met: int,
    waiting: int,
    spent_usd: float,
    budget_usd: float,
    simulated: bool,
    promotions: Sequence[Any],
) -> str:
    """Return the page as HTML; it loads nothing.

    Parameters
    ----------
    task, question, verdict : str
    at : datetime
        When this was so.
    rows : sequence of dict
        A candidate each: ``name``, ``model``, ``promoted``, ``against``, ``remaining``, ``items``, ``reviewed``,
        ``accuracy``, ``low``, ``high``, ``ahead``, ``ahead_low``, ``ahead_high`` (shares), ``silent``,
        ``usd_an_item``, ``p95_s``, ``full_run_usd`` (None where unknown) and ``mistakes``, triples of what was
        right, what was said and how often.
    classes : sequence of dict
        A class and candidate each: ``class``, ``name``, ``named``, ``called``, and ``recall`` and ``precision``
        with ``_low`` and ``_high``, None where nobody named it.
    reviewed, met, waiting : int
        Items with an answer of people, that candidates were asked about, and that wait for people.
    spent_usd, budget_usd : float
        What pilots of the task have cost so far, and may cost, in US dollars.
    simulated : bool
        Whether the models are simulated.
    promotions : sequence
        With ``number``, ``at``, ``who``, ``restores`` and ``prompts``, each of which has a ``name``.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2").render(
        task=task,
        question=question,
        at=at,
        rows=rows,
        classes=classes,
        verdict=verdict,
        reviewed=reviewed,
        met=met,
        waiting=waiting,
        spent_usd=spent_usd,
        budget_usd=budget_usd,
        simulated=simulated,
        promotions=promotions,
        reach=_reach(rows),
        style=STYLE.read_text(encoding="utf-8"),
    )


def _reach(rows: Sequence[dict[str, Any]]) -> float:
    """Return how far the axis of differences goes to both sides."""
    ends = [abs(row[name]) for row in rows for name in ("ahead_low", "ahead_high")]
    return min(1.0, max([0.05, *ends]))
