"""Prodigy's JSON Lines of manual annotation: ``spans`` of a text, with the tokens they are made of.

Prodigy counts Unicode code points. What is accepted is the whole answer.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from console.formats.spans.document import Carried, Document
from console.formats.spans.tokens import tokens
from console.formats.tools.entries import Entry
from console.formats.tools.prodigy import ABOUT, ACCEPT
from labeling.files.cells import as_text
from labeling.kinds.spans.answer import overlapping, written
from labeling.kinds.spans.cells import spans_in
from labeling.kinds.spans.offsets import read_checked
from resources.reviews.rows import ReviewError

ONE_AT_A_TIME = ("ner", "spans")
"""Views that ask about one span: what is accepted there says nothing of the rest of the text."""


def is_record(record: Mapping[str, Any]) -> bool:
    """Whether a record is an answered task of Prodigy with spans.

    Examples
    --------
    >>> is_record({"text": "gout", "spans": [], "answer": "accept"})
    True
    """
    return "answer" in record and ("spans" in record or "_input_hash" in record)


def read_records(records: Sequence[tuple[int, Mapping[str, Any]]], source: str) -> list[Entry]:
    """Read answered tasks; a task that was rejected or ignored says nothing of where spans are.

    Raises
    ------
    ReviewError
        If a span is none of the text, or was asked about alone.
    """
    entries: list[Entry] = []
    for row, record in records:
        where = f"{source}, row {row}"
        if record.get("_view_id") in ONE_AT_A_TIME:
            raise ReviewError(
                f"{where}: asks about one span at a time, and an answer holds every span of a text; "
                f"annotate with ner.manual, ner.correct or spans.manual"
            )
        accepted = record.get("answer") == ACCEPT and ("spans" in record or "accept" not in record)
        text, marks = as_text(record.get("text")) or "", record.get("spans") or []
        try:
            spans = [span for mark in marks for span in spans_in([mark]) or ()]
            covered = [as_text(mark.get("text")) for mark in marks]
            answer = written(read_checked(spans, covered, text)) if accepted else None
        except ValueError as error:
            raise ReviewError(f"{where}: {error}") from None
        meta = record.get("meta") if isinstance(record.get("meta"), dict) else {}
        own = {k: v for k, v in record.items() if not k.startswith("_") and k not in ABOUT}
        who = as_text(record.get("_annotator_id") or record.get("_session_id")) or "unknown"
        stamp = as_text(record.get("_timestamp"))
        entries.append(
            Entry(
                where=where,
                fields={**(meta or {}), **own},
                said={} if answer is None else {"spans": (answer,)},
                tool_id=as_text(record.get("_input_hash")),
                reviewer=f"prodigy/{who}",
                key=f"prodigy/{record['_task_hash']}/{stamp or answer}"
                if "_task_hash" in record
                else "",
                numbered="_task_hash" in record and bool(stamp),
                at=stamp,
                skipped=answer is None,
            )
        )
    return entries


def write(documents: Sequence[Document], path: Path) -> Carried:
    """Write accepted tasks for ``db-in``, with tokens that every span is made of."""
    carried = Carried()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for one in documents:
            file.write(json.dumps(_task(one), ensure_ascii=False) + "\n")
            carried.documents += 1
            carried.spans += len(one.spans)
    return carried


def _task(one: Document) -> dict[str, Any]:
    made = tokens(one.text, one.spans)
    first = {token.start: number for number, token in enumerate(made)}
    last = {token.end: number for number, token in enumerate(made)}
    return {
        "text": one.text,
        "tokens": [
            {
                "text": one.text[token.start : token.end],
                "start": token.start,
                "end": token.end,
                "id": number,
                "ws": token.space,
            }
            for number, token in enumerate(made)
        ],
        "spans": [
            {
                "start": span.start,
                "end": span.end,
                "token_start": first[span.start],
                "token_end": last[span.end],
                "label": span.name,
            }
            for span in one.spans
        ],
        "meta": {"item_id": one.item_id, "batch": one.batch},
        "_view_id": "spans_manual" if overlapping(one.spans) else "ner_manual",
        "answer": ACCEPT,
    }
