"""What students said of earlier batches before these were reviewed, read back as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.reading.votes import Window
from labeling.gold import Gold
from labeling.kinds.kind import Answers
from labeling.kinds.units import Units
from resources.store.warehouse import Warehouse
from resources.task.task import Task


@dataclass(frozen=True)
class Record:
    """Opinions of the window's items from before their gold was known.

    Parameters
    ----------
    known : bool array of shape (n_units,)
        Which units have an opinion on record; none of the batch itself.
    unseen, consensus : float arrays of shape (n_units, n_answers)
        Uniform, and the consensus of now, where ``known`` is false.
    audit : Gold
        The window's audit gold of known units: both opinions were given blind to it.
    """

    known: NDArray[np.bool_]
    unseen: NDArray[np.float64]
    consensus: NDArray[np.float64]
    audit: Gold

    def of(self, kept: NDArray[np.bool_]) -> "Record":
        """Return the record of some units, shape (n_units,), renumbered from 0."""
        return Record(
            self.known[kept], self.unseen[kept], self.consensus[kept], self.audit.of(kept)
        )


def read_record(
    task: Task, warehouse: Warehouse, batch: str, window: Window, posterior: NDArray[np.float64]
) -> Record:
    """Read what was said of the window's earlier batches, each when it was labelled.

    ``posterior`` is the window's consensus of now, shape (n_units, n_answers).
    """
    n_units, n_answers = posterior.shape
    n_classes = len(task.classes)
    known, unseen = np.zeros(n_units, dtype=bool), np.full((n_units, n_answers), 1 / n_answers)
    consensus = posterior.copy()
    with warehouse.connect() as db:
        keys = {"item_id": window.item_ids, "batch": window.batches}
        lent = pa.table({k: pa.array(v, pa.string()) for k, v in keys.items()})
        places = pa.array(np.arange(len(window.item_ids)))
        with db.lend(window_keys=lent.append_column("item", places)):
            rows = db.read("reading.opinions.of_window", batch=batch, classes=n_classes)
    at = window.units.of_each(rows["item"].to_numpy())
    known[at] = True
    unseen[at] = task.kind.believed(as_matrix(rows["unseen"], n_classes))
    consensus[at] = task.kind.believed(as_matrix(rows["posterior"], n_classes))
    return Record(known, unseen, consensus, gold_on(window.audit, known))


def gold_on(gold: Gold, among: NDArray[np.bool_]) -> Gold:
    """Return the gold of some items; ``among`` is of shape (n_items,), and items keep their numbers."""
    kept = among[gold.item]
    share = None if gold.probability is None else gold.probability[kept]
    return Gold(gold.item[kept], gold.label[kept], share)


def sure_of(
    task: Task, units: Units, label: Sequence[str | None], posterior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how sure each item's label is, shape (n_items,), given the posterior of the units.

    A label may be less likely than another that the task does not allow, or that a threshold keeps out.
    """
    confidence = posterior.max(axis=1)
    if task.kind.naming((), task.classes) is not None:
        given = Answers.of(range(len(label)), [text or "" for text in label])
        cast = task.kind.cast(units, given, task.classes)
        confidence[cast.unit] = posterior[cast.unit, cast.label]
    return task.kind.certainty(units, confidence)


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
