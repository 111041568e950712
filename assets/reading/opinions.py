"""What students said of earlier batches before these were reviewed, read back as arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.reading.votes import Window
from labeling.gold import Gold
from resources.store.warehouse import Warehouse


@dataclass(frozen=True)
class Record:
    """Opinions of the window's items from before their gold was known.

    Parameters
    ----------
    known : bool array of shape (n_items,)
        Which items have an opinion on record; none of the batch itself.
    unseen, consensus : float arrays of shape (n_items, n_classes)
        Uniform, and the consensus of now, where ``known`` is false.
    audit : Gold
        The window's audit gold of known items: both opinions were given blind to it.
    """

    known: NDArray[np.bool_]
    unseen: NDArray[np.float64]
    consensus: NDArray[np.float64]
    audit: Gold


def read_record(
    warehouse: Warehouse, batch: str, window: Window, posterior: NDArray[np.float64]
) -> Record:
    """Read what was said of the window's earlier batches, each when it was labelled."""
    n, n_classes = posterior.shape
    known, unseen = np.zeros(n, dtype=bool), np.full((n, n_classes), 1 / n_classes)
    consensus = posterior.copy()
    with warehouse.connect() as db:
        keys = {"item_id": window.item_ids, "batch": window.batches}
        lent = pa.table({k: pa.array(v, pa.string()) for k, v in keys.items()})
        with db.lend(window_keys=lent.append_column("item", pa.array(np.arange(n)))):
            rows = db.read("reading.opinions.of_window", batch=batch, classes=n_classes)
    at = rows["item"].to_numpy()
    known[at] = True
    unseen[at] = as_matrix(rows["unseen"], n_classes)
    consensus[at] = as_matrix(rows["posterior"], n_classes)
    return Record(known, unseen, consensus, gold_on(window.audit, known))


def gold_on(gold: Gold, among: NDArray[np.bool_]) -> Gold:
    """Return the gold of some items; ``among`` is of shape (n_items,), and items keep their numbers."""
    kept = among[gold.item]
    share = None if gold.probability is None else gold.probability[kept]
    return Gold(gold.item[kept], gold.label[kept], share)


def as_lists(matrix: NDArray[np.float64]) -> pa.Array:
    """Turn an array of shape (n, K) into a column of lists."""
    n, width = matrix.shape
    ends, flat = np.arange(n + 1, dtype=np.int32) * width, np.ascontiguousarray(matrix).ravel()
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(flat))


def as_matrix(column: pa.ChunkedArray, n_classes: int) -> NDArray[np.float64]:
    """Turn a column of lists, all of ``n_classes`` numbers, into an array of shape (n, K)."""
    joined: Any = column.combine_chunks()
    flat = joined.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float64).reshape(-1, n_classes)
