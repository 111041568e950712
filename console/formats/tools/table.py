"""A plain table: a row an answer, with the label in a column of that name or of one that is named."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from console.formats.own.bundle import as_number
from console.formats.tools.entries import Entry
from console.formats.tools.sets import COLUMNS, flags_in
from labeling.files.cells import as_text
from labeling.files.records import Record
from resources.reviews.rows import ReviewError

LABEL = "label"
ANSWER = ("reviewer", "note", "seconds", "at", "outcome", "probability")
"""Columns beside the label that tell of the answer; all others are about the item."""

Chosen = Callable[[Any], tuple[str, ...] | None]
"""Reads what a cell of the label holds; None where nothing stands."""


def one_label(value: Any) -> tuple[str, ...] | None:
    """Read a cell that holds one label."""
    text = as_text(value)
    return (text,) if text else None


def columns_of(records: Sequence[Record]) -> list[str]:
    """Return the names that any of the records has, in the order in which they come."""
    return list(dict.fromkeys(name for _, record in records for name in record))


def check_label(
    records: Sequence[Record],
    source: str,
    label: str,
    classes: Collection[str],
    chosen: Chosen = one_label,
) -> None:
    """Refuse a table without the column of the labels.

    A column that holds nothing but classes is proposed and not taken: it may be what a model said.

    Raises
    ------
    ReviewError
        Naming the columns, and how to say which one is meant.
    """
    columns = columns_of(records)
    if label in columns:
        return
    fits = [name for name in columns if _fits([r.get(name) for _, r in records], classes, chosen)]
    proposed = (
        f"{' and '.join(map(repr, fits))} {'holds' if len(fits) == 1 else 'hold'} only classes of "
        f"the task: if people gave them, say --label {fits[0]}"
        if fits
        else "say --label NAME if another column holds the labels"
    )
    known = (
        ""
        if label != LABEL
        else ", and it is no export of Label Studio, doccano, Prodigy or Argilla"
    )
    raise ReviewError(
        f"{source}: there is no column {label}{known}; the columns are "
        f"{', '.join(map(str, columns))}. {proposed[0].upper()}{proposed[1:]}."
    )


def read_table(
    records: Sequence[Record], source: str, label: str, chosen: Chosen = one_label
) -> list[Entry]:
    """Read rows whose label stands in the column ``label``.

    Raises
    ------
    ReviewError
        If a cell holds no single value, or seconds are no number.
    """
    return [
        _row(f"{source}, row {row}", record, label, [label], lambda one: chosen(one.get(label)))
        for row, record in records
    ]


def read_flags(records: Sequence[Record], source: str, columns: Mapping[str, str]) -> list[Entry]:
    """Read rows that have a column of 0 and 1 for each class.

    Raises
    ------
    ReviewError
        If a cell holds something else, some are empty, or seconds are no number.
    """
    return [
        _row(f"{source}, row {row}", record, COLUMNS, columns, lambda one: flags_in(one, columns))
        for row, record in records
    ]


def _row(
    where: str,
    record: dict[str, Any],
    question: str,
    columns: Collection[str],
    chosen: Callable[[dict[str, Any]], tuple[str, ...] | None],
) -> Entry:
    apart = (*columns, *ANSWER)
    try:
        said = chosen(record)
        about = {name: as_text(record.get(name)) or "" for name in ANSWER}
        seconds = as_number("seconds", about["seconds"])
    except (TypeError, ValueError) as error:
        raise ReviewError(f"{where}: {error}") from None
    return Entry(
        where=where,
        fields={name: value for name, value in record.items() if name not in apart},
        said={} if said is None else {question: said},
        tool_id=as_text(record.get("id")),
        reviewer=about["reviewer"],
        at=about["at"] or None,
        seconds=seconds,
        note=about["note"],
        skipped=about["outcome"] in ("skip", "unsure"),
    )


def _fits(values: Sequence[Any], classes: Collection[str], chosen: Chosen) -> bool:
    try:
        said = {name for value in values for name in chosen(value) or ()}
    except (TypeError, ValueError):
        return False
    return bool(said) and said <= set(classes)
