"""doccano's JSON Lines of sequence labelling: ``label`` with triples, or ``entities`` with objects.

doccano counts UTF-16 code units, as its page does, unless a project counts grapheme clusters.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from console.formats.spans.document import Carried, Document
from console.formats.tools.entries import Entry
from labeling.files.cells import as_text
from labeling.kinds.spans.answer import written
from labeling.kinds.spans.cells import spans_in
from labeling.kinds.spans.offsets import UNITS
from resources.reviews.rows import ReviewError

ANSWERS = ("entities", "label", "labels")
"""Where an export keeps spans: ``entities`` where it has relations too."""

APART = (*ANSWERS, "relations", "id", "Comments", "cats")


def is_record(record: Mapping[str, Any]) -> bool:
    """Whether a record is one of doccano's: its number, a text and a list of spans.

    Examples
    --------
    >>> is_record({"id": 1, "text": "gout", "label": [[0, 4, "Disease"]]})
    True
    """
    lists = any(isinstance(record.get(name), list) for name in ANSWERS)
    return "id" in record and "text" in record and "item_id" not in record and lists


def read_records(
    records: Sequence[tuple[int, Mapping[str, Any]]], source: str, who: str
) -> list[Entry]:
    """Read records; where people annotate for themselves, doccano writes a file a person.

    Raises
    ------
    ReviewError
        If a span is none of the text; names file, row and span.
    """
    entries: list[Entry] = []
    for row, record in records:
        where = f"{source}, row {row}"
        name = next(one for one in ANSWERS if isinstance(record.get(one), list))
        text = as_text(record["text"]) or ""
        try:
            spans = UNITS.read(spans_in(record[name]) or (), text)
        except ValueError as error:
            raise ReviewError(f"{where}: {error}; doccano counts UTF-16 code units") from None
        approver = as_text(record.get("annotation_approver"))
        fields = {k: v for k, v in record.items() if k not in APART}
        if isinstance(record.get("meta"), dict):
            fields = {**record["meta"], **fields}
        answer = written(spans)
        entries.append(
            Entry(
                where=where,
                fields=fields,
                said={name: (answer,)} if spans else {},
                empty="nothing" if approver else "unclear",
                tool_id=as_text(record["id"]),
                reviewer=f"doccano/{approver or who}",
                key=f"doccano/{as_text(record['id'])}/{answer}",
            )
        )
    return entries


def write(documents: Sequence[Document], path: Path) -> Carried:
    """Write lines that doccano imports; ids travel in ``meta``, which it keeps and exports."""
    carried = Carried()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, one in enumerate(documents, start=1):
            line = {
                "id": number,
                "text": one.text,
                "label": UNITS.write(one.spans, one.text),
                "meta": {"item_id": one.item_id, "batch": one.batch},
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            carried.documents += 1
            carried.spans += len(one.spans)
    return carried
