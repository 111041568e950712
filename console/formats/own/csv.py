"""CSV: one row an answer, or an assignment that nobody answered yet.

Spreadsheets run cells that begin like a formula. Such cells get an apostrophe in front, and reading
takes it off again, so nothing runs and nothing is lost.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console.formats.own.bundle import (
    UNNAMED,
    Bundle,
    Numbered,
    as_number,
    in_order,
    review_from_json,
    review_to_json,
    short_key,
)
from labeling.files.apostrophes import harmless, raw_cell
from resources.reviews.rows import Assignment, Review, ReviewError, read_context

ITEM = ("item_id", "batch", "text", "image", "context", "suggestion")
ASSIGNMENT = ("origin", "priority", "probability", "gold")
REVIEW = ("n", "reviewer", "outcome", "label", "seconds", "at", "note", "idempotency_key", "shown")
COLUMNS = (*ITEM, *ASSIGNMENT, *REVIEW)
NEEDED = ("item_id", "batch")

ALONE = frozenset({"origin", "priority", "gold", "idempotency_key", "shown"})
"""Columns that other tables hardly have: beside them, a strange column is a slip."""

_WHOLE = {"n", "priority", "probability", "seconds"}


def write_csv(bundle: Bundle, path: Path) -> int:
    """Write the bundle and return how many rows there are, without the header."""
    rows = list(_rows(bundle))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([row[k] if k in _WHOLE else harmless(row[k]) for k in COLUMNS])
    return len(rows)


def is_ours_csv(columns: Sequence[str]) -> bool:
    """Whether columns are those of reviews and assignments, rather than of some table with labels.

    Examples
    --------
    >>> is_ours_csv(["item_id", "batch", "label"]), is_ours_csv(["item_id", "batch", "verdict"])
    (True, False)
    """
    if "batch" not in columns and "label" in columns:
        return False
    found = set(columns)
    return found <= set(COLUMNS) or (found >= set(NEEDED) and bool(found & ALONE))


def read_csv(path: Path) -> Bundle:
    """Read what :func:`write_csv` wrote, or any CSV with at least ``item_id`` and ``batch``.

    Raises
    ------
    ReviewError
        If a column is missing or unknown, or a row is not what it should be; names file and row.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = reader.fieldnames or []
        missing = [name for name in NEEDED if name not in columns]
        strangers = [name for name in columns if name not in COLUMNS]
        if missing or strangers:
            raise ReviewError(
                f"{path}: column {(missing + strangers)[0]!r} is "
                f"{'missing' if missing else 'unknown'}; known are {', '.join(COLUMNS)}. If it is a "
                f"table of another tool, say --label NAME: the column that holds the labels"
            )
        # spreadsheets write rows of nothing but commas below what they hold
        rows = [(reader.line_num, row) for row in reader if _holds(row)]
    planned: dict[tuple[str, str, str], Assignment] = {}
    answered: dict[tuple[str, str, str], Assignment] = {}
    places: dict[tuple[str, str], str] = {}
    reviews: list[Numbered] = []
    unnumbered: set[str] = set()
    for number, raw in rows:
        where = f"{path}, line {number}"
        if None in raw or None in raw.values():
            raise ReviewError(f"{where}: the row does not have {len(columns)} cells")
        row = {name: raw_cell(value) for name, value in raw.items()}
        try:
            assignment = _assignment(row)
            if row.get("reviewer") or row.get("label"):
                reviews.append(_review(row))
                last = reviews[-1][1]
                if not row.get("idempotency_key"):
                    unnumbered.add(last.idempotency_key)
                places.setdefault((last.reviewer, last.idempotency_key), where)
        except ValueError as error:
            raise ReviewError(f"{where}: {error}") from error
        key = (assignment.item_id, assignment.batch, assignment.origin)
        places.setdefault(key[:2], where)
        # An answer without a priority came late, under an origin that nobody had planned.
        late = (row.get("reviewer") or row.get("label")) and not row.get("priority")
        (answered if late else planned).setdefault(key, assignment)
    known = {key[:2] for key in planned}
    planned.update((k, a) for k, a in answered.items() if k[:2] not in known)
    return Bundle(list(planned.values()), in_order(reviews), places, unnumbered)


def _holds(row: dict[str, str]) -> bool:
    """Whether anything stands in a row; cells that are too many or too few stand as no text."""
    return any(not isinstance(cell, str) or cell.strip() for cell in row.values())


def _rows(bundle: Bundle) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for _, assignments, reviews in bundle.by_item():
        planned = {a.origin: a for a in assignments}
        waiting = [a.origin for a in assignments if a.origin not in {r.origin for _, r in reviews}]
        rows += [{**_base(planned, origin), **dict.fromkeys(REVIEW, "")} for origin in waiting]
        rows += [{**_base(planned, r.origin), **_cells(n, r)} for n, r in reviews]
    return rows


def _base(planned: dict[str, Assignment], origin: str) -> dict[str, str]:
    found = planned.get(origin)
    shown = found or next(iter(planned.values()))
    context = json.dumps(dict(shown.context), ensure_ascii=False)
    probability = found.probability if found else None
    return {
        "item_id": shown.item_id,
        "batch": shown.batch,
        "text": shown.text,
        "image": shown.image or "",
        "context": context if shown.context else "",
        "suggestion": shown.suggestion or "",
        "origin": origin,
        "priority": repr(found.priority) if found else "",
        "probability": "" if probability is None else repr(probability),
        "gold": (found.gold or "") if found else "",
    }


def _cells(number: int, review: Review) -> dict[str, str]:
    said = review_to_json(number, review)
    shown = said["shown"]
    return {
        **{name: "" if said[name] is None else str(said[name]) for name in REVIEW},
        "seconds": repr(float(review.seconds)),
        "shown": "" if shown is None else json.dumps(shown, ensure_ascii=False),
    }


def _assignment(row: dict[str, str]) -> Assignment:
    return Assignment(
        item_id=row["item_id"],
        batch=row["batch"],
        origin=row.get("origin") or "queue",
        text=row.get("text", ""),
        priority=as_number("priority", row.get("priority")),
        probability=as_number("probability", row["probability"])
        if row.get("probability")
        else None,
        image=row.get("image") or None,
        context=read_context(row.get("context")),
        suggestion=row.get("suggestion") or None,
        gold=row.get("gold") or None,
    )


def _review(row: dict[str, str]) -> Numbered:
    said: dict[str, Any] = {name: row.get(name) or None for name in REVIEW}
    said["reviewer"] = row.get("reviewer") or UNNAMED
    said["origin"] = row.get("origin") or "queue"
    said["seconds"] = as_number("seconds", row.get("seconds"))
    said["note"] = row.get("note", "")
    said["shown"] = read_context(row["shown"]) if row.get("shown") else None
    if not said["idempotency_key"]:
        said["idempotency_key"] = short_key(f"csv/{row['item_id']}/{row['batch']}/{said['label']}")
    if not said["outcome"]:
        said["outcome"] = "label" if said["label"] else "skip"
    return review_from_json(row["item_id"], row["batch"], said, "review")
