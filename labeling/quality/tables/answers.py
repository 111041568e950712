"""Reviews from a plain table whose answers are lists, and not each a class."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from labeling.errors import LabelingError, QualityError
from labeling.files.columns import column_names, read_columns
from labeling.quality.tables.table import KNOWN, ReviewTable, review_table


def read_answer_reviews(
    path: Path, written: Callable[[str | None], str | None], what: str
) -> ReviewTable:
    """Read a table of ``batch``, ``label`` and ``gold``.

    An empty cell of ``gold`` says that the item was not reviewed. Other columns are those of
    :func:`labeling.quality.tables.table.review_table`.

    Parameters
    ----------
    path : Path
    written : callable
        Writes a cell in the one way that answers are written; None for an empty one. Raises a
        ValueError for what is no answer.
    what : str
        What answers are made of, for messages.

    Raises
    ------
    QualityError
        Naming the column, the row and what is allowed.
    """
    try:
        found = column_names(path)
        names = [name for name in found if name in KNOWN and name != "correct"]
        table = read_columns(path, names, ("weight", "probability", "posterior"), lists=True)
    except LabelingError as wrong:
        raise QualityError(str(wrong)) from None
    if not {"batch", "label", "gold"} <= set(found):
        raise QualityError(
            f"{path}: columns {', '.join(found) or 'none'}; needed are batch, label and gold: whether an "
            f"answer is correct tells nothing of its {what}"
        )
    for name in ("label", "gold"):
        texts: list[str] = []
        for row, cell in enumerate(table[name].to_pylist(), start=1):
            try:
                texts.append(written(cell) or "")
            except ValueError as error:
                raise QualityError(f"{path}, row {row}: {name}: {error}") from None
        table = table.set_column(table.column_names.index(name), name, pa.array(texts, pa.string()))
    try:
        return review_table(table)
    except QualityError as wrong:
        raise QualityError(f"{path}: {wrong}") from wrong
