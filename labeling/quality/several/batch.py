"""Labels and gold of one batch whose items may have several classes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labeling.errors import QualityError
from labeling.quality.estimates.audited import AuditedBatch, check_draw, uniform_design
from labeling.quality.estimates.labelled import MISSING, LabelledBatch
from labeling.sampling.audits.design import AuditDesign


@dataclass(frozen=True, slots=True, eq=False)
class SeveralBatch:
    """The labels of a batch, the draw of its audit, and what people said; a column a class.

    Parameters
    ----------
    batch : str
        Name of the batch.
    label : int array of shape (n_items, n_classes)
        1 where the item was given the class before its gold was used, 0 where not,
        :data:`labeling.quality.estimates.labelled.MISSING` where undecided. An item counts if all its classes are decided.
    design : AuditDesign
        Strata of all these items, and reviews planned.
    drawn : int array of shape (n_drawn,)
        Items in the order they were drawn.
    gold : int array of shape (n_drawn, n_classes)
        What people settled on; MISSING where they could not or did not yet. A draw is judged if all
        its classes are.

    Raises
    ------
    QualityError
        If shapes differ, an index is out of range, an item was drawn twice, or something is said that
        is neither 0, 1 nor MISSING.

    Examples
    --------
    >>> batch = SeveralBatch.uniform("2026-01", [[1, 0], [1, 1], [0, 0]], drawn=[1, 0], gold=[[1, 0], [1, 0]])
    >>> batch.audited().wrong.tolist(), batch.of_class(1).audited().wrong.tolist()
    ([True, False], [True, False])
    """

    batch: str
    label: NDArray[np.int32]
    design: AuditDesign
    drawn: NDArray[np.int64]
    gold: NDArray[np.int32]

    def __post_init__(self) -> None:
        if self.label.ndim != 2 or self.gold.ndim != 2 or not self.label.shape[1]:
            raise QualityError(
                f"batch {self.batch!r} needs labels and gold as tables with a column a class, got "
                f"shapes {self.label.shape} and {self.gold.shape}"
            )
        check_draw(self.batch, self.design, len(self.label), self.drawn)
        if self.gold.shape != (len(self.drawn), self.label.shape[1]):
            raise QualityError(
                f"batch {self.batch!r} has {len(self.drawn)} drawn items and {self.label.shape[1]} "
                f"classes, but gold of shape {self.gold.shape}; mark missing ones with {MISSING}"
            )
        for name, table in (("label", self.label), ("gold", self.gold)):
            strange = (table < MISSING) | (table > 1)
            if strange.any():
                row, column = np.argwhere(strange)[0].tolist()
                raise QualityError(
                    f"batch {self.batch!r}: {name} of row {row}, class {column} is "
                    f"{table[row, column]}, but it is 0 for no, 1 for yes or {MISSING} for unknown; "
                    f"{int(strange.sum())} such cells in all"
                )

    @classmethod
    def uniform(
        cls, batch: str, label: ArrayLike, drawn: ArrayLike, gold: ArrayLike
    ) -> "SeveralBatch":
        """Return a batch whose audit was drawn uniformly."""
        items, found = np.asarray(label, dtype=np.int32), np.asarray(drawn, dtype=np.int64)
        design = uniform_design(len(items), len(found))
        return cls(batch, items, design, found, np.asarray(gold, dtype=np.int32))

    @property
    def n_classes(self) -> int:
        """Classes that an item may have."""
        return int(self.label.shape[1])

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Items all of whose classes are decided, shape (n_items,)."""
        return (self.label != MISSING).all(axis=1)

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Draws all of whose classes people settled, shape (n_drawn,)."""
        return (self.gold != MISSING).all(axis=1)

    def audited(self) -> AuditedBatch:
        """Return what the audit says of whole answers: one wrong class makes an answer wrong."""
        member, judged = self.decided, self.judged
        differ = (self.label[self.drawn] != self.gold).any(axis=1)
        wrong = differ & judged & member[self.drawn]
        return AuditedBatch(self.batch, self.design, member, self.drawn, judged, wrong)

    def of_class(self, which: int) -> LabelledBatch:
        """Return the same draw with one class alone: 1 for yes, 0 for no."""
        label = np.where(self.decided, self.label[:, which], MISSING)
        gold = np.where(self.judged, self.gold[:, which], MISSING)
        return LabelledBatch(self.batch, label, self.design, self.drawn, gold)
