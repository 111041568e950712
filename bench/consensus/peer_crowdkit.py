"""Runs in crowd-kit's environment: its methods on triplets, posteriors to a file, times as JSON.

``peer_crowdkit.py TRIPLETS.npy N_CLASSES N_ITEMS OUT.npz SECONDS``; rows are item, voter, label.
Items without votes get equal shares. A method that takes longer than SECONDS is left out.
"""

import json
import signal
import sys
import time
import warnings
from types import FrameType

import numpy as np
import pandas as pd
from crowdkit.aggregation import (
    GLAD,
    MACE,
    DawidSkene,
    OneCoinDawidSkene,
    Wawa,
    ZeroBasedSkill,
)

METHODS = {
    "dawid_skene": lambda: DawidSkene(n_iter=100),
    "one_coin": lambda: OneCoinDawidSkene(n_iter=100),
    "wawa": Wawa,
    "zero_based_skill": ZeroBasedSkill,
    "glad": GLAD,
    "mace": MACE,
}


def over(signum: int, frame: FrameType | None) -> None:
    """End a method that takes too long."""
    del signum, frame
    raise TimeoutError("over the time limit")


def main() -> None:
    """Run every method on one set."""
    triplets = np.load(sys.argv[1])
    n_classes, n_items, limit = int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[5])
    frame = pd.DataFrame(triplets, columns=["task", "worker", "label"])
    signal.signal(signal.SIGALRM, over)
    posteriors: dict[str, np.ndarray] = {}
    told: dict[str, float | str] = {}
    for name, make in METHODS.items():
        began = time.perf_counter()
        signal.alarm(limit)
        try:
            found = make().fit_predict_proba(frame)
        except Exception as reason:  # noqa: BLE001 - a peer may fail on a set in any way
            told[name] = f"{type(reason).__name__}: {reason}"
            continue
        finally:
            signal.alarm(0)
        told[name] = time.perf_counter() - began
        posterior = np.full((n_items, n_classes), 1.0 / n_classes)
        posterior[found.index] = 0.0
        posterior[np.ix_(found.index, found.columns)] = found.to_numpy()
        posteriors[name] = posterior
    np.savez(sys.argv[4], **posteriors)
    print(json.dumps(told))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
