"""Marks of voters with a known truth, for tests of the statistics."""

import numpy as np

from labeling.span_votes import ReviewedSpans, SpanVotes
from labeling.spans import Spans

SLOTS = 6
"""Places in an item at which a span may stand, twelve characters apart."""


def truth(n_items=400, n_types=2, seed=0, share=0.5):
    """Spans of three to eight characters in half of the places."""
    rng = np.random.default_rng(seed)
    rows = []
    for item in range(n_items):
        for slot in range(SLOTS):
            if rng.random() < share:
                start = 12 * slot + int(rng.integers(0, 3))
                rows.append(
                    (item, start, start + int(rng.integers(3, 9)), int(rng.integers(n_types)))
                )
    return Spans.of(rows, n_items, n_types)


def panel(spans, voters, seed=0):
    """Let voters mark: each is (recall, boundary slips, wrong spans an item), 0..1."""
    rng = np.random.default_rng(seed + 1)
    rows, who = [], []
    for j, (recall, slips, wrong) in enumerate(voters):
        said = set()
        for item, start, end, kind in spans.rows():
            if rng.random() < recall:
                longer = int(rng.choice([-2, -1, 1, 2])) if rng.random() < slips else 0
                said.add((item, start, end + longer, kind))
        for item in range(spans.n_items):
            if rng.random() < wrong:
                start = 12 * int(rng.integers(SLOTS)) + int(rng.integers(0, 3))
                kind = int(rng.integers(spans.n_types))
                said.add((item, start, start + int(rng.integers(3, 9)), kind))
        rows += sorted(said)
        who += [j] * len(said)
    marks = Spans.of(rows, spans.n_items, spans.n_types)
    return SpanVotes(marks, np.array(who, dtype=np.int32), len(voters))


def reviewed(spans, n, seed=0):
    """Review some of the items."""
    item = np.sort(np.random.default_rng(seed).permutation(spans.n_items)[:n])
    mask = np.zeros(spans.n_items, dtype=bool)
    mask[item] = True
    return ReviewedSpans(spans.take(mask[spans.item]), item)


RULES = [(0.5, 0.0, 0.1), (0.3, 0.0, 0.05), (0.2, 0.05, 0.1), (0.4, 0.0, 0.2), (0.1, 0.0, 0.02)]
MODELS = [(0.9, 0.1, 0.2), (0.85, 0.2, 0.3), (0.8, 0.1, 0.2), (0.9, 0.05, 0.1), (0.7, 0.3, 0.4)]
SLIPPING = [(0.9, 0.3, 0.1)] * 5
