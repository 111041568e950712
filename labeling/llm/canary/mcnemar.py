"""McNemar's exact test as an e-value, so that looking every day is allowed."""

import math

from scipy.special import betaln

PRIOR = 0.5
"""Jeffreys' prior of the mixture: Beta(1/2, 1/2)."""


def mcnemar_e_value(b: int, c: int) -> float:
    """Evidence that of the pairs that disagree, one side has more than the other.

    Parameters
    ----------
    b, c : int
        Pairs that disagree one way, and the other way.

    Returns
    -------
    float
        The e-value: 1 says nothing, 1000 is strong. Under exchangeability its expectation is at
        most 1, so ``P(e >= 1 / alpha) <= alpha``.

    Notes
    -----
    Given ``b + c`` pairs that disagree, ``b`` is Binomial(b + c, 1/2) if nothing changed (McNemar,
    1947). The likelihood ratio against Binomial(b + c, theta), averaged over theta ~ Beta(1/2,
    1/2): ``B(b + 1/2, c + 1/2) / B(1/2, 1/2) * 2 ** (b + c)``.

    Examples
    --------
    >>> mcnemar_e_value(0, 0), round(mcnemar_e_value(10, 0), 1), round(mcnemar_e_value(5, 5), 2)
    (1.0, 180.4, 0.25)
    """
    log_e = betaln(b + PRIOR, c + PRIOR) - betaln(PRIOR, PRIOR) + (b + c) * math.log(2)
    return float(math.exp(min(700.0, float(log_e))))


def threshold(look: int, alpha: float) -> float:
    """Return what the e-value of the ``look``-th comparison (from 1) has to reach.

    Notes
    -----
    The chances ``alpha / (t (t + 1))`` add up to ``alpha`` over all looks, whatever the dependence
    between them: that is the chance of any false alarm, ever.

    Examples
    --------
    >>> round(threshold(1, 0.01)), round(threshold(30, 0.01))
    (200, 93000)
    """
    return look * (look + 1) / alpha
