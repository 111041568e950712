"""What the page tells in tables: where alarms come from, scores, canary, queue, label model.

Each finding is made of one published table; a task that has not published it, or has nothing in
it, is told nothing of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from console.dashboard.cells import Row
from console.dashboard.recipes import RECIPES, Recipe

CONTENT = ("Text", "Picture")
"""What an item may have, and may lack."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row as shown, and what the page's filters know it by."""

    cells: tuple[str, ...]
    batch: str = ""
    voter: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One table on the page.

    Parameters
    ----------
    key, title, lead : str
        Its place, its heading and how to read it.
    columns : tuple of str
        Headings.
    lines : list of Line
    """

    key: str
    title: str
    lead: str
    columns: tuple[str, ...]
    lines: list[Line]


def findings(published: Mapping[str, pa.Table]) -> list[Finding]:
    """Return the findings that there are, in the order of the page.

    Parameters
    ----------
    published : mapping of str to pyarrow Table
        Published tables by name; those that are missing or empty are left out.

    Examples
    --------
    >>> table = pa.table({"batch": ["b1"], "word": ["tally"], "before": [0.0], "now": [0.1]})
    >>> findings({"new_words": table})[0].lines[0].cells
    ('b1', 'tally', '0.0 %', '10.0 %')
    """
    found: list[Finding] = []
    for recipe in RECIPES:
        rows = published[recipe.table].to_pylist() if recipe.table in published else []
        lines = [_line(recipe, row) for row in recipe.keep(rows)]
        if lines:
            key = recipe.table.replace("_", "-")
            columns, lines = _without_empty(tuple(recipe.columns), lines)
            found.append(Finding(key, recipe.title, recipe.lead, columns, lines))
    return found


def _without_empty(
    columns: tuple[str, ...], lines: list[Line]
) -> tuple[tuple[str, ...], list[Line]]:
    """Leave out texts or pictures where no item has any."""
    kept = [
        at
        for at, name in enumerate(columns)
        if name not in CONTENT or any(line.cells[at].strip() for line in lines)
    ]
    return tuple(columns[at] for at in kept), [
        replace(line, cells=tuple(line.cells[at] for at in kept)) for line in lines
    ]


def _line(recipe: Recipe, row: Row) -> Line:
    series = str(row.get("series") or "")
    voter = str(row.get("voter") or series.removeprefix("voter/") * series.startswith("voter/"))
    label = str(row.get("class") or row.get("label") or "")
    return Line(
        tuple(cell(row) for cell in recipe.columns.values()),
        str(row.get("batch") or ""),
        voter,
        "" if label in ("(all)", "(macro)", "(micro)") else label,
    )
