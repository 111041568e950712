"""JSONL: one item a line, with why it was asked and every answer to it."""

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from console.formats.own.answers import as_list, from_list
from console.formats.own.bundle import Bundle, Numbered, in_order, review_from_json, review_to_json
from labeling.files.cells import as_text, parse_json
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from resources.reviews.rows import Assignment, ReviewError, read_context

KNOWN = {one.name for one in fields(Assignment)}


ANSWERS = ("label", "suggestion", "gold")
"""Fields that hold an answer: a list of classes or spans where the kind has lists."""


def write_jsonl(bundle: Bundle, path: Path, kind: Kind = SINGLE) -> int:
    """Write the bundle and return how many lines there are."""
    lines = [
        json.dumps(
            {
                "item_id": item_id,
                "batch": batch,
                "assignments": [_listed(_assignment_to_json(a), kind) for a in assignments],
                "reviews": [_listed(review_to_json(n, r), kind) for n, r in reviews],
            },
            ensure_ascii=False,
        )
        for (item_id, batch), assignments, reviews in bundle.by_item()
    ]
    # JSON leaves these two as they are, and some readers take them for line ends.
    text = "".join(
        line.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029") + "\n" for line in lines
    )
    path.write_text(text, encoding="utf-8", newline="\n")
    return len(lines)


def is_ours_jsonl(names: Sequence[str]) -> bool:
    """Whether names are those of items with assignments and reviews, rather than of some table.

    Examples
    --------
    >>> is_ours_jsonl(["item_id", "batch", "text"]), is_ours_jsonl(["item_id", "batch", "verdict"])
    (True, False)
    """
    if "assignments" in names or "reviews" in names:
        return True
    return {"item_id", "batch"} <= set(names) <= KNOWN


def read_jsonl(path: Path, kind: Kind = SINGLE) -> Bundle:
    """Read what :func:`write_jsonl` wrote, or lines with at least ``item_id``, ``batch``, ``text``.

    Raises
    ------
    ReviewError
        If a line is not what it should be; names file, line and field.
    """
    assignments: list[Assignment] = []
    reviews: list[Numbered] = []
    places: dict[tuple[str, str], str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            said = parse_json(line)
        except (ValueError, RecursionError) as error:
            raise ReviewError(f"{where}: not JSON ({error})") from error
        if not isinstance(said, dict) or not {"item_id", "batch"} <= said.keys():
            raise ReviewError(f"{where}: a line is an object with at least item_id and batch")
        item_id, batch = (_key(said.pop(name), f"{where}: {name}") for name in ("item_id", "batch"))
        places.setdefault((item_id, batch), where)
        answers = said.pop("reviews", [])
        assignments += [
            _assignment_from_json(item_id, batch, _written(planned, kind, where), where)
            for planned in said.pop("assignments", None) or [{"origin": "queue", **said}]
        ]
        reviews += [
            review_from_json(item_id, batch, _written(answer, kind, place), place)
            for place, answer in ((f"{where}, review {i}", one) for i, one in enumerate(answers))
        ]
    return Bundle(assignments, in_order(reviews), places)


def _listed(fields: dict[str, Any], kind: Kind) -> dict[str, Any]:
    lists = {
        name: as_list(text, kind) for name in ANSWERS if (text := fields.get(name)) is not None
    }
    return fields | lists


def _written(fields: dict[str, Any], kind: Kind, where: str) -> dict[str, Any]:
    """Write lists as the kind writes answers; whatever else stands there is judged later."""
    try:
        return {
            name: from_list(cast("list[Any]", value), kind)
            if name in ANSWERS and isinstance(value, list)
            else value
            for name, value in fields.items()
        }
    except ValueError as error:
        raise ReviewError(f"{where}: {error}") from None


def _key(value: Any, where: str) -> str:
    try:
        return as_text(value) or ""
    except TypeError as error:
        raise ReviewError(f"{where}: {error}") from None


def _assignment_to_json(a: Assignment) -> dict[str, Any]:
    return {
        "origin": a.origin,
        "text": a.text,
        "priority": a.priority,
        "probability": a.probability,
        "image": a.image,
        "context": dict(a.context),
        "suggestion": a.suggestion,
        "gold": a.gold,
    }


def _assignment_from_json(item_id: str, batch: str, said: dict[str, Any], where: str) -> Assignment:
    try:
        context = read_context(said.get("context"))
        return Assignment(**{**said, "item_id": item_id, "batch": batch, "context": context})
    except (TypeError, ValueError) as error:
        raise ReviewError(f"{where}: {error}") from error
