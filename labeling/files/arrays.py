"""Arrays of NumPy as columns of text: labels of items, or votes with a column a voter."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from labeling.errors import LabelingError

ARRAY = (".npy",)
"""How their names end."""


def read_array(path: Path) -> pa.Table:
    """Read ``item_id`` (the number of the row, from 0) and ``label``, or ``lf_0``, ``lf_1``, ...

    Parameters
    ----------
    path : Path
        A ``.npy`` of shape (n_items,) or (n_items, n_voters): whole numbers, NaN for nothing, or text.

    Raises
    ------
    LabelingError
        If it is damaged, holds Python objects, fractions, or has another shape.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "votes.npy"
    >>> np.save(path, np.array([[1, -1], [0, 0]]))
    >>> read_array(path).to_pylist()[0]
    {'item_id': '0', 'lf_0': '1', 'lf_1': '-1'}
    """
    try:
        with path.open("rb") as file:
            array: NDArray[Any] = np.load(file, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        why = "it holds Python objects; save numbers or text" if "pickle" in str(error) else error
        raise LabelingError(f"{path} cannot be read: {why}") from None
    if (
        not isinstance(array, np.ndarray)
        or array.ndim not in (1, 2)
        or array.dtype.kind not in "iufbU"
    ):
        raise LabelingError(
            f"{path} is no array of labels (one dimension) or votes (two) as numbers or text"
        )
    rows = pa.array([str(row) for row in range(len(array))], pa.string())
    if array.ndim == 1:
        return pa.table({"item_id": rows, "label": _texts(path, array)})
    voters = {f"lf_{j}": _texts(path, array[:, j]) for j in range(array.shape[1])}
    return pa.table({"item_id": rows, **voters})


def _texts(path: Path, column: NDArray[Any]) -> Any:
    if column.dtype.kind == "U":
        return pa.array([str(one) or None for one in column], pa.string())
    missing = np.isnan(column) if column.dtype.kind == "f" else np.zeros(len(column), dtype=bool)
    whole = np.where(missing, 0, column).astype(np.int64)
    wrong = ~missing & (whole != column)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise LabelingError(
            f"{path} row {row + 1}: {column[row]} is no class; labels are whole numbers or names, "
            f"and probabilities are no votes"
        )
    return pa.array(whole, mask=missing).cast(pa.string())
