"""Labels as NumPy keeps them, as Snorkel and cleanlab work with: one for each row of another file."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from console.formats.tools.entries import BATCH, ITEM_ID, Entry
from labeling.class_labels import Classes, class_numbers
from labeling.counted import counted
from labeling.errors import LabelingError
from labeling.files.columns import column_names, read_columns
from labeling.votes import ABSTAIN
from resources.reviews.rows import ReviewError


def read_array(
    path: Path,
    items: Path | None,
    id_column: str,
    classes: Sequence[str],
    former: Collection[str] = (),
) -> list[Entry]:
    """Read an array of labels: names of classes, or their numbers from 0; -1 is none.

    Parameters
    ----------
    path : Path
        One label a row (``.npy``).
    items : Path or None
        The file whose rows the labels are of, in its order; it has ``item_id`` or ``id_column``.

    Raises
    ------
    ReviewError
        If no items are named, the lengths differ, or it is a matrix.
    """
    if items is None:
        raise ReviewError(
            f"{path}: an array has no ids; name the file whose rows its labels are of with --items"
        )
    if ITEM_ID not in (names := column_names(path)) or "label" not in names:
        raise ReviewError(
            f"{path}: a matrix of {len(names) - 1} columns is no list of labels; votes go to "
            f"`touchstone consensus {path.name}`"
        )
    known = column_names(items)
    key = next((name for name in (id_column, ITEM_ID) if name in known), None)
    if key is None:
        raise ReviewError(f"{items} has no column {id_column!r}; it has {', '.join(known)}")
    table = read_columns(items, [key, *([BATCH] if BATCH in known else [])])
    said = read_columns(path, ["label"])["label"].combine_chunks()
    if len(said) != table.num_rows:
        raise ReviewError(
            f"{path} has {counted(len(said), 'label')}, but {items} has {counted(table.num_rows, 'row')}"
        )
    try:
        names = _named(path, said, list(classes), list(former))
    except LabelingError as error:
        raise ReviewError(str(error), "unknown_class") from None
    rows = table.rename_columns([ITEM_ID, *table.column_names[1:]]).to_pylist()
    return [
        Entry(
            where=f"{path}, row {row}",
            fields=fields,
            said={"label": (name,)} if name is not None else {},
            key=f"array/{fields[ITEM_ID]}/{written}",
        )
        for row, (fields, name, written) in enumerate(
            zip(rows, names, said.to_pylist(), strict=True), start=1
        )
    ]


def _named(path: Path, said: Any, classes: list[str], former: list[str]) -> list[str | None]:
    """Return names of classes; numbers count among today's, names are any that a class ever had."""
    known = classes
    try:
        numbers = class_numbers(path, {"label": said}, Classes(classes))["label"]
    except LabelingError:
        if not former:
            raise
        known = [*classes, *former]
        numbers = class_numbers(path, {"label": said}, Classes(known, by_place=False))["label"]
    return [None if k == ABSTAIN else known[k] for k in numbers.tolist()]
