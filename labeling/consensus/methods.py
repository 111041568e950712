"""Label models that can be asked for by name, instead of the ensemble."""

from numpy.typing import ArrayLike

from labeling.consensus.dawid_skene import DawidSkene
from labeling.consensus.ibcc import IBCC
from labeling.consensus.linear import LinearModel
from labeling.consensus.one_coin import OneCoin
from labeling.consensus.pattern_ds import PatternDS


def linear_model(method: str, n_classes: int, class_balance: ArrayLike | None) -> LinearModel:
    """Return the model of that name, unfitted; only ``dawid_skene`` takes no class balance."""
    if method == "dawid_skene":
        return DawidSkene(n_classes)
    models = {"ibcc": IBCC, "one_coin": OneCoin, "pattern_ds": PatternDS}
    return models[method](n_classes, class_balance=class_balance)
