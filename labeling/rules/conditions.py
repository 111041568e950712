"""Conditions on the columns of a batch: ``{likes: {min: 10}, source: [web, app]}``.

They are a rule by themselves (kind ``metadata``) and the ``when`` of any other rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from labeling.errors import RuleError
from labeling.files.cells import as_text
from labeling.rules.arrow import Column, Table, pa, pc

TESTS = ("is", "in", "not", "min", "max", "above", "below", "contains", "missing")


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of one column.

    Parameters
    ----------
    column : str
        A column of the batch.
    test : str
        One of :data:`TESTS`. ``min`` and ``max`` include their value, ``above`` and ``below`` do
        not; ``missing`` is true or false. A missing value passes no other test, and a text that
        is no number passes none that compares numbers.
    value : Any
        What the column is compared with; a list for ``in`` and ``not``.
    """

    column: str
    test: str
    value: Any


def parse_conditions(given: object) -> tuple[Condition, ...]:
    """Read a mapping of columns to values, lists of values or tests.

    Raises
    ------
    RuleError
        If it is no mapping, is empty, or names an unknown test.

    Examples
    --------
    >>> parse_conditions({"likes": {"min": 10}, "source": ["web", "app"]})
    (Condition(column='likes', test='min', value=10), Condition(column='source', test='in', value=['web', 'app']))
    """
    if not isinstance(given, Mapping) or not given:
        raise RuleError(
            f"is {given!r}, but a condition maps columns to values, for example "
            "{likes: {min: 10}, source: [web, app]}"
        )
    found: list[Condition] = []
    for column, wanted in cast("Mapping[object, Any]", given).items():
        if isinstance(wanted, Mapping):
            if not wanted:
                raise RuleError(f"has no test for column {column!r}; allowed: {', '.join(TESTS)}")
            found += [_test(str(column), str(test), value) for test, value in _items(wanted)]
        elif isinstance(wanted, Sequence) and not isinstance(wanted, str):
            found.append(_test(str(column), "in", list(cast("Sequence[Any]", wanted))))
        elif wanted is None:
            found.append(Condition(str(column), "missing", True))
        else:
            found.append(Condition(str(column), "is", wanted))
    return tuple(sorted(found, key=lambda one: (one.column, one.test)))


def _items(tests: Any) -> list[tuple[Any, Any]]:
    return list(tests.items())


def _test(column: str, test: str, value: Any) -> Condition:
    if test not in TESTS:
        near = get_close_matches(test, TESTS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise RuleError(
            f"has the test {test!r} for column {column!r}; allowed: {', '.join(TESTS)}.{hint}"
        )
    if test in ("in", "not") and (isinstance(value, str) or not isinstance(value, Sequence)):
        value = [value]
    if test == "missing" and not isinstance(value, bool):
        raise RuleError(f"has 'missing: {value!r}' for column {column!r}; allowed: true, false")
    if test == "contains" and not isinstance(value, str):
        raise RuleError(f"has 'contains: {value!r}' for column {column!r}, which must be a text")
    return Condition(column, test, value)


def passes(batch: Table, conditions: Sequence[Condition]) -> NDArray[np.bool_]:
    """Tell which rows pass all conditions.

    Parameters
    ----------
    batch : pa.Table
        The items of a batch, ``n_rows`` of them.
    conditions : sequence of Condition
        Joined by *and*; none of them means that every row passes.

    Returns
    -------
    bool array of shape (n_rows,)

    Raises
    ------
    RuleError
        If a column is not in the batch or cannot be compared with the value.
    """
    mask = np.ones(batch.num_rows, dtype=np.bool_)
    for one in conditions:
        if one.column not in batch.column_names:
            names: list[str] = batch.column_names
            near = get_close_matches(one.column, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise RuleError(
                f"asks for column {one.column!r}, but the batch has "
                f"{', '.join(batch.column_names)}.{hint}"
            )
        try:
            passed = _compare(batch[one.column], one)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise RuleError(
                f"compares column {one.column!r} ({batch[one.column].type}) with {one.value!r}: "
                f"{error}"
            ) from error
        mask &= np.asarray(pc.fill_null(passed, False).to_numpy(zero_copy_only=False), dtype=bool)
    return mask


def _compare(column: Column, one: Condition) -> Any:
    if pa.types.is_string(column.type):
        column = pc.if_else(pc.equal(column, ""), None, column)  # nothing stands in a CSV cell
    if one.test == "missing":
        return pc.equal(pc.is_null(column), one.value)
    if one.test == "contains":
        return pc.match_substring(column, one.value)
    if one.test in ("in", "not"):
        found = _is_one_of(column, one.value)
        known = pc.is_valid(column)
        return pc.and_(known, found if one.test == "in" else pc.invert(found))
    if one.test == "is" and pa.types.is_string(column.type):
        return _is_one_of(column, [one.value])
    compare = {
        "is": pc.equal,
        "min": pc.greater_equal,
        "max": pc.less_equal,
        "above": pc.greater,
        "below": pc.less,
    }[one.test]
    value = one.value
    if pa.types.is_string(column.type) and _is_number(value):
        column = _numbers(column)
    elif pa.types.is_temporal(column.type) or pa.types.is_string(column.type):
        value = pa.scalar(str(value)).cast(column.type)
    return compare(column, value)


def _is_one_of(column: Column, values: Sequence[Any]) -> Any:
    if not pa.types.is_string(column.type):
        texts = [str(one) if pa.types.is_temporal(column.type) else one for one in values]
        return pc.is_in(column, value_set=pa.array(texts).cast(column.type))
    truths = [as_text(one) for one in values if isinstance(one, bool)]
    texts = [as_text(one) for one in values if not isinstance(one, bool)]
    found = pc.is_in(column, value_set=pa.array(texts, pa.string()))
    # data frames write True and False, other programs true and false
    return pc.or_(found, pc.is_in(pc.utf8_lower(column), value_set=pa.array(truths, pa.string())))


def _numbers(column: Column) -> Column:
    """Read a text column as numbers, so that ``10`` is above 9; what is none is missing."""
    column = pc.utf8_trim_whitespace(column)
    number = pc.match_substring_regex(
        column, r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
    )
    return pc.if_else(number, pc.utf8_ltrim(column, characters="+"), None).cast(pa.float64())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
