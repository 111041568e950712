"""The amortised aggregator: a small network that has seen thousands of simulated panels.

It learnt, where the truth was known, when deviating from the majority helps and how sure to be.
Trained by ``bench/consensus/train.py`` on ``bench/consensus/panels.py``; no real votes were used.
"""

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.consensus.ensemble.features import N_CLASS, N_ITEM, PanelReading
from labeling.consensus.ensemble.members import majority_shares

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
    n_patterns, n_classes = fired.shape[0], reading.members.events.n_classes
    panel = np.clip((reading.panel - w["panel_mean"]) / w["panel_sd"], -4, 4)
    seen = np.maximum(panel @ w["panel_in.weight"].T + w["panel_in.bias"], 0)
    always = w["by_class.bias"] + seen @ w["panel_out.weight"].T
    by_class, by_item = reading.describe(fired, said)
    described = np.ones((N_CLASS + N_ITEM + 1, n_classes, n_patterns))
    np.subtract(by_class, w["by_class_mean"][:, None, None], out=described[:N_CLASS])
    described[:N_CLASS] /= w["by_class_sd"][:, None, None]
    np.clip(described[:N_CLASS], -6, 6, out=described[:N_CLASS])
    described[N_CLASS:-1] = ((by_item.T - w["by_item_mean"]) / w["by_item_sd"]).T[:, None]
    first = np.column_stack([w["by_class.weight"], w["by_item.weight"], always])
    hidden = first @ described.reshape(len(described), n_classes * n_patterns)
    np.maximum(hidden, 0, out=hidden)
    own, others = np.split(w["beside.weight"], 2, axis=1)
    best = others @ hidden.reshape(len(first), n_classes, n_patterns).max(axis=1)
    best += w["beside.bias"][:, None]
    hidden = (own @ hidden).reshape(len(own), n_classes, n_patterns)
    hidden += best[:, None]
    np.maximum(hidden, 0, out=hidden)
    score = (w["score.weight"] @ hidden.reshape(len(own), n_classes * n_patterns)).reshape(
        n_classes, n_patterns
    )
    share = majority_shares(fired, reading.members.events)
    return score.T + w["majority"] * np.log(share + FEWEST)


@cache
def _weights() -> dict[str, NDArray[np.float64]]:
    """Read the weights of the network, and the scales of what is described."""
    with (files("labeling.consensus.ensemble") / WEIGHTS).open("rb") as file, np.load(file) as kept:
        return {name: np.asarray(value, dtype=np.float64) for name, value in kept.items()}
