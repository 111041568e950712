"""Label models that can be asked for by name, instead of the ensemble."""

from typing import Literal, get_args

from numpy.typing import ArrayLike

from labeling.consensus.counts.linear import LinearModel
from labeling.consensus.models.dawid_skene import DawidSkene
from labeling.consensus.models.ibcc import IBCC
from labeling.consensus.models.one_coin import OneCoin
from labeling.consensus.models.pattern_ds import PatternDS
from labeling.errors import LabelingError

Method = Literal[
    "auto", "majority", "weighted_majority", "dawid_skene", "ibcc", "one_coin", "pattern_ds"
]
"""What can be asked for; ``auto`` deviates from the majority where independent methods agree."""


def check_method(method: str) -> None:
    """Refuse what is no :data:`Method`."""
    if method not in get_args(Method):
        known = ", ".join(get_args(Method))
        raise LabelingError(f"there is no method {method!r}; take one of {known}")


def linear_model(method: str, n_classes: int, class_balance: ArrayLike | None) -> LinearModel:
    """Return the model of that name, unfitted; only ``dawid_skene`` takes no class balance."""
    if method == "dawid_skene":
        return DawidSkene(n_classes)
    models = {"ibcc": IBCC, "one_coin": OneCoin, "pattern_ds": PatternDS}
    return models[method](n_classes, class_balance=class_balance)
