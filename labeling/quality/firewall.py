"""The gold firewall: what measures a batch never teaches the labels it is measured by.

Reviews of the audit sample measure; reviews of the learning queue teach. This module
says which gold is withheld, and checks what is about to be used.
"""

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
    >>> sorted(wall.withheld)
    ['b']
    """

    gold: GoldRows
    judged: Collection[str]

    @property
    def withheld(self) -> frozenset[str]:
        """Ids that nothing may learn from."""
        audit = (self.gold.origin == AUDIT) & np.isin(self.gold.batch, sorted(self.judged))
        return frozenset(self.gold.item_id[audit].tolist())

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
                f"on, first {leaked[0]!r}; leave out Firewall.withheld"
            )
