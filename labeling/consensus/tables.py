"""CSV and Parquet as columns: reading with text where text is meant, writing whole or not at all."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from labeling.errors import LabelingError
from labeling.votes import ABSTAIN

PARQUET = (".parquet", ".pq")
CSV = (".csv", ".csv.gz")


def column_names(path: Path) -> list[str]:
    """Return the names of the columns of a CSV or Parquet file, in order.

    Raises
    ------
    LabelingError
        If the file is missing, empty, or of another kind.
    """
    if not path.is_file():
        raise LabelingError(f"there is no file {path}")
    try:
        if path.name.endswith(PARQUET):
            return _once(path, list(pq.read_schema(path).names))
        if path.name.endswith(CSV):
            with pyarrow.csv.open_csv(path) as reader:
                return _once(path, list(reader.schema.names))
    except pa.ArrowException as error:
        raise LabelingError(f"{path} cannot be read: {error}") from error
    raise LabelingError(
        f"{path} is neither {', '.join((*CSV, *PARQUET))}; the ending tells the kind"
    )


def _once(path: Path, names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LabelingError(f"{path} has two columns {twice[0]!r}; rename or drop one of them")
    return names


def read_columns(path: Path, columns: Sequence[str], as_text: Sequence[str]) -> Any:
    """Read some columns; those of ``as_text`` as text, so that the id ``007`` keeps its zeros."""
    kinds = {name: pa.string() for name in as_text}
    try:
        if path.name.endswith(PARQUET):
            table = pq.read_table(path, columns=list(columns))
        else:
            table = pyarrow.csv.read_csv(
                path,
                convert_options=pyarrow.csv.ConvertOptions(
                    include_columns=list(columns), column_types=kinds
                ),
            )
    except pa.ArrowException as error:
        raise LabelingError(f"{path} cannot be read: {error}") from error
    for name in as_text:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table.column(name).cast(pa.string()))
    return table


def numbers(path: Path, table: Any, name: str) -> NDArray[np.float64]:
    """Return a column of numbers, NaN where nothing stands.

    Raises
    ------
    LabelingError
        If something stands there that is no number, with its row.
    """
    column = table.column(name)
    try:
        return pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
    except pa.ArrowException as error:
        for row, text in enumerate(column.cast(pa.string()).to_pylist()):
            try:
                float(text or "nan")
            except ValueError:
                raise LabelingError(
                    f"{path} row {row + 1}: {name} is {text!r}, but it is a number or nothing"
                ) from error
        raise LabelingError(f"{path}: {name} holds something that is no number: {error}") from error


def text_keys(path: Path, table: Any, name: str) -> Any:
    """Return a text column without holes.

    Raises
    ------
    LabelingError
        If a row is empty.
    """
    column = table.column(name).combine_chunks()
    empty = pc.or_kleene(pc.is_null(column), pc.equal(column, ""))
    n_empty = int(pc.sum(empty).as_py() or 0)
    if n_empty:
        row = int(pc.index(empty, True).as_py()) + 1
        raise LabelingError(
            f"{path} row {row}: {name!r} is empty; every row needs one ({n_empty} rows have none)"
        )
    return column


def class_numbers(path: Path, name: str, column: Any, classes: list[str]) -> NDArray[np.int64]:
    """Turn a column of class numbers or class names into numbers, -1 where it is empty or -1.

    Parameters
    ----------
    path, name : Path, str
        For the error message.
    column : Any
        Numbers or text.
    classes : list of str
        Names that text may hold, besides numbers; their places are the numbers.

    Raises
    ------
    LabelingError
        If a value is neither.
    """
    if pa.types.is_boolean(column.type):
        raise LabelingError(f"{path}: column {name!r} holds true and false, not class numbers")
    if pa.types.is_null(column.type):
        return np.full(len(column), ABSTAIN, dtype=np.int64)
    if pa.types.is_integer(column.type):
        return pc.fill_null(column.cast(pa.int64()), ABSTAIN).to_numpy(zero_copy_only=False)
    if pa.types.is_floating(column.type):
        value = pc.fill_null(column.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
        value = np.where(np.isnan(value), ABSTAIN, value)
        broken = ~np.isfinite(value) | (value != np.floor(value))
        if broken.any():
            _refuse(path, name, int(np.argmax(broken)), value[np.argmax(broken)], int(broken.sum()))
        return value.astype(np.int64)
    text = pc.fill_null(pc.utf8_trim_whitespace(column.cast(pa.string())), "")
    number = np.full(len(column), ABSTAIN, dtype=np.int64)
    named = pc.fill_null(pc.index_in(text, pa.array(classes, pa.string())), ABSTAIN)
    number[:] = named.to_numpy(zero_copy_only=False)
    rest = np.flatnonzero((number == ABSTAIN) & ~_said_nothing(text))
    for row in rest:
        value = text[int(row)].as_py()
        try:
            number[row] = int(value)
        except ValueError:
            _refuse(path, name, int(row), value, len(rest))
    return number


def _said_nothing(text: Any) -> NDArray[np.bool_]:
    return np.asarray(pc.is_in(text, pa.array(["", str(ABSTAIN)])).to_numpy(zero_copy_only=False))


def _refuse(path: Path, name: str, row: int, value: object, n: int) -> None:
    raise LabelingError(
        f"{path} row {row + 1}: column {name!r} holds {value!r}, which is no class; allowed are "
        f"class numbers from 0 or the names given by --classes, and -1 or nothing for an "
        f"abstention. If {name!r} is no voter, say --ignore {name!r} or choose with --voters "
        f"(at most {n} such values)"
    )


def write_table(path: Path, table: Any) -> None:
    """Write CSV or Parquet under a temporary name and rename it, so nobody reads half a file."""
    if not path.name.endswith((*PARQUET, ".csv")):
        raise LabelingError(f"{path} must end in .csv or .parquet")
    if not path.parent.is_dir():
        raise LabelingError(f"there is no folder {path.parent} to write {path.name} to")
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.name.endswith(PARQUET):
            pq.write_table(table, partial)
        else:
            pyarrow.csv.write_csv(table, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
