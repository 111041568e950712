"""Columns of names as indices."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from labeling.kinds.kind import Answers


def answers_in(rows: pa.Table) -> Answers:
    """Return rows (item, label) as answers about items."""
    texts = [str(text) for text in rows["label"].unique().to_pylist()]
    item = rows["item"].to_numpy().astype(np.int64)
    return Answers(item, index_of(rows["label"], texts), texts)


def index_of(names: pa.ChunkedArray, known: list[str] | tuple[str, ...]) -> NDArray[np.int32]:
    """Positions of ``names`` in ``known``; one that is not known is an error."""
    found = pc.index_in(names, value_set=pa.array(known, pa.string()))
    if found.null_count:
        raise KeyError(names.filter(pc.is_null(found))[0].as_py())
    return found.to_numpy(zero_copy_only=False).astype(np.int32)
