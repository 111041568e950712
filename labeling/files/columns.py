"""CSV, JSON Lines and Parquet as columns of text: what comes out is what stood there.

No column is guessed to hold numbers, dates or truth values: ``01`` stays ``01``, ``NA`` stays
``NA``, and only an empty cell is nothing. Who needs a number asks for :func:`numbers`.
"""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

import csv
import gzip
import json
import zlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from labeling.counted import counted
from labeling.errors import LabelingError
from labeling.files import records
from labeling.files.apostrophes import is_export, raw_cell
from labeling.files.arrays import ARRAY, read_array
from labeling.files.cells import as_text
from labeling.files.parquet_values import values_of

NOTHING = ("", "na", "nan", "n/a", "null", "none")
"""How a missing *number* is written, in any case; as an id or a label each is a text."""

LONGEST_ROW = 1 << 26
"""Bytes; pyarrow reads CSV in pieces of this size, and a row must fit into one."""


def column_names(path: Path) -> list[str]:
    """Return the names of the columns of a file, in order.

    Raises
    ------
    LabelingError
        If the file is missing, empty, damaged or of another kind, or two columns share a name.
    """
    whole = _is(path, (*records.JSON_LINES, *ARRAY))
    names = _read(path, None, lists=True).column_names if whole else _header(path)
    if not any(names):
        raise LabelingError(f"{path} names no column; CSV names them in its first line")
    if not whole and not _is(path, records.PARQUET) and (why := records.other_separator(names)):
        raise LabelingError(f"{path} cannot be read: {why}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LabelingError(f"{path} has two columns {twice[0]!r}; rename or drop one of them")
    return names


def read_columns(
    path: Path,
    columns: Sequence[str] | None = None,
    numeric: Sequence[str] = (),
    *,
    lists: bool = False,
) -> pa.Table:
    r"""Read columns as text; null where a cell is empty.

    Parameters
    ----------
    path : Path
        The file; its ending tells the kind.
    columns : sequence of str, optional
        Which ones, all in the file; by default all.
    numeric : sequence of str
        Columns that are no text: numbers of a Parquet file stay numbers, see :func:`numbers`.
    lists : bool
        Whether a cell may hold a list, which is then the JSON of it.

    Raises
    ------
    LabelingError
        If the file is missing, damaged or of another kind, with the row where that is known.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "votes.csv"
    >>> _ = path.write_text("item_id,label\n007,NA\n1.0,\n")
    >>> read_columns(path).to_pylist()
    [{'item_id': '007', 'label': 'NA'}, {'item_id': '1.0', 'label': None}]
    """
    known = column_names(path)
    table = _read(path, list(columns or known), numeric, lists=lists)
    if not _is(path, records.CSV) or not is_export(known):
        return table
    cells = [
        [None if one is None else raw_cell(one) for one in c.to_pylist()] for c in table.columns
    ]
    return pa.table([pa.array(one, pa.string()) for one in cells], table.column_names)


def numbers(path: Path | str, table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column of numbers, NaN where nothing stands.

    Parameters
    ----------
    path : Path or str
        For the error message; may be empty.
    table, name : pa.Table, str
        The column, as text or as numbers.

    Raises
    ------
    LabelingError
        If something stands there that is no number, with its row.
    """
    column = table.column(name).combine_chunks()
    if not pa.types.is_string(column.type):
        return pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    nothing = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(column)), pa.array(NOTHING))
    column = pc.if_else(nothing, None, column)
    try:
        return pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        for row, text in enumerate(column.to_pylist()):
            if text is not None and not _is_number(text):
                where = f"{path} row {row + 1}".lstrip()
                raise LabelingError(
                    f"{where}: {name} is {text!r}, but it is a number or nothing"
                ) from None
        raise LabelingError(f"{path} {name} holds something that is no number: {error}") from None


def text_keys(path: Path, table: pa.Table, name: str) -> Any:
    """Return a text column without holes.

    Raises
    ------
    LabelingError
        If a row is empty.
    """
    column = table.column(name).combine_chunks()
    empty = pc.or_kleene(pc.is_null(column), pc.equal(column, ""))
    if n_empty := int(pc.sum(empty).as_py() or 0):
        row = int(pc.index(empty, True).as_py()) + 1
        raise LabelingError(
            f"{path} row {row}: {name!r} is empty; every row needs one ({counted(n_empty, 'row has', 'rows have')} none)"
        )
    return column


def _is(path: Path, endings: tuple[str, ...]) -> bool:
    return path.name.lower().endswith(endings)


def _header(path: Path) -> list[str]:
    _check(path)
    try:
        if _is(path, records.PARQUET):
            return list(pq.read_schema(path).names)
        if _is(path, (".csv",)) and (other := records.belied(path)):
            raise LabelingError(f"{path}: {other}")
        with _opened(path) as file:
            return next(filter(None, csv.reader(file, strict=True)), [])
    except (pa.ArrowException, OSError, EOFError, zlib.error, csv.Error, UnicodeError) as error:
        raise _damaged(path, error) from None


def _check(path: Path) -> None:
    if not path.is_file():
        raise LabelingError(f"there is no file {path}")
    if not _is(path, (*records.ENDINGS, *ARRAY)):
        kinds = ", ".join((*records.ENDINGS, *ARRAY))
        raise LabelingError(f"{path} is neither {kinds}; the ending of the name tells the kind")
    if path.stat().st_size == 0:
        raise LabelingError(f"{path} is empty; its first line names the columns")


def _read(
    path: Path, columns: list[str] | None, numeric: Sequence[str] = (), *, lists: bool = False
) -> pa.Table:
    _check(path)
    if _is(path, records.JSON_LINES):
        return _json_lines(path, columns, lists)
    if _is(path, ARRAY):
        table = read_array(path)
        return table if columns is None else table.select(columns)
    try:
        if _is(path, records.PARQUET):
            return _texts(path, pq.read_table(path, columns=columns), numeric, lists)
        _check_quotes(path)
        return pyarrow.csv.read_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(block_size=LONGEST_ROW),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=columns,
                column_types=dict.fromkeys(columns or (), pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except (pa.ArrowException, OSError, EOFError, zlib.error, csv.Error, UnicodeError) as error:
        raise _damaged(path, error) from None


def _check_quotes(path: Path) -> None:
    """Find the quote that is never closed: pyarrow takes all that follows for one cell."""
    with _opened(path) as file:
        deque(csv.reader(file, strict=True), maxlen=0)


def _opened(path: Path) -> Any:
    unpacked = gzip.open if _is(path, (".gz",)) else open
    return unpacked(path, "rt", encoding="utf-8-sig", newline="")


def _damaged(path: Path, error: Exception) -> LabelingError:
    if not _is(path, records.PARQUET):
        for row, _, reason, _ in records.read_records(path, ())[1][:1]:
            return LabelingError(f"{path}{f' row {row}' if row else ''} cannot be read: {reason}")
    return LabelingError(f"{path} cannot be read: {str(error).splitlines()[0]}")


def _json_lines(path: Path, columns: list[str] | None, lists: bool) -> pa.Table:
    found, rejects = records.read_records(path, ())
    for row, _, reason, _ in rejects[:1]:
        raise LabelingError(
            f"{path} row {row} cannot be read: {reason}; {len(rejects)} such rows in all"
        )
    names = columns or list(dict.fromkeys(name for _, record in found for name in record))
    return pa.table(
        {
            name: pa.array(
                [_text(path, row, name, record.get(name), lists) for row, record in found],
                pa.string(),
            )
            for name in names
        }
    )


def _texts(path: Path, table: pa.Table, numeric: Sequence[str], lists: bool) -> pa.Table:
    for at, field in enumerate(table.schema):
        column = table.column(at)
        kind = field.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
        number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        if not _is_utf8(column) and not (number and field.name in numeric):
            column = _as_texts(path, field.name, column, lists)
        table = table.set_column(at, field.name, column)
    return table


def _is_utf8(column: Any) -> bool:
    if not pa.types.is_string(column.type):
        return False
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _as_texts(path: Path, name: str, column: Any, lists: bool) -> Any:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return column.cast(pa.string())
    if pa.types.is_null(kind):
        return pa.chunked_array([pa.nulls(len(column), pa.string())])
    values, faults = values_of(column)
    for row, reason in faults.items():
        raise LabelingError(f"{path} row {row}: {name!r} {reason}")
    texts = [_text(path, row, name, value, lists) for row, value in enumerate(values, start=1)]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _text(path: Path, row: int, name: str, value: object, lists: bool) -> str | None:
    try:
        if lists and isinstance(value, list):
            parts = [one if isinstance(one, list | dict) else as_text(one) for one in value]
            value = json.dumps(parts, ensure_ascii=False)
        return as_text(value) or None
    except TypeError as error:
        raise LabelingError(f"{path} row {row}: {name!r}: {error}") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
