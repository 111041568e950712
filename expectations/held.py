"""Great Expectations is asked once about the same: what held of some values holds of them again."""

import json
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from expectations.expected import Expected

MOST_VALUES, MOST_ANSWERS = 1_000, 10_000
"""Values of a frame that are compared with those of earlier frames, and answers kept in a process."""

BY_VALUE = ("expect_column_values_to_be_in_set", "expect_column_values_to_be_between")
BY_NULL = ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")
BY_PATTERN = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")
BY_ROWS = "expect_table_row_count_to_be_between"

_held: dict[Hashable, dict[str, Any]] = {}


def question(expected: "Expected", frame: "pd.DataFrame") -> Hashable | None:
    """Return all that the outcome of an expectation depends on; None where it is asked each time.

    An expectation of values sees each value alone, so which values there are says it all; one of
    nulls, whether there are any; one of uniqueness, which rows are equal.

    Examples
    --------
    >>> import pandas as pd
    >>> from expectations.expected import Expected
    >>> label = {"column": "label", "value_set": ["HAM", "SPAM"]}
    >>> of = Expected("c", "", True, None, "expect_column_values_to_be_in_set", label)
    >>> few = pd.DataFrame({"label": ["HAM", "SPAM"]})
    >>> many = pd.DataFrame({"label": ["SPAM", "HAM", "HAM"]})
    >>> question(of, few) == question(of, many)
    True
    >>> question(of, few) == question(of, pd.DataFrame({"label": ["HAM", "EGGS"]}))
    False
    """
    kwargs = expected.kwargs
    columns = kwargs.get("column_list", [kwargs["column"]] if "column" in kwargs else [])
    if "mostly" in kwargs or not set(columns) <= set(frame.columns):
        return None
    seen = _seen(expected.type, frame, columns)
    return None if seen is None else (expected.type, json.dumps(kwargs, sort_keys=True), seen)


def _seen(kind: str, frame: "pd.DataFrame", columns: list[str]) -> Hashable | None:
    if kind == BY_ROWS:
        return len(frame)
    if kind in BY_NULL:
        return tuple(sorted(set(frame[columns[0]].isna())))
    if len(frame) > MOST_VALUES:
        return None
    if kind in BY_VALUE:
        values = frame[columns[0]]
        known = values.dropna()
        return str(values.dtype), frozenset(known), len(known) < len(values)
    if kind in BY_PATTERN and not frame[columns].isna().to_numpy().any():
        rows = list(zip(*(frame[name] for name in columns), strict=True))
        first: dict[Any, int] = {}
        return tuple(first.setdefault(row, at) for at, row in enumerate(rows))
    return None


def recall(expected: "Expected", frame: "pd.DataFrame") -> dict[str, Any] | None:
    """Return what was told when the same was asked and held; None where it has to be asked."""
    asked = question(expected, frame)
    return None if asked is None else _held.get(asked)


def keep(expected: "Expected", frame: "pd.DataFrame", told: dict[str, Any]) -> None:
    """Keep what was told of an expectation that holds."""
    asked = question(expected, frame)
    if asked is not None and len(_held) < MOST_ANSWERS:
        _held[asked] = told
