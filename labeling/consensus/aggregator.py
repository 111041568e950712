"""The amortised aggregator: a small network that has seen thousands of simulated panels.

It learnt, where the truth was known, when deviating from the majority helps and how sure to be.
Trained by ``bench/consensus/train.py`` on ``bench/consensus/panels.py``; no real votes were used.
"""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.features import PanelReading
from labeling.consensus.members import majority_shares

WEIGHTS = "aggregator.npz"

FEWEST = 0.02
"""Added to a share of the votes before its logarithm is taken."""


def aggregate(
    reading: PanelReading, fired: sparse.csr_array, said: dict[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    r"""Return the network's log posterior of patterns, up to a constant, (n_patterns, n_classes).

    Each class is scored from its own description, the largest of the hidden descriptions of all
    classes, and the panel's; so the order of classes, voters and items does not matter (Zaheer et
    al. 2017, "Deep Sets", arXiv 1703.06114).

    Parameters
    ----------
    reading : PanelReading
        The fitted panel.
    fired : sparse array of shape (n_patterns, n_events)
        Patterns with a vote.
    said : dict of float arrays of shape (n_patterns, n_classes)
        What the members say of them.
    """
    w = _weights()
    by_class, by_item = reading.describe(fired, said)
    by_class = np.clip((by_class - w["by_class_mean"]) / w["by_class_sd"], -6, 6)
    by_item = (by_item - w["by_item_mean"]) / w["by_item_sd"]
    panel = np.clip((reading.panel - w["panel_mean"]) / w["panel_sd"], -4, 4)
    seen = np.maximum(panel @ w["panel_in.weight"].T + w["panel_in.bias"], 0)
    hidden = by_class @ w["by_class.weight"].T
    hidden += w["by_class.bias"] + seen @ w["panel_out.weight"].T
    hidden += (by_item @ w["by_item.weight"].T)[:, None, :]
    np.maximum(hidden, 0, out=hidden)
    own, others = np.split(w["beside.weight"].T, 2)
    best = hidden.max(axis=1) @ others + w["beside.bias"]
    hidden = hidden @ own
    hidden += best[:, None, :]
    np.maximum(hidden, 0, out=hidden)
    share = majority_shares(fired, reading.members.events)
    return (hidden @ w["score.weight"].T)[..., 0] + w["majority"] * np.log(share + FEWEST)


@cache
def _weights() -> dict[str, NDArray[np.float64]]:
    """Read the weights of the network, and the scales of what is described."""
    with (files("labeling.consensus") / WEIGHTS).open("rb") as file, np.load(file) as kept:
        return {name: np.asarray(value, dtype=np.float64) for name, value in kept.items()}
