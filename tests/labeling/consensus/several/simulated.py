"""Several labels an item, with a known truth."""

import numpy as np

from labeling.kinds.units import Units
from labeling.votes import Votes


def several(
    items=400, questions=3, voters=12, per_item=6, seed=0, prevalence=None, right=(0.6, 0.95)
):
    """People who are handed items and answer every question; each as able in one as in another.

    Returns votes on units, the units, and the truth of each, shape (n_units,).
    """
    rng = np.random.default_rng(seed)
    share = np.linspace(0.15, 0.5, questions) if prevalence is None else np.asarray(prevalence)
    truth = rng.random((items, questions)) < share
    skill = rng.uniform(*right, voters)
    matrix = np.full((items, questions, voters), -1)
    for item in range(items):
        for who in rng.choice(voters, per_item, replace=False):
            wrong = rng.random(questions) > skill[who]
            matrix[item, :, who] = truth[item] ^ wrong
    votes = Votes.from_matrix(matrix.reshape(items * questions, voters), 2)
    return votes, Units.each(items, questions), truth.ravel().astype(np.int64)
