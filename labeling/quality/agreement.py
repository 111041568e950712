"""Do reviewers agree with each other, beyond chance?"""

import math

import numpy as np

from labeling.votes import Votes


def krippendorff_alpha(reviews: Votes) -> float:
    """Agreement of any number of reviewers, each of whom judged only some items.

    Parameters
    ----------
    reviews : Votes
        Reviewers as voters.

    Returns
    -------
    float
        1 perfect, 0 as by chance, below 0 worse; NaN if no item was judged twice or only one
        class was ever given.

    Notes
    -----
    Krippendorff (2011), "Computing Krippendorff's alpha-reliability", nominal data:
    ``1 - (n - 1) sum_u sum_{c != d} n_uc n_ud / (m_u - 1) / sum_{c != d} n_c n_d``.

    Examples
    --------
    >>> reviews = Votes.from_matrix([[0, 0, 0], [1, 1, -1], [0, 1, -1], [1, 1, 1]], n_classes=2)
    >>> round(krippendorff_alpha(reviews), 3)
    0.625
    """
    counts = np.zeros((reviews.n_items, reviews.n_classes))
    np.add.at(counts, (reviews.item, reviews.label), 1.0)
    judged = counts.sum(1)
    counts = counts[judged >= 2]
    judged = judged[judged >= 2]
    n = float(judged.sum())
    by_class = counts.sum(0)
    expected = n**2 - float(by_class @ by_class)
    if not expected:
        return math.nan
    observed = float(((judged**2 - (counts**2).sum(1)) / (judged - 1)).sum())
    return 1 - (n - 1) * observed / expected
