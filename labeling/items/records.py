"""From a file's bytes to raw records: csv, jsonl or parquet, whatever state the file is in."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

Record = tuple[int, dict[str, Any]]
Reject = tuple[int | None, str | None, str, str | None]
"""Row (from 1, or None for the file), field, reason, content."""


def read_records(path: Path, required: tuple[str, ...]) -> tuple[list[Record], list[Reject]]:
    """Read every record of a csv, jsonl or parquet file.

    Parameters
    ----------
    path : Path
        Ends in .csv, .jsonl or .parquet.
    required : tuple of str
        Columns that must be there.

    Returns
    -------
    records : list of (row, fields)
    rejects : list of (row, field, reason, content)
        Row ``None``: nothing of the file can be used.
    """
    if path.stat().st_size == 0:
        return [], [(None, None, "the file is empty", None)]
    if path.suffix == ".parquet":
        return _parquet(path, required)
    lines, rejects = _decode(path.read_bytes())
    if path.suffix == ".csv":
        records, more = _csv(lines, required)
    else:
        records, more = _jsonl(lines, required)
    return records, rejects + more


def _missing(required: tuple[str, ...], present: list[str]) -> list[Reject]:
    return [
        (
            None,
            name,
            f"column {name!r} is missing; the file has {', '.join(present) or 'none'}",
            None,
        )
        for name in required
        if name not in present
    ]


def _decode(data: bytes) -> tuple[list[tuple[int, str]], list[Reject]]:
    """Split into numbered lines; lines that are not UTF-8 are set aside one by one."""
    lines: list[tuple[int, str]] = []
    rejects: list[Reject] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            lines.append((number, line.decode("utf-8")))
        except UnicodeDecodeError as error:
            shown = line.decode("utf-8", errors="backslashreplace")
            reason = (
                f"not UTF-8: byte 0x{line[error.start]:02x} at position {error.start} of the line"
            )
            rejects.append((number, None, reason, shown))
    return lines, rejects


def _jsonl(
    lines: list[tuple[int, str]], required: tuple[str, ...]
) -> tuple[list[Record], list[Reject]]:
    records: list[Record] = []
    rejects: list[Reject] = []
    last = lines[-1][0] if lines else 0
    for number, line in lines:
        if not line.strip():
            continue
        try:
            record: Any = json.loads(line)
        except ValueError as error:
            cut = " (the file ends here: half-written?)" if number == last else ""
            rejects.append((number, None, f"not a JSON object: {error}{cut}", line))
            continue
        if not isinstance(record, dict):
            kind = type(record).__name__
            rejects.append((number, None, f"expected a JSON object, found {kind}", line))
            continue
        records.append((number, cast("dict[str, Any]", record)))
    if records:
        seen = list(dict.fromkeys(key for _, record in records for key in record))
        missing = _missing(required, seen)
        if missing:
            return [], rejects + missing
    return records, rejects


def _csv(
    lines: list[tuple[int, str]], required: tuple[str, ...]
) -> tuple[list[Record], list[Reject]]:
    csv.field_size_limit(1 << 30)
    reader = csv.reader(io.StringIO("\n".join(line for _, line in lines)), strict=True)
    header = next(reader, list[str]())
    missing = _missing(required, header)
    if missing:
        return [], missing
    records: list[Record] = []
    rejects: list[Reject] = []
    for row, fields in enumerate(_cells(reader, rejects), start=1):
        if len(fields) != len(header):
            reason = f"{len(fields)} fields, but the header has {len(header)}"
            rejects.append((row, None, reason, ",".join(fields)))
        else:
            records.append((row, dict(zip(header, fields, strict=True))))
    return records, rejects


def _cells(reader: Any, rejects: list[Reject]) -> Iterator[list[str]]:
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            rejects.append(
                (reader.line_num, None, f"not a csv record: {error} (half-written?)", None)
            )
            return
        if fields is None:
            return
        if fields:
            yield fields


def _parquet(path: Path, required: tuple[str, ...]) -> tuple[list[Record], list[Reject]]:
    try:
        table = pq.ParquetFile(path).read()  # pyright: ignore[reportUnknownMemberType]
    except (pa.ArrowInvalid, OSError) as error:
        first = str(error).splitlines()[0]
        return [], [(None, None, f"not a readable Parquet file (half-written?): {first}", None)]
    missing = _missing(required, table.column_names)
    if missing:
        return [], missing
    return list(enumerate(table.select(list(required)).to_pylist(), start=1)), []
