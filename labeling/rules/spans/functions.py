"""Python span rules on a batch: called row by row, and never trusted."""

import numbers
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from labeling.letters.letters import Places
from labeling.rules.arrow import Table
from labeling.rules.functions import check_columns
from labeling.rules.hits import Failure
from labeling.rules.rule import Function
from labeling.rules.spans.rule import SpanRule

MOST = 100_000
"""Spans that a function may yield for one item."""


def call_function(
    batch: Table, rule: SpanRule, body: Function, rows: Places, types: Sequence[str]
) -> tuple[NDArray[np.int64], list[Failure]]:
    """Call a Python span rule on some rows of a batch.

    Parameters
    ----------
    batch : pa.Table
        The items.
    rule : SpanRule
        Whose type decides what may be yielded.
    body : Function
        Its body.
    rows : int array
        Where its condition holds.
    types : sequence of str
        What a rule without a type may name.

    Returns
    -------
    int64 array of shape (n_spans, 4)
        Row, start, end and type of each span.
    list of Failure
        Where it raised or yielded something else; it marks nothing there.

    Raises
    ------
    RuleError
        If a parameter names no column of the batch.
    """
    check_columns(batch, body, f"{rule.origin}, rule {rule.name!r}")
    number = {name: i for i, name in enumerate(types)}
    found: list[tuple[int, int, int, int]] = []
    failures: list[Failure] = []
    columns = [batch[name].take(rows).to_pylist() for name in ("text", *body.columns)]
    for row, text, *given in zip(rows.tolist(), *columns, strict=True):
        try:
            spans = _spans(body.call(*given), row, len(text or ""), rule, number)
        except _WrongError as error:
            failures.append(Failure(row, f"yielded {error}"))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function may raise anything
            failures.append(Failure.of(row, error))
        else:
            found += spans
    return np.array(found, dtype=np.int64).reshape(-1, 4), failures


class _WrongError(Exception):
    """What was yielded is no span."""


def _spans(
    given: Iterable[Any] | None, row: int, length: int, rule: SpanRule, number: dict[str, int]
) -> list[tuple[int, int, int, int]]:
    """Check all that a function yields for an item."""
    told = list(islice(() if given is None else given, MOST + 1))
    if len(told) > MOST:
        raise _WrongError(f"more than {MOST:,} spans")
    return [(row, *_checked(one, length, rule, number)) for one in told]


def _checked(
    given: Any, length: int, rule: SpanRule, number: dict[str, int]
) -> tuple[int, int, int]:
    """Return start, end and type of what a function yielded."""
    wanted = 2 if rule.type is not None else 3
    told = list(cast("Sequence[Any]", given)) if isinstance(given, tuple | list) else []
    if len(told) != wanted:
        shape = "(start, end)" if wanted == 2 else "(start, end, type)"
        raise _WrongError(f"{given!r}; allowed: {shape}")
    start, end, kind = cast("list[Any]", [*told, rule.type])[:3]
    for one in (start, end):
        if isinstance(one, bool) or not isinstance(one, numbers.Integral):
            raise _WrongError(f"{given!r}; start and end are whole numbers")
    if start < 0 or end > length:
        raise _WrongError(f"{given!r}, outside the text, which has {length} characters")
    if end <= start:
        raise _WrongError(f"{given!r}; the end must lie after the start")
    if kind not in number:
        raise _WrongError(f"{given!r}; {kind!r} is no type; allowed: {', '.join(number)}")
    return int(start), int(end), number[kind]
