"""One timed run of ours in a process of its own, told as JSON.

``ours.py rules MATRIX.npy`` (conversion of the matrix included), ``ours.py parts MATRIX.npy`` (the same,
:data:`PART` items at a time), ``ours.py classes`` (1,200 voters, 56 classes, 20,000 items), ``ours.py
people`` (the same, answering when asked) or ``ours.py huge`` (100,000,000 votes).
"""

import json
import resource
import sys
import time

import numpy as np

from bench.consensus.simulate import crowd, many_classes
from labeling.consensus.counts.events import Events
from labeling.consensus.counts.vote_counts import count_votes
from labeling.consensus.label_model import LabelModel
from labeling.votes import Votes

PART = 50_000


def in_parts(path: str) -> dict[str, object]:
    """Fit on parts of a matrix that is never read as a whole, and predict part by part."""
    matrix = np.load(path, mmap_mode="r")
    began = time.perf_counter()

    def part(start: int) -> Votes:
        return Votes.from_matrix(matrix[start : start + PART], n_classes=2)

    starts = range(0, len(matrix), PART)
    model, events = LabelModel(2), Events(matrix.shape[1], 2)
    first, *others = (count_votes(part(start), events)[0] for start in starts)
    model.fit_counts(first.merge(*others))
    fitted = time.perf_counter()
    rows = sum(len(model.predict_proba(part(start))) for start in starts)
    return figures(began, fitted, int(np.sum([v.n_votes for v in model.voters_])), model, rows)


def figures(
    began: float, fitted: float, votes: int, model: LabelModel, rows: int
) -> dict[str, object]:
    """Say how long it took until now, and how much memory."""
    return {
        "fit_s": fitted - began,
        "predict_s": time.perf_counter() - fitted,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "votes": votes,
        "method": model.method_,
        "rows": rows,
    }


def main() -> None:
    """Run one of the cases."""
    case = sys.argv[1]
    if case == "parts":
        print(json.dumps(in_parts(sys.argv[2])))
        return
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
    print(json.dumps(figures(began, fitted, votes.n_votes, model, len(posterior))))


if __name__ == "__main__":
    main()
