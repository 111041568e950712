"""Describe simulated panels, one file of examples a process: what the aggregator learns from.

``python -m bench.consensus.amortise FIRST LAST OUT.npz`` draws the panels of these seeds.
"""

import sys
from pathlib import Path

import numpy as np

from bench.consensus.panels import FAMILIES, Panel, draw
from labeling.consensus.counts.events import Events
from labeling.consensus.counts.patterns import compress
from labeling.consensus.ensemble.features import PanelReading
from labeling.consensus.ensemble.members import Members

MOST_PATTERNS = 160
"""Patterns of a panel that are kept, drawn at random."""

TOO_LOW = 1.15
"""A majority less right than this many times chance; of such panels one in four is kept."""


def describe(panel: Panel, seed: int) -> dict[str, np.ndarray] | None:
    """Return what the aggregator sees of a panel, and how often each class is the truth."""
    votes = panel.votes
    events = Events.of(votes)
    patterns, of_item = compress(votes, events)
    covered = patterns.covered
    if not covered.any():
        return None
    truth = np.zeros((patterns.n_patterns, panel.n_classes))
    np.add.at(truth, (of_item, panel.truth), 1)
    members = Members.fit(patterns, events, np.zeros_like(truth))
    reading = PanelReading.of(members)
    by_class, by_item = reading.describe(members.patterns.fired, members.posteriors)
    truth, share = truth[covered], members.shares
    lead = share >= share.max(axis=1, keepdims=True) - 1e-9
    right = float((truth * lead / lead.sum(axis=1, keepdims=True)).sum() / truth.sum())
    if right < TOO_LOW / panel.n_classes and seed % 4:
        return None
    some = np.random.default_rng(seed).permutation(len(share))[:MOST_PATTERNS]
    return {
        "by_class": by_class[:, :, some].transpose(2, 1, 0).astype(np.float16),
        "by_item": by_item.T[some].astype(np.float16),
        "panel": reading.panel.astype(np.float32),
        "share": share[some].astype(np.float32),
        "truth": truth[some].astype(np.float32),
        "family": np.array(FAMILIES.index(panel.family)),
    }


def main() -> None:
    """Write the examples of the seeds that are asked for."""
    first, last, out = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    found: dict[str, np.ndarray] = {}
    for seed in range(first, last):
        example = describe(draw(seed), seed)
        if example is not None:
            found |= {f"{seed}/{name}": value for name, value in example.items()}
        if seed % 500 == 499:
            print(seed + 1, flush=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, **found)


if __name__ == "__main__":
    main()
