"""What a student is taught: the consensus of some items, the gold of others, never the judged."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import LabelingError
from labeling.gold import Gold


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Checked teaching material.

    Attributes
    ----------
    targets : float array of shape (n, K)
        Consensus.
    rows : float array of shape (n,)
        Weight of each consensus row; 0 where it teaches nothing.
    gold_item, gold_label : int arrays of shape (n_gold,)
    """

    targets: NDArray[np.float64]
    rows: NDArray[np.float64]
    gold_item: NDArray[np.int64]
    gold_label: NDArray[np.int32]

    def without(self, item: NDArray[np.int64]) -> "Lesson":
        """Leave items out in every form, consensus and gold."""
        rows = self.rows.copy()
        rows[item] = 0.0
        keep = ~np.isin(self.gold_item, item)
        return Lesson(self.targets, rows, self.gold_item[keep], self.gold_label[keep])


def make_lesson(
    n_items: int,
    n_classes: int,
    posteriors: NDArray[np.float64],
    gold: Gold | None = None,
    weights: NDArray[np.float64] | None = None,
    held_out: NDArray[np.int64] | None = None,
) -> Lesson:
    """Check and settle what each item teaches; parameters as in ``Student.fit``.

    Raises
    ------
    LabelingError
        If shapes differ, posteriors are not probabilities or gold is about other items or classes.

    Examples
    --------
    >>> gold = Gold(np.array([0, 1]), np.array([0, 1]))
    >>> lesson = make_lesson(2, 2, np.full((2, 2), 0.5), gold, held_out=np.array([1]))
    >>> lesson.rows.tolist(), lesson.gold_item.tolist()
    ([1.0, 0.0], [0])
    """
    targets = np.asarray(posteriors, dtype=np.float64)
    if targets.shape != (n_items, n_classes):
        raise LabelingError(
            f"posteriors have shape {targets.shape}, but there are {n_items} items and "
            f"{n_classes} classes"
        )
    if not (np.all(targets >= 0) and np.allclose(targets.sum(axis=1), 1, atol=1e-4)):
        at = int(np.argmax(np.abs(targets.sum(axis=1) - 1) + (targets < 0).any(axis=1)))
        raise LabelingError(
            f"posteriors are probabilities and sum to 1, but row {at} is {targets[at].tolist()}"
        )
    rows = np.ones(n_items) if weights is None else np.asarray(weights, dtype=np.float64)
    if rows.shape != (n_items,) or not np.all(rows >= 0):
        raise LabelingError(f"weights are numbers >= 0, one for each of the {n_items} items")
    item, label = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)
    if gold is not None and gold.n_gold:
        item, label = gold.item, gold.label
        for name, index, size in (("item", item, n_items), ("label", label, n_classes)):
            if int(index.min()) < 0 or int(index.max()) >= size:
                raise LabelingError(
                    f"gold has {name}s {int(index.min())}..{int(index.max())}, but they run "
                    f"0..{size - 1} here"
                )
    lesson = Lesson(targets, rows, item, label)
    return lesson if held_out is None else lesson.without(held_out)
