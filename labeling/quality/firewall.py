"""The gold firewall: what measures a batch never teaches the labels it is measured by.

Reviews of the audit sample measure; reviews of the learning queue teach. This module hands out
gold for one purpose at a time, and checks what is about to be used.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import GoldError

AUDIT, QUEUE = "audit", "queue"
"""How an item came to be reviewed."""


@dataclass(frozen=True, slots=True, eq=False)
class GoldRows:
    """Settled reviews of many batches; arrays of shape (n_gold,).

    Parameters
    ----------
    item_id, batch, label, origin : str arrays
        ``origin`` is :data:`AUDIT` or :data:`QUEUE`. An item that was drawn for the audit counts
        as audit, even if the queue showed it too.
    probability : float array
        Inclusion probability in (0, 1] for audit rows, NaN for queue rows.

    Raises
    ------
    GoldError
        If lengths differ, an origin is unknown, an item of a batch stands twice, or an audit row
        lacks its probability.
    """

    item_id: NDArray[np.str_]
    batch: NDArray[np.str_]
    label: NDArray[np.str_]
    origin: NDArray[np.str_]
    probability: NDArray[np.float64]

    def __post_init__(self) -> None:
        lengths = {
            len(column)
            for column in (self.item_id, self.batch, self.label, self.origin, self.probability)
        }
        if len(lengths) != 1:
            raise GoldError(f"the columns of gold differ in length: {sorted(lengths)}")
        strange = ~np.isin(self.origin, (AUDIT, QUEUE))
        if strange.any():
            at = int(np.argmax(strange))
            raise GoldError(
                f"item {str(self.item_id[at])!r} has origin {str(self.origin[at])!r}; allowed are "
                f"{AUDIT} and {QUEUE}"
            )
        keys = list(zip(self.batch.tolist(), self.item_id.tolist(), strict=True))
        if len(set(keys)) != len(keys):
            raise GoldError("an item of a batch stands twice in gold; settle its reviews first")
        audit = self.origin == AUDIT
        lost = audit & ~((self.probability > 0) & (self.probability <= 1))
        if lost.any():
            at = int(np.argmax(lost))
            raise GoldError(
                f"audit item {str(self.item_id[at])!r} has probability {self.probability[at]}; "
                f"it lies in (0, 1] for every audit row"
            )

    def of(self, rows: NDArray[np.bool_]) -> "GoldRows":
        """Return only some rows."""
        return GoldRows(
            self.item_id[rows],
            self.batch[rows],
            self.label[rows],
            self.origin[rows],
            self.probability[rows],
        )

    @property
    def n_gold(self) -> int:
        """Number of rows."""
        return len(self.item_id)


@dataclass(frozen=True, slots=True, eq=False)
class Firewall:
    """Gold seen through the wall, for labels of some batches that are to be judged.

    Parameters
    ----------
    gold : GoldRows
        All settled reviews.
    judged : collection of str
        Batches whose accuracy will be measured with the labels now being made. Their audit rows
        are withheld, in whatever batch the same item id appears again.

    Examples
    --------
    >>> gold = GoldRows(np.array(["a", "b", "c"]), np.array(["1", "2", "2"]),
    ...     np.array(["HAM"] * 3), np.array(["audit", "audit", "queue"]),
    ...     np.array([0.1, 0.1, np.nan]))
    >>> wall = Firewall(gold, judged={"2"})
    >>> wall.teaching().item_id.tolist(), wall.measuring("2").item_id.tolist()
    (['a', 'c'], ['b'])
    """

    gold: GoldRows
    judged: Collection[str]

    @property
    def withheld(self) -> frozenset[str]:
        """Ids that nothing may learn from."""
        audit = (self.gold.origin == AUDIT) & np.isin(self.gold.batch, sorted(self.judged))
        return frozenset(self.gold.item_id[audit].tolist())

    def teaching(self, fold: int | None = None, folds: int = 5) -> GoldRows:
        """Return gold that rules, prompts, thresholds, calibration and models may learn from.

        Parameters
        ----------
        fold : int, optional
            Cross-fitting, where the same gold must serve both: withheld rows of all *other* folds
            are let through, and the fit may label only the items of this fold
            (:func:`fold_of`) before they are measured.
        folds : int
            How many folds there are, at least 2.
        """
        held = np.isin(self.gold.item_id, sorted(self.withheld))
        if fold is None:
            return self.gold.of(~held)
        if folds < 2 or not 0 <= fold < folds:
            raise GoldError(f"fold {fold} of {folds}: folds run from 0, and there are at least 2")
        mine = np.array([fold_of(item, folds) == fold for item in self.gold.item_id.tolist()])
        return self.gold.of(~(held & mine.astype(np.bool_)))

    def measuring(self, batch: str) -> GoldRows:
        """Return the audit rows of one batch: the only gold that measures it."""
        return self.gold.of((self.gold.origin == AUDIT) & (self.gold.batch == batch))

    def check(self, item_ids: Iterable[str], used_by: str) -> None:
        """Refuse withheld items that are about to be learned from.

        Parameters
        ----------
        item_ids : iterable of str
            Items whose gold is used.
        used_by : str
            What uses them, for the message: ``few-shot examples of llm/judge``.

        Raises
        ------
        GoldError
            Naming the first such item and how many there are.
        """
        leaked = sorted(self.withheld.intersection(item_ids))
        if leaked:
            raise GoldError(
                f"{used_by} would learn from {len(leaked)} audit items of batches they are judged "
                f"on, first {leaked[0]!r}; take gold from Firewall.teaching"
            )


def fold_of(item_id: str, folds: int) -> int:
    """Return the fold of an item: the same on every machine and in every run.

    Examples
    --------
    >>> fold_of("item-1", 5) == fold_of("item-1", 5)
    True
    """
    return int.from_bytes(hashlib.sha256(item_id.encode()).digest()[:8], "big") % folds
