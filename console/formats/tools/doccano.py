"""Exports of doccano for classification: JSON Lines, JSON and CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.formats.tools.entries import Entry
from labeling.files.cells import as_text
from resources.reviews.rows import ReviewError

ANSWERS = ("label", "labels", "cats")
"""Where an export keeps the classes: ``cats`` where slots are filled too."""


def is_record(record: Mapping[str, Any]) -> bool:
    """Whether a record is one of doccano's: its number, a text or file, and a list of classes.

    Examples
    --------
    >>> is_record({"id": 1, "text": "hi", "label": ["ham"], "Comments": []})
    True
    """
    old = isinstance(record.get("annotations"), list) and "fields" not in record
    new = any(name in record for name in ANSWERS)
    return "id" in record and ("text" in record or "filename" in record) and (old or new)


def read_records(
    records: Sequence[tuple[int, Mapping[str, Any]]], source: str, who: str, classes: Sequence[str]
) -> list[Entry]:
    """Read records; where people annotate for themselves, doccano writes a file a person.

    Parameters
    ----------
    records : sequence of (row, fields)
    source, who : str
        The file, and the person that it is of.
    classes : sequence of str
        Of the task, today and before: in CSV classes are joined by ``#``, which may stand in a name.

    Raises
    ------
    ReviewError
        If labels are spans, or numbers of classes whose names the file does not have.
    """
    entries: list[Entry] = []
    for row, record in records:
        where = f"{source}, row {row}"
        if "annotations" in record:
            raise ReviewError(
                f"{where}: annotations hold numbers of classes without their names, as doccano "
                f"wrote them before version 1.1; export again as JSONL with text labels"
            )
        name = next(one for one in ANSWERS if one in record)
        chosen = _chosen(record[name], classes, where)
        person = as_text(record.get("annotation_approver")) or who
        fields = {k: v for k, v in record.items() if k not in (*ANSWERS, "id", "Comments")}
        if isinstance(record.get("meta"), dict):
            fields = {**record["meta"], **fields}
        entries.append(
            Entry(
                where=where,
                fields=fields,
                said={name: chosen} if chosen else {},
                tool_id=as_text(record["id"]),
                reviewer=f"doccano/{person}",
                key=f"doccano/{as_text(record['id'])}/{'#'.join(chosen)}",
            )
        )
    return entries


def _chosen(value: Any, classes: Sequence[str], where: str) -> tuple[str, ...]:
    if isinstance(value, list):
        if any(isinstance(one, list | dict) for one in value):
            raise ReviewError(f"{where}: label holds spans of the text, not a class of the item")
        return tuple(str(as_text(one)) for one in value)
    text = as_text(value) or ""
    return (text,) if text in classes else tuple(one for one in text.split("#") if one)
