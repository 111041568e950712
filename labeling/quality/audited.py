"""One batch with what its audit found: the input of accuracy, alarms and diagnosis."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.sampling.audit import AuditDesign, next_draw_probability

MISSING = -1
"""Gold of a drawn item that nobody could judge, and label of an undecided item."""


@dataclass(frozen=True, slots=True, eq=False)
class AuditedBatch:
    """The items an audit was drawn from, the draw, and what people said.

    Parameters
    ----------
    batch : str
        Name of the batch.
    label : int array of shape (n_items,)
        The label released *before* its gold was used, ``0 .. n_classes - 1``;
        :data:`MISSING` where undecided.
    design : AuditDesign
        Strata of all these items, and reviews planned.
    drawn : int array of shape (n_drawn,)
        Items in the order they were drawn.
    gold : int array of shape (n_drawn,)
        What people settled on for each drawn item; :data:`MISSING` where they could not or did
        not yet.
    n_classes : int
        At least 2.

    Raises
    ------
    QualityError
        If lengths differ, an index is out of range, or an item was drawn twice. Reviews of items
        that are gone have to be left out before, and counted.

    Examples
    --------
    >>> batch = AuditedBatch.uniform("2026-01", [0, 0, 1, 1], drawn=[2, 0], gold=[1, 1])
    >>> batch.wrong().tolist()
    [False, True]
    """

    batch: str
    label: NDArray[np.int32]
    design: AuditDesign
    drawn: NDArray[np.int64]
    gold: NDArray[np.int32]
    n_classes: int = 2

    def __post_init__(self) -> None:
        items = len(self.label)
        if len(self.design.stratum) != items:
            raise QualityError(
                f"batch {self.batch!r} has {items} labels, but strata for "
                f"{len(self.design.stratum)} items"
            )
        if len(self.drawn) != len(self.gold):
            raise QualityError(
                f"batch {self.batch!r} has {len(self.drawn)} drawn items, but {len(self.gold)} "
                f"gold labels; mark missing ones with {MISSING}"
            )
        if len(np.unique(self.drawn)) != len(self.drawn):
            raise QualityError(
                f"batch {self.batch!r} holds an item more than once among those drawn; settle "
                f"its reviews into one answer first"
            )
        for name, index, low, size in (
            ("drawn item", self.drawn, 0, items),
            ("gold", self.gold, MISSING, self.n_classes),
            ("label", self.label, MISSING, self.n_classes),
        ):
            strangers = (index < low) | (index >= size)
            if strangers.any():
                at = int(np.argmax(strangers))
                raise QualityError(
                    f"batch {self.batch!r}: {name} {index[at]} (row {at}) is outside {low}.."
                    f"{size - 1}; {int(strangers.sum())} such rows in all"
                )

    @classmethod
    def uniform(
        cls,
        batch: str,
        label: "NDArray[np.int32] | list[int]",
        drawn: "NDArray[np.int64] | list[int]",
        gold: "NDArray[np.int32] | list[int]",
        n_classes: int = 2,
    ) -> "AuditedBatch":
        """Return a batch whose audit was drawn uniformly."""
        items = np.asarray(label, dtype=np.int32)
        n = len(drawn)
        design = AuditDesign(np.zeros(len(items), np.int64), np.full(min(len(items), 1), max(n, 1)))
        return cls(
            batch,
            items,
            design,
            np.asarray(drawn, dtype=np.int64),
            np.asarray(gold, dtype=np.int32),
            n_classes,
        )

    @property
    def reviewed(self) -> int:
        """Drawn items that people settled."""
        return int((self.gold != MISSING).sum())

    def wrong(self, answer: NDArray[np.int32] | None = None) -> NDArray[np.bool_]:
        """Return whether each draw's answer differs from gold; a missing gold counts as right.

        Parameters
        ----------
        answer : int array of shape (n_items,), optional
            Answers to judge; the released labels without it.
        """
        given = self.label if answer is None else answer
        return (given[self.drawn] != self.gold) & (self.gold != MISSING)

    def draw_probability(self, member: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """Return the probability of each draw among ``member`` items, given those before it."""
        return next_draw_probability(self.design, self.drawn, member)
