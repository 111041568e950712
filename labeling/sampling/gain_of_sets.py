"""Learning of items that may have several classes, for the comparison of two ways to choose reviews."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labeling.gold import Gold
from labeling.sampling.gain import Learn


def learn_sets(learners: Sequence[Learn], naming: NDArray[np.bool_]) -> Learn:
    """Return a way to learn whole sets out of one for each class, for :func:`measure_gain`.

    Parameters
    ----------
    learners : sequence of callable
        One a class, whose gold and answers are 0 for no and 1 for yes.
    naming : bool array of shape (n_sets, n_classes)
        Which classes each set has; the label of gold is an index of these.

    Returns
    -------
    callable
        Gives 1 for the set that all classes together make, of shape (n_items, n_sets + 1): the last is
        any set that gold does not have.

    Examples
    --------
    >>> always = lambda gold: np.tile([0.2, 0.8], (3, 1))
    >>> never = lambda gold: np.tile([0.9, 0.1], (3, 1))
    >>> learn = learn_sets([always, never], np.array([[True, True], [True, False]]))
    >>> learn(Gold(np.array([0]), np.array([1]))).argmax(axis=1).tolist()
    [1, 1, 1]
    """
    code = {row.tobytes(): at for at, row in enumerate(naming)}

    def learn(gold: Gold) -> NDArray[np.float64]:
        yes = [
            learner(Gold(gold.item, naming[gold.label, at].astype(np.int32))).argmax(axis=1) == 1
            for at, learner in enumerate(learners)
        ]
        sets = np.ascontiguousarray(np.stack(yes, axis=1))
        said = np.array([code.get(row.tobytes(), len(code)) for row in sets], dtype=np.int64)
        return np.eye(len(code) + 1)[said]

    return learn
