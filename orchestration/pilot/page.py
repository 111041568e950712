"""The page of a pilot beside the report."""

import os
from datetime import UTC, datetime
from pathlib import Path

from console.pilot.page import render
from orchestration.pilot.candidates import pilot_of
from orchestration.pilot.class_figures import class_rows
from orchestration.pilot.figures import mistakes_of, rows_of, verdict_of
from orchestration.pilot.going_on import spent_usd
from orchestration.pilot.standing import Standing
from resources.pilots.store import PilotStore
from resources.task.task import Task


def write_page(task: Task, standing: Standing) -> Path:
    """Write the page, whole or not at all, and return where it stands."""
    place = {one.version: at for at, one in enumerate(standing.candidates)}
    rows = rows_of(task, standing)
    for row in rows:
        # where something stands in a text says nothing without it
        row["mistakes"] = (
            [] if task.kind.marks_text else mistakes_of(standing, place[row["version"]])
        )
    shown = {row["version"]: at for at, row in enumerate(rows)}
    html = render(
        task=task.name,
        question=task.spec.description,
        at=datetime.now(UTC),
        rows=rows,
        classes=sorted(class_rows(task, standing), key=lambda one: shown[one["version"]]),
        verdict=verdict_of(task, standing),
        reviewed=standing.reviewed,
        met=len(standing.draws),
        waiting=standing.waiting,
        spent_usd=spent_usd(task),
        budget_usd=pilot_of(task)[1].budget_usd,
        simulated=task.spec.demo.simulated is not None,
        promotions=PilotStore(task.pilots).promotions(),
    )
    path = task.var / "pilot.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(path)
    return path
