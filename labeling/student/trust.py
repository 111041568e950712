"""How much the student counts beside the voters, as audited gold has it."""

import numpy as np
from numpy.typing import NDArray

from labeling.gold import Gold
from labeling.student.paired import Paired, inverse_probability, paired
from labeling.student.vote import TRUST, with_student
from labeling.votes import Votes

MIN_GOLD = 50
"""Reviews below which the default stands: what gold says of it is chance."""


def settle_trust(
    consensus: NDArray[np.float64],
    student: NDArray[np.float64],
    votes: Votes,
    gold: Gold | None,
) -> tuple[float, Paired | None]:
    """Pool the student with the voters, unless gold says that this makes labels worse.

    Parameters
    ----------
    consensus : float array of shape (n_items, K)
        Of a label model that has *not* seen this gold: one that has is right on it by definition.
    student : float array of shape (n_items, K)
        Cross-fitted and calibrated, without this gold too.
    votes : Votes
    gold : Gold or None
        Drawn with known probabilities.

    Returns
    -------
    trust : float
        For :func:`labeling.student.vote.with_student`: its default, or 0.
    gain : Paired or None
        Labels with the student against labels where it only fills gaps; ``None`` without enough
        gold to tell.

    Raises
    ------
    GoldError
        If gold has no inclusion probabilities.

    Examples
    --------
    >>> votes = Votes.from_matrix(np.zeros((60, 1), dtype=int), 2)
    >>> right, wrong = np.tile([0.6, 0.4], (60, 1)), np.tile([0.1, 0.9], (60, 1))
    >>> gold = Gold(np.arange(60), np.zeros(60, dtype=np.int32), np.ones(60))
    >>> settle_trust(right, wrong, votes, gold)[0]
    0.0
    """
    if gold is None:
        return TRUST, None
    weight = inverse_probability(gold, "the trust in the student")
    if gold.n_gold < MIN_GOLD:
        return TRUST, None
    right = [
        with_student(consensus, student, votes, trust)[gold.item].argmax(axis=1) == gold.label
        for trust in (0.0, TRUST)
    ]
    gain = paired(right[0], right[1], weight)
    return (0.0 if gain.worse else TRUST), gain
