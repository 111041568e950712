"""Cells of our own CSV exports that a spreadsheet would run: an apostrophe goes in front of them.

Reading an export takes it off again, so nothing runs and nothing is lost. Other files are read as
they stand: an apostrophe in an id is part of the id.
"""

import re
from collections.abc import Collection

_RUNS = re.compile(r"'*[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]")

LABELS = {"item_id", "batch", "label", "confidence", "decided_by"}
REVIEWS = {"item_id", "batch", "origin", "priority", "reviewer", "idempotency_key"}
"""Columns that only ``touchstone export`` writes together."""


def harmless(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would run.

    Examples
    --------
    >>> harmless("=HYPERLINK(1)"), harmless("fine"), harmless("'=1")
    ("'=HYPERLINK(1)", 'fine', "''=1")
    """
    return f"'{cell}" if _RUNS.match(cell) else cell


def raw_cell(cell: str) -> str:
    """Take the apostrophe of :func:`harmless` off.

    Examples
    --------
    >>> raw_cell("'=1"), raw_cell("'tis fine")
    ('=1', "'tis fine")
    """
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell


def is_export(columns: Collection[str]) -> bool:
    """Whether a CSV with these columns is one that we wrote.

    Examples
    --------
    >>> is_export(["item_id", "label"]), is_export(sorted(LABELS))
    (False, True)
    """
    return set(columns) >= LABELS or set(columns) >= REVIEWS
