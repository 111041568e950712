"""One timed run of ours in a process of its own, told as JSON.

``ours.py rules MATRIX.npy`` (conversion of the matrix included), ``ours.py classes`` (1,200 voters,
56 classes, 20,000 items), ``ours.py people`` (the same, answering when asked) or ``ours.py huge`` (100,000,000 votes).
"""

import json
import resource
import sys
import time

import numpy as np

from bench.consensus.simulate import crowd, many_classes
from labeling.consensus.label_model import LabelModel
from labeling.votes import Votes


def main() -> None:
    """Run one of the cases."""
    case = sys.argv[1]
    if case == "rules":
        matrix = np.load(sys.argv[2])
        began = time.perf_counter()
        votes = Votes.from_matrix(matrix, n_classes=2)
    elif case == "classes":
        votes = many_classes(20_000, 1_200, 56, 0.05)
        began = time.perf_counter()
    elif case == "people":
        votes = crowd(20_000, 1_200, 100, 56)
        began = time.perf_counter()
    else:
        votes = crowd(10_000_000, 40, 10, 4)
        began = time.perf_counter()
    model = LabelModel(votes.n_classes).fit(votes)
    fitted = time.perf_counter()
    posterior = model.predict_proba(votes)
    predicted = time.perf_counter()
    print(
        json.dumps(
            {
                "fit_s": fitted - began,
                "predict_s": predicted - fitted,
                "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
                "votes": votes.n_votes,
                "method": model.method_,
                "rows": len(posterior),
            }
        )
    )


if __name__ == "__main__":
    main()
