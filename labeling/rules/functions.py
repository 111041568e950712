"""Python rules on a batch: called row by row or on whole columns, and never trusted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.errors import RuleError
from labeling.pictures import open_picture, picture_bytes
from labeling.rules.arrow import Table, pa
from labeling.rules.hits import Failure, Hits
from labeling.rules.reading.fields import did_you_mean
from labeling.rules.rule import Function, Rule

PICTURE = "picture"
"""Parameter of a rule that looks at pictures; see :func:`with_pictures`."""

_HOLDS = {"holds": "pictures"}


def with_pictures(batch: Table, images: Sequence[str | None]) -> Table:
    """Add the column that rules find pictures in, unless one of that name is there.

    Parameters
    ----------
    batch : pa.Table
    images : sequence of str or None
        One an item: an absolute path or a ``data:`` URL; None where there is no picture at hand.
        A function that is called row by row gets it opened, as a Pillow image in RGB, and is not
        called where there is none; one on whole columns gets what stands here.
    """
    if PICTURE in batch.column_names:
        return batch
    field = pa.field(PICTURE, pa.string(), metadata=_HOLDS)
    return batch.append_column(field, pa.array(images, pa.string()))


def check_columns(batch: Table, body: Function, where: str) -> None:
    """Refuse a function that wants a column which the batch has not.

    Raises
    ------
    RuleError
        Naming the rule (``where``), the parameter and the columns there are.
    """
    for column in body.columns:
        if column not in batch.column_names:
            raise RuleError(
                f"{where}: parameter {column!r} is no column; the batch has "
                f"{', '.join(batch.column_names)}.{did_you_mean(column, batch.column_names)}"
            )


def apply_function(
    batch: Table, rule: Rule, body: Function, rows: NDArray[np.int64], classes: Sequence[str]
) -> tuple[Hits, list[Failure]]:
    """Call a Python rule on some rows of a batch.

    Parameters
    ----------
    batch : pa.Table
        The items.
    rule : Rule
        Whose label decides what may be returned.
    body : Function
        Its body.
    rows : int array
        Where its condition holds.
    classes : sequence of str
        What a rule without a label may return.

    Returns
    -------
    Hits
        Where it voted.
    list of Failure
        Where it raised or returned something else; it abstains there.

    Raises
    ------
    RuleError
        If a parameter names no column of the batch.
    """
    check_columns(batch, body, f"{rule.origin}, rule {rule.name!r}")
    looks = PICTURE in body.columns and bool(batch.schema.field(PICTURE).metadata)
    if looks:
        rows = rows[batch[PICTURE].is_valid().to_numpy()[rows]]
    columns = [
        batch[name] if len(rows) == batch.num_rows else batch[name].take(rows)
        for name in body.columns
    ]
    if body.arrow:
        answers, failures = _call_whole(body, columns, rows)
    else:
        at = body.columns.index(PICTURE) if looks else None
        answers, failures = _call_each(body, columns, rows, at)
    hit_rows: list[int] = []
    labels: list[str] = []
    for row, answer in answers:
        if answer is None or answer is False:
            continue
        if rule.label is not None and answer is True:
            hit_rows.append(row)
        elif rule.label is None and isinstance(answer, str) and answer in classes:
            hit_rows.append(row)
            labels.append(answer)
        else:
            allowed = "True, False" if rule.label is not None else ", ".join(classes)
            failures.append(Failure(row, f"returned {answer!r}; allowed: {allowed} or None"))
    failures.sort(key=lambda one: one.row)
    return Hits(np.array(hit_rows, dtype=np.int64), None if rule.label else labels), failures


def _call_each(
    body: Function, columns: list[Any], rows: NDArray[np.int64], picture: int | None
) -> tuple[list[tuple[int, Any]], list[Failure]]:
    answers: list[tuple[int, Any]] = []
    failures: list[Failure] = []
    values = zip(*(column.to_pylist() for column in columns), strict=True)
    for row, given in zip(rows.tolist(), values, strict=True):
        try:
            if picture is not None:
                opened = open_picture(picture_bytes(given[picture]))
                given = (*given[:picture], opened, *given[picture + 1 :])
            answers.append((row, _plain(body.call(*given))))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function may raise anything
            failures.append(Failure.of(row, error))
    return answers, failures


def _call_whole(
    body: Function, columns: list[Any], rows: NDArray[np.int64]
) -> tuple[list[tuple[int, Any]], list[Failure]]:
    try:
        returned = body.call(*columns)
        if isinstance(returned, pa.Array | pa.ChunkedArray):
            returned = returned.to_pylist()
        values = [_plain(one) for one in returned]
        if len(values) != len(rows):
            message = f"returned {len(values)} values for {len(rows)} rows"
            return [], [Failure(row, message) for row in rows.tolist()]
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function may raise anything
        return [], [Failure.of(row, error) for row in rows.tolist()]
    return list(zip(rows.tolist(), values, strict=True)), []


def _plain(value: Any) -> Any:
    item: Any = value
    return item.item() if isinstance(value, np.generic) else item
