"""Check the fields of every record; keep the good rows, set the others aside with a reason."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from labeling.files.cells import as_json, as_text
from labeling.files.records import Record, Reject, read_records
from labeling.items.columns import REJECTED, ROWS, Arrived, Columns
from labeling.items.times import read_time

NO_METADATA = "{}"

LONGEST_ID = 1_000
"""Characters; a longer id cannot be answered in the review console."""


def read_items(path: Path, columns: Columns, longest_text: int = 100_000) -> Arrived:
    r"""Read one file of items.

    Parameters
    ----------
    path : Path
        A csv, jsonl or parquet file.
    columns : Columns
        What its columns mean.
    longest_text : int
        Characters; a longer text is set aside.

    Returns
    -------
    Arrived
        Good rows, and rejected ones with the row, the field and the reason. Nothing is dropped.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "inbox.jsonl"
    >>> _ = path.write_text('{"item_id": "a", "text": "hello"}\n{"text": "no id"}\n')
    >>> arrived = read_items(path, Columns())
    >>> arrived.rows["item_id"].to_pylist(), arrived.rejected["reason"].to_pylist()
    (['a'], ['the id is empty'])
    """
    records, rejects = read_records(path, columns.required)
    if not records and not rejects:
        rejects.append((None, None, "the file has no row below its header", None))
    return check_records(records, columns, longest_text, rejects)


def check_records(
    records: list[Record],
    columns: Columns,
    longest_text: int = 100_000,
    rejects: list[Reject] | None = None,
) -> Arrived:
    """Check the fields of records, from wherever they came; see :func:`read_items`."""
    rows: list[dict[str, Any]] = []
    rejected = list(rejects or [])
    for row, record in records:
        found = _checked(record, columns, longest_text)
        if isinstance(found, dict):
            rows.append({"row": row, **found})
        else:
            field, reason = found
            rejected.append((row, field, reason, _shown(record)))
    return Arrived(
        pa.Table.from_pylist(rows, schema=ROWS),
        pa.Table.from_pylist(
            [dict(zip(REJECTED.names, reject, strict=True)) for reject in rejected], schema=REJECTED
        ),
    )


def _checked(
    record: dict[str, Any], columns: Columns, longest_text: int
) -> dict[str, Any] | tuple[str | None, str]:
    """Return what an item needs of a record; or the field at fault, and why."""
    for name in filter(None, (columns.id, columns.text, columns.image)):
        if isinstance(record.get(name), dict | list | bytes):
            return name, f"expected text, found {type(record[name]).__name__}"
    for name in columns.used:
        if not _can_be_stored(record.get(name)):
            return name, "half a surrogate pair, which is no character"
    item_id, text = _as_text(record.get(columns.id)), _as_text(record.get(columns.text))
    image = _as_text(record.get(columns.image)) if columns.image else ""
    if not item_id.strip():
        return columns.id, "the id is empty"
    if not text.strip() and not image:
        return columns.text, "the text is empty"
    if len(text) > longest_text:
        return columns.text, f"the text has {len(text):,} characters; {longest_text:,} are allowed"
    if len(item_id) > LONGEST_ID:
        return columns.id, f"the id is longer than {LONGEST_ID:,} characters"
    for name, value in ((columns.id, item_id), (columns.text, text)):
        if "\x00" in value:
            return name, "a NUL byte; text files carry none"
    time = None
    if columns.time is not None:
        try:
            time = read_time(record.get(columns.time), columns.zone, columns.time_format)
        except ValueError as error:
            return columns.time, str(error)
    return {
        "item_id": item_id,
        "text": text,
        "image": image or None,
        "time": time,
        "metadata": as_metadata(record, columns.metadata) if columns.metadata else NO_METADATA,
    }


def as_metadata(record: dict[str, Any], names: Sequence[str]) -> str:
    """Return some fields of a record as a JSON object, as rules and slices will see them.

    Bytes are told as text, or in base64 where they are none.

    Examples
    --------
    >>> as_metadata({"likes": 1, "text": "x"}, ["likes", "shop"])
    '{"likes": 1, "shop": null}'
    """
    fields = {name: record.get(name) for name in names}
    return json.dumps(fields, ensure_ascii=False, default=as_json, sort_keys=True)


def _as_text(value: object) -> str:
    return as_text(value) or ""


def _can_be_stored(value: object) -> bool:
    if value is None or (isinstance(value, str) and value.isascii()):
        return True
    try:
        json.dumps(value, ensure_ascii=False, default=as_json).encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(record: dict[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False, default=as_json)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
