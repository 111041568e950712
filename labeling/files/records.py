"""From a file's bytes to raw records: csv, jsonl or parquet, whatever state the file is in."""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from labeling.files.apostrophes import is_export, raw_cell
from labeling.files.cells import parse_json
from labeling.files.csv_records import cut
from labeling.files.parquet_values import values_of

Record = tuple[int, dict[str, Any]]
Reject = tuple[int | None, str | None, str, str | None]
"""Row (from 1, or None for the file), field, reason, content."""

CSV = (".csv", ".csv.gz")
JSON_LINES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
PARQUET = (".parquet", ".pq")
ENDINGS = (*CSV, *JSON_LINES, *PARQUET)
"""Which files can be read."""

SEPARATORS = (";", "\t", "|")
"""What spreadsheets write between cells where it is no comma."""

ESCAPED = re.compile("[\udc80-\udcff]")
"""What ``surrogateescape`` makes of bytes that are not UTF-8."""

BOM = b"\xef\xbb\xbf"

AT_ONCE = 20_000
"""Records that are held as Python's objects at once where a file is read in parts."""

EMPTY = "the file is empty"

WORKBOOK = "save its sheet as CSV (UTF-8)"
MARKS = {
    b"PK\x03\x04": f"a workbook (.xlsx, .ods) or another zip archive, no text: {WORKBOOK}",
    b"\xd0\xcf\x11\xe0": f"an old workbook (.xls), no text: {WORKBOOK}",
    b"PAR1": "Parquet, whatever its name says: let it end in .parquet",
    b"\x1f\x8b": "packed with gzip, whatever its name says: let it end in .gz",
    b"SQLite format 3": "an SQLite database, no text: export the table as CSV",
    b"%PDF-": "a PDF, no table",
}
"""How files of other kinds begin, and what to do with one that is named as text."""


Part = tuple[list[Record], list[Reject]]
"""Some records of a file, and what stood between them that is none."""


def read_records(path: Path, required: tuple[str, ...]) -> Part:
    """Read every record of a csv, jsonl or parquet file.

    Parameters
    ----------
    path : Path
        Its ending is one of :data:`ENDINGS`, in any case.
    required : tuple of str
        Columns that must be there.

    Returns
    -------
    records : list of (row, fields)
    rejects : list of (row, field, reason, content)
        Row ``None``: nothing of the file can be used.
    """
    records: list[Record] = []
    rejects: list[Reject] = []
    for some, faults in record_parts(path, required):
        records += some
        rejects += faults
    return ([], rejects) if any(one[0] is None for one in rejects) else (records, rejects)


def record_parts(path: Path, required: tuple[str, ...], at_once: int = AT_ONCE) -> Iterator[Part]:
    """Yield the same, so many records at a time: a large file is never held as a whole in objects.

    A reject of row ``None`` may come after records; they cannot be used then, either.
    """
    name = path.name.lower()
    if not name.endswith(ENDINGS):
        known = f"{', '.join(ENDINGS[:-1])} and {ENDINGS[-1]}"
        yield [], [(None, None, f"files that can be read end in {known}", None)]
        return
    try:
        if path.stat().st_size == 0:
            yield [], [(None, None, EMPTY, None)]
        elif name.endswith(PARQUET):
            yield from _parquet(path, required, at_once)
        else:
            with (gzip.open if name.endswith(".gz") else Path.open)(path, "rb") as file:
                yield from _text(file, name, required, at_once)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        yield [], [(None, None, f"cannot be unpacked (half-written?): {error}", None)]
    except OSError as error:
        yield [], [(None, None, f"cannot be opened: {error.strerror or error}", None)]


def _text(file: Any, name: str, required: tuple[str, ...], at_once: int) -> Iterator[Part]:
    head: bytes = file.peek(16)
    if not head:
        yield [], [(None, None, EMPTY, None)]
        return
    if (other := other_kind(head)) is not None:
        yield [], [(None, None, other, None)]
        return
    if head.startswith(BOM):
        file.read(len(BOM))
    if name.endswith(CSV):
        yield from in_parts(*_csv(file.read(), required), at_once)
    else:
        yield from _jsonl(file, required, at_once)


def in_parts(
    records: list[Record], rejects: list[Reject], at_once: int = AT_ONCE
) -> Iterator[Part]:
    """Cut records that are there already into parts; what is none of them comes first.

    Examples
    --------
    >>> [len(some) for some, _ in in_parts([(1, {}), (2, {}), (3, {})], [], 2)]
    [2, 1]
    """
    yield records[:at_once], rejects
    for first in range(at_once, len(records), at_once):
        yield records[first : first + at_once], []


def belied(path: Path) -> str | None:
    """Say what a file named as text is, see :func:`other_kind`."""
    with path.open("rb") as file:
        return other_kind(file.read(16))


def other_kind(data: bytes) -> str | None:
    r"""Say what a file named as text is by its first bytes; None if nothing speaks against text.

    Examples
    --------
    >>> other_kind(b"PAR1\x15\x04")
    'the file is Parquet, whatever its name says: let it end in .parquet'
    >>> other_kind(b"item_id,text\n") is None
    True
    """
    found = next((told for mark, told in MARKS.items() if data.startswith(mark)), None)
    return found and f"the file is {found}"


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


def other_separator(header: list[str]) -> str | None:
    """Say what stands between the cells of a CSV file where it is no comma.

    Examples
    --------
    >>> other_separator(["item_id;text"])
    "its cells are separated by ';'; save it with commas"
    >>> other_separator(["item_id", "text;"]) is None
    True
    """
    found = next((mark for mark in SEPARATORS if len(header) == 1 and mark in header[0]), None)
    named = "tabs" if found == "\t" else repr(found)
    return f"its cells are separated by {named}; save it with commas" if found else None


def _not_utf8(line: str) -> str | None:
    """Say which byte of a line decoded with ``surrogateescape`` is not UTF-8, if one is not."""
    found = ESCAPED.search(line)
    if found is None:
        return None
    return f"not UTF-8: byte 0x{ord(found[0]) - 0xDC00:02x} after {found.start()} characters"


def _quoted(line: str) -> str:
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _jsonl(file: Iterable[bytes], required: tuple[str, ...], at_once: int) -> Iterator[Part]:
    """Read a record a line; lines end in a newline alone."""
    records: list[Record] = []
    rejects: list[Reject] = []
    seen: dict[str, None] = {}
    unseen, any_record = set(required), False
    for number, raw in enumerate(file, start=1):
        line = raw.decode("utf-8", "surrogateescape").removesuffix("\n")
        if not line.strip():
            continue
        wrong = None if line.isascii() else _not_utf8(line)
        if wrong is not None:
            rejects.append((number, None, wrong, _quoted(line)))
            continue
        try:
            record: Any = parse_json(line)
        except (ValueError, RecursionError) as error:
            cut = "" if raw.endswith(b"\n") else " (the file ends here: half-written?)"
            rejects.append((number, None, f"not a JSON object: {error}{cut}", line))
            continue
        if not isinstance(record, dict):
            kind = type(record).__name__
            rejects.append((number, None, f"expected a JSON object, found {kind}", line))
            continue
        fields = cast("dict[str, Any]", record)
        if unseen or not any_record:  # all that were seen are named where one is missing in the end
            seen |= dict.fromkeys(fields)
            unseen.difference_update(fields)
        any_record = True
        records.append((number, fields))
        if len(records) == at_once:
            yield records, rejects
            records, rejects = [], []
    yield records, rejects + (_missing(required, [*seen]) if any_record and unseen else [])


def _csv(data: bytes, required: tuple[str, ...]) -> tuple[list[Record], list[Reject]]:
    parts = cut(data.decode("utf-8", "surrogateescape"))
    header, lines, _ = next((one for one in parts if one[0] or one[2]), (list[str](), "", None))
    wrong = _not_utf8(lines)
    if wrong is not None:
        return [], [(None, None, f"the header is {wrong}; save the file as UTF-8", _quoted(lines))]
    twice = [name for name in required if header.count(name) > 1]
    if twice:
        return [], [(None, twice[0], f"column {twice[0]!r} stands more than once", None)]
    missing = _missing(required, header)
    separated = other_separator(header)
    if missing and separated is not None:
        return [], [(None, None, separated, _quoted(lines))]
    if missing:
        return [], missing
    records: list[Record] = []
    rejects: list[Reject] = []
    read = raw_cell if is_export(header) else str
    for row, (fields, lines, fault) in enumerate(parts, start=1):
        if not fields and not fault:
            continue
        reason = fault or _not_utf8(lines)
        if reason is None and len(fields) != len(header):
            reason = f"the header has {len(header)} fields, this row {len(fields)}"
        if reason is None:
            records.append((row, dict(zip(header, map(read, fields), strict=True))))
        else:
            rejects.append((row, None, reason, _quoted(lines)))
    return records, rejects


def _parquet(path: Path, required: tuple[str, ...], at_once: int) -> Iterator[Part]:
    try:
        file: Any = pq.ParquetFile(path)
        if missing := _missing(required, file.schema_arrow.names):
            yield [], missing
            return
        yield [], []  # a file may have no row at all
        first = 1
        wanted = (
            None if any("." in name for name in required) else list(required)
        )  # a dot leads inside
        for some in file.iter_batches(at_once, columns=wanted):
            yield _of_columns(pa.Table.from_batches([some]), required, first)
            first += some.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        told = str(error).splitlines()[0]
        yield [], [(None, None, f"not a readable Parquet file (half-written?): {told}", None)]


def _of_columns(table: Any, required: tuple[str, ...], first: int) -> Part:
    """Turn columns into records, of which the first is of row ``first``."""
    columns: list[list[Any]] = []
    rejects: dict[int, Reject] = {}
    for name in required:
        values, faults = values_of(table.column(name))
        columns.append(values)
        for row, reason in faults.items():
            at = first + row - 1
            rejects.setdefault(at, (at, name, reason, None))
    rows = enumerate(zip(*columns, strict=True), start=first)
    records = [(n, dict(zip(required, row, strict=True))) for n, row in rows if n not in rejects]
    return records, list(rejects.values())
