"""What each draw of an audit could have been: how likely it was, and whether it was free."""

import numpy as np
from numpy.typing import NDArray

from labeling.sampling.audits.design import AuditDesign


def next_draw_probability(
    design: AuditDesign, drawn: NDArray[np.int64], member: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Probability of each draw given the draws before it, among all items or some of them.

    Restricted to ``member`` items (those of one class, those one voter voted on) the draws that
    fall on members are a weighted draw of that subset, with these probabilities.

    Parameters
    ----------
    design : AuditDesign
        Strata and planned reviews.
    drawn : int array of shape (n_drawn,)
        All items in draw order.
    member : bool array of shape (n_items,), optional
        The subset; draws outside it are left out of the answer.

    Returns
    -------
    float array of shape (n_drawn,) or (n_members_drawn,)
        In draw order.

    Examples
    --------
    >>> design = AuditDesign(np.zeros(4, np.int64), np.array([2]))
    >>> next_draw_probability(design, np.array([3, 1])).round(3).tolist()
    [0.25, 0.333]
    """
    strata = len(design.planned)
    inside = np.ones(len(design.stratum), bool) if member is None else member
    stratum = design.stratum[drawn]
    hit = np.eye(strata)[stratum]
    before = np.cumsum(hit, axis=0) - hit
    missing = np.maximum(design.least - before, 0)
    open_ = _open_strata(design, missing)
    ours = hit * inside[drawn][:, None]
    left = np.bincount(design.stratum[inside], minlength=strata) - (np.cumsum(ours, axis=0) - ours)
    weight = design.stratum_weight
    total = (weight * left * open_).sum(1)
    keep = inside[drawn]
    return np.clip(weight[stratum][keep] / total[keep], 0.0, 1.0)


def open_draws(design: AuditDesign, drawn: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which draws every item that was left could have been, bool array of shape (n_drawn,).

    Towards the end only strata that lack reviews are drawn from (:func:`labeling.sampling.audits.audit.draw_audit`).

    Examples
    --------
    >>> design = AuditDesign(np.array([0, 0, 0, 1, 1]), np.array([2, 2]))
    >>> open_draws(design, np.array([0, 1, 2, 4])).tolist()
    [True, True, True, False]
    """
    hit = np.eye(len(design.planned))[design.stratum[drawn]]
    missing = np.maximum(design.least - (np.cumsum(hit, axis=0) - hit), 0)
    return np.all(_open_strata(design, missing), axis=1)


def _open_strata(design: AuditDesign, missing: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which strata each draw may fall on; ``missing`` are reviews still due, a row a draw."""
    until = int(design.planned.sum()) - np.arange(len(missing))
    forced: NDArray[np.bool_] = (missing.sum(axis=1) >= until) & (until > 0)
    return np.asarray(~forced[:, None] | (missing > 0), dtype=np.bool_)
