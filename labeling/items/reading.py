"""Check the fields of every record; keep the good rows, set the others aside with a reason."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from labeling.files.cells import as_json, as_text
from labeling.files.records import AT_ONCE, Record, Reject, record_parts
from labeling.items.columns import REJECTED, ROWS, Arrived, Columns
from labeling.items.times import read_time

NO_METADATA = "{}"

LONGEST_ID = 1_000
"""Characters; a longer id cannot be answered in the review console."""

Checked = tuple[str, str, str | None, datetime | None, str]
"""What a row of :data:`ROWS` holds, without its number."""


When = Callable[[Any], datetime | None]
"""Reads a time.

Raises
------
ValueError
    Saying what it is instead.
"""


class Fault(NamedTuple):
    """The field at fault, and why."""

    field: str | None
    reason: str


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
    found = [
        check_records(records, columns, longest_text, rejects)
        for records, rejects in record_parts(path, columns.required)
    ]
    rejected = pa.concat_tables(one.rejected for one in found)
    rows = pa.concat_tables(one.rows for one in found)
    if not rows.num_rows and not rejected.num_rows:
        none = [(None, None, "the file has no row below its header", None)]
        return Arrived(rows, _as_table(none, REJECTED))
    if not rejected["row"].null_count:
        return Arrived(rows, rejected)
    told = rejected.to_pylist()
    whole = [one for one in told if one["row"] is None]
    # what was read before that was found out is of no use; lines that are no records are told all the same
    lines = [one for one in told if one["row"] is not None and one["field"] is None]
    return Arrived(rows.slice(0, 0), pa.Table.from_pylist(lines + whole, schema=REJECTED))


def check_records(
    records: list[Record],
    columns: Columns,
    longest_text: int = 100_000,
    rejects: list[Reject] | None = None,
) -> Arrived:
    """Check the fields of records, from wherever they came; see :func:`read_items`."""
    rejected = list(rejects or [])
    read = partial(read_time, zone=columns.zone, form=columns.time_format)
    same = lru_cache(read)

    def when(value: object) -> datetime | None:
        return same(value) if isinstance(value, str) else read(value)

    tables: list[pa.Table] = []
    for start in range(0, len(records), AT_ONCE):
        some = records[start : start + AT_ONCE]
        table = _all_plain(some, columns, longest_text, when)
        if table is None:
            table, faults = _one_by_one(some, columns, longest_text, when)
            rejected += faults
        tables.append(table)
    rows = pa.concat_tables([ROWS.empty_table(), *tables])
    return Arrived(rows, _as_table(rejected, REJECTED))


def _all_plain(
    records: Sequence[Record], columns: Columns, longest_text: int, when: When
) -> pa.Table | None:
    """Return rows of records in which nothing is odd, as in nearly all; None where anything is.

    It says what :func:`_one_by_one` says, in a third of the time.
    """
    if columns.image is not None:
        return None
    ids = [record.get(columns.id) for _, record in records]
    texts = [record.get(columns.text) for _, record in records]
    for values, longest in ((ids, LONGEST_ID), (texts, longest_text)):
        for value in values:
            if type(value) is not str or len(value) > longest:
                return None
            if "\x00" in value or not value.strip():
                return None
    times: list[datetime | None] = [None] * len(records)
    if columns.time is not None:
        said = [record.get(columns.time) for _, record in records]
        try:
            known = {one: when(one) for one in dict.fromkeys(said)}
        except (TypeError, ValueError):  # a list or an object, or no time
            return None
        times = [known[one] for one in said]
        if not all(one is None or (type(one) is str and one.isascii()) for one in known):
            return None
    told = [NO_METADATA] * len(records)
    if columns.metadata:
        told = [as_metadata(record, columns.metadata) for _, record in records]
    nothing = [None] * len(records)
    filled = ([row for row, _ in records], ids, texts, nothing, times, told)
    try:
        return pa.Table.from_pydict(dict(zip(ROWS.names, filled, strict=True)), schema=ROWS)
    except UnicodeEncodeError:  # half a surrogate pair
        return None


def _one_by_one(
    records: Sequence[Record], columns: Columns, longest_text: int, when: When
) -> tuple[pa.Table, list[Reject]]:
    rows: list[tuple[int, *Checked]] = []
    rejected: list[Reject] = []
    texts = tuple(filter(None, (columns.id, columns.text, columns.image)))
    used = columns.used
    for row, record in records:
        found = _not_stored(record, texts, used) or _checked(record, columns, longest_text, when)
        if isinstance(found, Fault):
            rejected.append((row, found.field, found.reason, _quoted(record)))
        else:
            rows.append((row, *found))
    return _as_table(rows, ROWS), rejected


def _as_table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    empty: list[object] = []
    columns: Any = zip(*rows, strict=True) if rows else [empty] * len(schema)
    return pa.Table.from_pydict(dict(zip(schema.names, columns, strict=True)), schema=schema)


def _not_stored(
    record: dict[str, Any], texts: tuple[str, ...], used: tuple[str, ...]
) -> Fault | None:
    """Tell which field holds what no column of text can, and what that is."""
    for name in texts:
        if isinstance(record.get(name), dict | list | bytes):
            return Fault(name, f"expected text, found {type(record[name]).__name__}")
    for name in used:
        if not _can_be_stored(record.get(name)):
            return Fault(name, "half a surrogate pair, which is no character")
    return None


def _checked(
    record: dict[str, Any],
    columns: Columns,
    longest_text: int,
    when: When,
) -> Checked | Fault:
    """Return what an item needs of a record; or the field at fault, and why."""
    item_id, text = _as_text(record.get(columns.id)), _as_text(record.get(columns.text))
    image = _as_text(record.get(columns.image)) if columns.image else ""
    if not item_id.strip():
        return Fault(columns.id, "the id is empty")
    if not text.strip() and not image:
        return Fault(columns.text, "the text is empty")
    if len(text) > longest_text:
        return Fault(
            columns.text, f"the text has {len(text):,} characters; {longest_text:,} are allowed"
        )
    if len(item_id) > LONGEST_ID:
        return Fault(columns.id, f"the id is longer than {LONGEST_ID:,} characters")
    for name, value in ((columns.id, item_id), (columns.text, text)):
        if "\x00" in value:
            return Fault(name, "a NUL byte; text files carry none")
    time = None
    if columns.time is not None:
        try:
            time = when(record.get(columns.time))
        except ValueError as error:
            return Fault(columns.time, str(error))
    told = as_metadata(record, columns.metadata) if columns.metadata else NO_METADATA
    return item_id, text, image or None, time, told


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


def _quoted(record: dict[str, Any]) -> str:
    text = json.dumps(record, ensure_ascii=False, default=as_json)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
