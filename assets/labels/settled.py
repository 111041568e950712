"""What the label model settled on for the items of a batch, whatever it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resources.store.table import Table

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Answers, and what stands behind them.

    Parameters
    ----------
    label : sequence of n_items str or None
        The answer of each item of the batch; None where it is undecided.
    confidence : float array of shape (n_items,)
        How likely each is, 0..1.
    by_class : float array of shape (n_items, n_classes)
        As tables have it.
    method : str
        How the label model came to them.
    beliefs : dict of Table to list of dict
        Rows without their batch: what is believed of voters and classes. ``version`` is put in.
    shown : dict
        The same, as metadata in Dagster.
    """

    label: Sequence[str | None]
    confidence: NDArray[np.float64]
    by_class: NDArray[np.float64]
    method: str
    beliefs: dict[Table, list[Row]]
    shown: Row
