"""Where the seconds of a million items by 50 rules go, beside the least that any method needs.

``python -m bench.consensus.steps MATRIX.npy`` prints CPU seconds by step as JSON; :mod:`bench.consensus.run`
asks it, in a process of its own.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from labeling.consensus.counts.confidences import Confidences
from labeling.consensus.counts.patterns import compress
from labeling.consensus.ensemble.aggregator import aggregate
from labeling.consensus.ensemble.ensemble import Ensemble, in_pieces
from labeling.votes import Votes


def steps(matrix: np.ndarray) -> dict[str, float]:
    """Return CPU seconds by step; those of the floor are the first two."""
    took: dict[str, float] = {}

    def timed(name: str, do: Callable[[], Any]) -> Any:
        began = time.process_time()
        done = do()
        took[name] = time.process_time() - began
        return done

    timed("floor: look at every cell", lambda: int(np.count_nonzero(matrix >= 0)))
    timed("floor: list the votes", lambda: np.nonzero(matrix >= 0))
    votes = timed("votes out of the matrix", lambda: Votes.from_matrix(matrix, 2))
    events = Confidences.of(votes).events(used=False)
    patterns, of_item = timed("distinct patterns", lambda: compress(votes, events))
    nothing = np.zeros((patterns.n_patterns, 2))
    ensemble = timed("members fitted", lambda: Ensemble.fit(patterns, events, nothing))
    fired, members = patterns.with_votes().fired, ensemble.reading.members
    timed("members read every pattern", lambda: in_pieces(lambda p: members.read(p)["ibcc"], fired))

    def aggregated() -> np.ndarray:
        return in_pieces(lambda p: aggregate(ensemble.reading, p, members.read(p)), fired)

    whole = "members and aggregator read every pattern"
    timed(whole, aggregated)
    took["of which the aggregator"] = took[whole] - took["members read every pattern"]
    posterior = timed("the same, and seats settle it", lambda: ensemble.posterior(fired))
    timed(
        "a posterior for every item",
        lambda: np.vstack([posterior, [[0.5, 0.5]]])[np.minimum(of_item, len(posterior))],
    )
    return took | {"patterns": float(patterns.n_patterns), "votes": float(votes.n_votes)}


def main() -> None:
    """Print the steps."""
    print(json.dumps(steps(np.load(sys.argv[1]))))


if __name__ == "__main__":
    main()
