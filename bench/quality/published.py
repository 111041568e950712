"""Coverage and width of every interval that is published, over whole histories of batches.

``python -m bench.quality.published 200`` writes ``bench/results/published_intervals.md``.
"""

import sys
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from bench.quality.history import SHARES, History, history
from labeling.quality.estimates.accuracy import accuracy
from labeling.quality.estimates.classes import class_report
from labeling.quality.estimates.intervals import Interval
from labeling.quality.estimates.labelled import MISSING, judge
from labeling.quality.estimates.weighted import draw_weight, weighted_share

OUT = Path("bench/results/published_intervals.md")
WANTED = 0.93
SPANS = ((1, 40), (5, 20), (12, 40), (40, 25))
"""Batches, and reviews of each: a first batch, a window, a fortnight, a long history."""

KINDS = ("calibrated", "over-confident", "useless")
Estimates = Iterator[tuple[str, Interval, float]]


def estimates(past: History) -> Estimates:
    """Yield what is published of a history: the quantity, its interval, and the truth."""
    batches, k = past.batches, past.batches[0].n_classes
    label = np.concatenate([b.label for b in batches])
    truth = np.concatenate(past.truth)
    confusion = np.zeros((k, k))
    np.add.at(confusion, (truth, label), 1 / len(truth))
    hits, said, there = np.diag(confusion), confusion.sum(0), confusion.sum(1)
    f1 = 2 * hits / (said + there)
    report = class_report(batches, [str(c) for c in range(k)])
    yield "accuracy", report.accuracy, hits.sum()
    yield "macro F1", report.macro_f1, f1.mean()
    for c, one in enumerate(report.classes):
        size = "largest class" if c == 0 else "smallest class" if c == k - 1 else "other class"
        yield f"precision, {size}", one.precision, hits[c] / said[c] if said[c] else 0.0
        yield f"recall, {size}", one.recall, hits[c] / there[c] if there[c] else 0.0
        yield f"F1, {size}", one.f1, f1[c]
        yield f"share, {size}", one.share, there[c]
    for voter, votes in past.votes.items():
        voted = np.concatenate(votes)
        spoke = voted != MISSING
        if spoke.any():
            right = (voted == truth)[spoke].mean()
            yield f"voter, {voter}", accuracy(judge(batches, votes)).interval, right
    yield from _by_confidence(past, label == truth)


def _by_confidence(past: History, right: np.ndarray) -> Estimates:
    """Yield accuracy by confidence: bins of the reliability curve, slices of a diagnosis."""
    sure = np.concatenate(past.confidence)
    pairs = list(zip(past.confidence, past.batches, strict=True))
    of_drawn = np.concatenate([c[b.drawn] for c, b in pairs])
    correct = np.concatenate([~b.audited().wrong for b in past.batches])
    weight = np.concatenate([draw_weight(b.audited()) for b in past.batches])
    edges = np.quantile(sure, [0, 0.1, 0.5, 1])
    for name, low, high in zip(("least", "middle", "most"), edges, edges[1:], strict=False):
        inside, mine = (of_drawn >= low) & (of_drawn <= high), (sure >= low) & (sure <= high)
        yield f"{name} confident", weighted_share(correct, weight, inside), right[mine].mean()


def cell(job: tuple[str, str, int, int, bool, int, int]) -> dict:
    """Simulate one cell; return coverage, mean width and how often each quantity was measured."""
    shares, kind, n_batches, reviews, change, runs, seed = job
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[bool, float]]] = {}
    for _ in range(runs):
        past = history(rng, SHARES[shares], n_batches, reviews, kind, change)
        for name, interval, truth in estimates(past):
            if interval.measured:
                hit = interval.low - 1e-9 <= truth <= interval.high + 1e-9
                found.setdefault(name, []).append((hit, interval.width))
    return {
        "shares": shares,
        "kind": kind,
        "batches": n_batches,
        "reviews": reviews,
        "change": change,
        "found": {
            name: (*np.mean(rows, axis=0).tolist(), len(rows)) for name, rows in found.items()
        },
    }


def main(runs: int) -> None:
    """Run every cell on two processes."""
    cells = [
        (shares, kind, *span, change)
        for shares in SHARES
        for kind in KINDS
        for span in SPANS
        for change in (False, True)
        if span[0] > 1 or not change
    ]
    jobs = [(*one, runs, seed) for seed, one in enumerate(cells)]
    with Pool(2) as pool:
        found = pool.map(cell, jobs, chunksize=1)
    OUT.write_text(table(found, runs))


def table(cells: list[dict], runs: int) -> str:
    """Write coverage by quantity over all cells, then by cell."""
    names = sorted({name for one in cells for name in one["found"]})
    below = WANTED - 3 * np.sqrt(WANTED * (1 - WANTED) / runs)
    lines = [
        "# Coverage of every published interval",
        "",
        f"`python -m bench.quality.published {runs}`: {len(cells)} cells of {runs} histories each.",
        "An interval at 95 % is asked to hold the truth in 93 % of histories; by chance alone a cell",
        f"that does shows less than {below:.1%} in one of 700. Histories in which a quantity was not",
        "measured (no such item among the reviews) are left out; a quantity measured in fewer than 50",
        "is not counted.",
        "",
        "| quantity | mean | least | cells | below 93 % | beyond chance | mean width |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in names:
        rows = [one["found"][name] for one in cells if one["found"].get(name, (0, 0, 0))[2] >= 50]
        hits = np.array([row[0] for row in rows])
        limit = [WANTED - 3 * np.sqrt(WANTED * (1 - WANTED) / row[2]) for row in rows]
        lines.append(
            f"| {name} | {hits.mean():.1%} | {hits.min():.1%} | {len(rows)} "
            f"| {(hits < WANTED).sum()} | {(hits < limit).sum()} "
            f"| {np.mean([row[1] for row in rows]):.3f} |"
        )
    lines += [
        "",
        "By cell, in percent: classes, what predicted errors are worth, batches x reviews, change.",
        "",
        "| cell | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    for one in cells:
        change = "change" if one["change"] else "none"
        estimates = [one["found"].get(name) for name in names]
        shown = [f"{100 * t[0]:.0f}" if t else "" for t in estimates]
        span = f"{one['batches']} x {one['reviews']}"
        lines.append(
            f"| {one['shares']}, {one['kind']}, {span}, {change} | " + " | ".join(shown) + " |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
