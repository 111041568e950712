"""Votes and gold of one question, cut out of those of all."""

import numpy as np
from numpy.typing import NDArray

from labeling.gold import Gold
from labeling.kinds.units import Units

QUESTION_ANSWERS = 2
"""No and yes."""


def which(units: Units, question: int) -> NDArray[np.bool_]:
    """Return the units of one question, bool array of shape (n_units,)."""
    return units.question == question


def gold_of(gold: Gold | None, kept: NDArray[np.bool_]) -> Gold | None:
    """Return the gold of some units, renumbered from 0; ``None`` if there is none."""
    part = None if gold is None else gold.of(kept)
    return part if part is not None and part.n_gold else None
