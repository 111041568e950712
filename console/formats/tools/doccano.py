"""Exports of doccano for classification: JSON Lines, JSON and CSV."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.formats.tools.entries import Entry
from labeling.files.cells import as_text
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from labeling.kinds.several.cells import names_in
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
    records: Sequence[tuple[int, Mapping[str, Any]]],
    source: str,
    who: str,
    classes: Sequence[str],
    kind: Kind = SINGLE,
) -> list[Entry]:
    """Read records; where people annotate for themselves, doccano writes a file a person.

    Parameters
    ----------
    records : sequence of (row, fields)
    source, who : str
        The file, and the person that it is of.
    classes : sequence of str
        Of the task, today and before: in CSV classes are joined by ``#``, which may stand in a name.
    kind : Kind
        doccano also lists what nobody looked at, with an empty list: what that says of items that
        may have any number of classes is told only where the file names who approved it.

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
        chosen = _chosen(record[name], classes, where, kind)
        approver = as_text(record.get("annotation_approver"))
        person = approver or who
        fields = {k: v for k, v in record.items() if k not in (*ANSWERS, "id", "Comments")}
        if isinstance(record.get("meta"), dict):
            fields = {**record["meta"], **fields}
        entries.append(
            Entry(
                where=where,
                fields=fields,
                said={name: chosen} if chosen or (kind.many and _in_words(record[name])) else {},
                empty="nothing" if approver else "unclear",
                tool_id=as_text(record["id"]),
                reviewer=f"doccano/{person}",
                key=f"doccano/{as_text(record['id'])}/{'#'.join(chosen)}",
            )
        )
    return entries


def _in_words(value: Any) -> bool:
    """Whether a cell of a table says that no class applies, as doccano never does."""
    return isinstance(value, str) and value.strip() == "[]"


def _chosen(value: Any, classes: Sequence[str], where: str, kind: Kind) -> tuple[str, ...]:
    if isinstance(value, list):
        if any(isinstance(one, list | dict) for one in value):
            raise ReviewError(f"{where}: label holds spans of the text, not a class of the item")
        return tuple(str(as_text(one)) for one in value)
    text = as_text(value) or ""
    if kind.many and "#" not in text:
        return names_in(text, classes) or ()
    return (text,) if text in classes else tuple(one for one in text.split("#") if one)
