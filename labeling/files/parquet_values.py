"""The values of a Parquet column as Python has them."""

from typing import Any

import pyarrow as pa


def values_of(column: Any) -> tuple[list[Any], dict[int, str]]:
    """Return the values of a Parquet column, and of each row (from 1) without one why.

    Python has no text that is not UTF-8, no time after the year 9999, no zone that nobody knows.
    Numbers of half and single precision are the shortest that stand for them: 0.1 is 0.1, not
    0.10000000149011612.
    """
    if pa.types.is_float16(column.type) or pa.types.is_float32(column.type):
        exact = column.to_numpy()  # nothing is NaN here, as it is wherever ids are read
        return [None if one != one else float(str(one)) for one in exact], {}
    unknown = (KeyError, OverflowError, ValueError)
    try:
        return column.to_pylist(), {}
    except unknown:
        values: list[Any] = []
    faults: dict[int, str] = {}
    for row, one in enumerate(column, start=1):
        try:
            values.append(one.as_py())
        except unknown as error:
            values.append(None)
            faults[row] = f"cannot be read as {column.type}: {error}"
    return values, faults
