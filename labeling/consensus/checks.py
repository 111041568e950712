"""What a label model may be fitted on."""

import numpy as np

from labeling.errors import GoldError, VotesError
from labeling.gold import Gold
from labeling.votes import Votes


def check_fit(votes: Votes, gold: Gold | None, n_classes: int) -> None:
    """Refuse votes with other classes, and gold of items or classes that do not exist.

    Raises
    ------
    VotesError
        If the votes have another number of classes than the model.
    GoldError
        If gold names an item or a class that the votes do not have.
    """
    if votes.n_classes != n_classes:
        raise VotesError(
            f"the label model is for {n_classes} classes, the votes have {votes.n_classes}"
        )
    if gold is None:
        return
    for name, index, size in (
        ("item", gold.item, votes.n_items),
        ("class", gold.label, n_classes),
    ):
        wrong = (index < 0) | (index >= size)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise GoldError(
                f"gold row {at} names {name} {index[at]}, but it runs 0..{size - 1}; "
                f"{int(wrong.sum())} such rows in all"
            )
