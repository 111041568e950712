"""Do reviewers mark the same spans? F1 of every two of them, exact, and its interval."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from labeling.errors import QualityError
from labeling.kinds.spans.answer import Span
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.weighted import VAST
from labeling.quality.several.clustered import clustered_share


def pairwise_f1(units: Sequence[Sequence[frozenset[Span]]], level: float = 0.95) -> Interval:
    """Agreement of any number of reviewers, each of whom marked only some items.

    Parameters
    ----------
    units : sequence of sequences of sets of Span
        Of each item, what each of its reviewers marked.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    Interval
        1 where everybody marks the same, 0 where nobody does; unmeasured where no two people marked
        an item, or nobody marked anything.

    Raises
    ------
    QualityError
        If the level lies outside (0, 1).

    Notes
    -----
    Twice the spans that two reviewers share among all that either marked, over every pair of reviewers
    of an item and over the items. No chance is taken off: where nothing says what else could have been marked, kappa
    tends to F1 (Hripcsak & Rothschild 2005, J. Am. Med. Inform. Assoc. 12, 296-298). Items are
    drawn whole for the interval (:func:`labeling.quality.several.clustered.clustered_share`).

    Examples
    --------
    >>> one, other = frozenset({Span(0, 5, "Drug")}), frozenset({Span(0, 4, "Drug")})
    >>> found = pairwise_f1([[one, one], [one, one | other]] * 20)
    >>> round(found.point, 2), found.low < found.point < found.high
    (0.8, True)
    """
    if not 0 < level < 1:
        raise QualityError(f"the level lies strictly between 0 and 1, got {level}")
    rows = [[(2 * len(a & b), len(a) + len(b)) for a, b in combinations(said, 2)] for said in units]
    both, marks = (np.array([sum(row[at] for row in one) for one in rows], float) for at in (0, 1))
    return clustered_share(both, marks, np.full(len(rows), VAST), level, uneven=True)
