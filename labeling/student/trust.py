"""How much the voters and the student count where both speak, as audited gold has it."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import chi2

from labeling.gold import Gold
from labeling.student.learning.correction import SCALE_SD
from labeling.student.paired import Paired, inverse_probability, paired
from labeling.student.vote import (
    TRUST,
    Trust,
    beyond,
    covered,
    log_pool,
    log_prior,
    with_student,
)
from labeling.votes import Votes

MIN_GOLD = 50
"""Reviews below which the default stands: what gold says of it is chance."""

CONFIDENCE = 0.9
"""With which other weights must explain gold better than the default."""

UNHEARD = Trust(student=0.0)
"""The student only fills gaps."""


def settle_trust(
    consensus: NDArray[np.float64],
    student: NDArray[np.float64],
    votes: Votes,
    gold: Gold | None,
    heard: NDArray[np.bool_] | None = None,
) -> tuple[Trust, Paired | None]:
    """Pool the student with the voters, by the weights that gold asks for.

    Both count in full unless gold says beyond doubt that one of them should count less, or more:
    voters that guess on hard questions are heard little beside a student that people taught, and
    a student that makes labels worse not at all.

    Parameters
    ----------
    consensus : float array of shape (n_items, K)
        Of a label model that has *not* seen this gold: one that has is right on it by definition.
    student : float array of shape (n_items, K)
        Cross-fitted and calibrated, without this gold too.
    votes : Votes
    gold : Gold or None
        Drawn with known probabilities.
    heard : bool array of shape (n_items,), optional
        See :func:`labeling.student.vote.with_student`.

    Returns
    -------
    trust : Trust
        For :func:`labeling.student.vote.with_student`.
    gain : Paired or None
        Labels with the student against labels where it only fills gaps; ``None`` without enough
        gold to tell.

    Raises
    ------
    GoldError
        If gold has no inclusion probabilities.

    Notes
    -----
    Weights and scale by penalised maximum likelihood, in logs around the default, with the prior of
    the scale in :mod:`labeling.student.learning.correction`. They are taken where the likelihood ratio to the
    default, penalty counted, is beyond the chi-squared quantile of three parameters (Wilks 1938,
    Annals of Mathematical Statistics 9(1)). Without the scale, opinions that are too sure would pass
    for opinions that are worth little beside the prior.

    Examples
    --------
    >>> votes = Votes.from_matrix(np.zeros((60, 1), dtype=int), 2)
    >>> guessing, taught = np.tile([[0.8, 0.2], [0.2, 0.8]], (30, 1)), np.tile([0.8, 0.2], (60, 1))
    >>> gold = Gold(np.arange(60), (np.arange(60) % 10 > 7).astype(np.int32), np.ones(60))
    >>> trust, gain = settle_trust(guessing, taught, votes, gold)
    >>> round(trust.voters, 2), round(trust.student, 2)
    (0.52, 1.38)
    >>> gain.better
    True
    """
    if gold is None:
        return TRUST, None
    weight = inverse_probability(gold, "the trust in the student")
    if gold.n_gold < MIN_GOLD:
        return TRUST, None
    spoken = covered(votes) if heard is None else heard
    trust = _likeliest(consensus, student, spoken, gold, weight)
    right = [
        with_student(consensus, student, votes, how, spoken)[gold.item].argmax(axis=1) == gold.label
        for how in (UNHEARD, trust)
    ]
    gain = paired(right[0], right[1], weight)
    return (UNHEARD if gain.worse else trust), gain


def _likeliest(
    consensus: NDArray[np.float64],
    student: NDArray[np.float64],
    heard: NDArray[np.bool_],
    gold: Gold,
    weight: NDArray[np.float64],
) -> Trust:
    """Return the weights under which gold is likeliest, or the default if that is hardly less so."""
    both = heard[gold.item]
    if not both.any():
        return TRUST
    item, label, w = gold.item[both], gold.label[both], weight[both]
    w *= w.sum() / (w**2).sum()  # sums to Kish's effective sample size
    prior, target = log_prior(consensus, heard), np.eye(consensus.shape[1])[label]
    said = beyond(consensus[item], prior), beyond(student[item], prior)

    def loss(z: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        trust = _trust(z)
        log_p = log_pool(prior, *said, trust)
        slope = trust.scale * w[:, None] * (np.exp(log_p) - target)
        by_weight = [trust.voters * said[0], trust.student * said[1]]
        by_weight.append(prior + by_weight[0] + by_weight[1])
        gradient = np.array([float(np.sum(slope * moved)) for moved in by_weight])
        value = float(np.sum((z / SCALE_SD) ** 2)) / 2 - float(w @ (target * log_p).sum(axis=1))
        return value, gradient + z / SCALE_SD**2

    default = np.zeros(3)
    found = minimize(loss, default, jac=True, method="L-BFGS-B")
    ratio = 2 * (loss(default)[0] - float(found.fun))
    return _trust(found.x) if ratio > chi2.ppf(CONFIDENCE, df=3) else TRUST


def _trust(z: NDArray[np.float64]) -> Trust:
    """Read the logs of both weights and of the scale."""
    voters, student, scale = np.exp(z).tolist()
    return Trust(voters, student, scale)
