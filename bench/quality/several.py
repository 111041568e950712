"""Coverage of intervals for items with several classes, of which whole items are drawn.

``python -m bench.quality.several 2000`` writes ``bench/results/several_intervals.md``.

Every simulation draws a new batch of 2,000 items: some items are hard, so that the mistakes of an
item go together; classes are true of 6 to 50 % of the items. Audits are drawn uniformly, or stratified by a
prediction of which items hold mistakes.
"""

import sys
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from labeling.quality.several.batch import SeveralBatch
from labeling.quality.several.report import several_report
from labeling.sampling.audits.audit import draw_audit

OUT = Path("bench/results/several_intervals.md")
ITEMS = 2000
IDS = np.array([f"{i:05}" for i in range(ITEMS)])
WORLDS = {
    "5 classes, 3 % wrong, alone": (5, 0.03, 0.0),
    "5 classes, 3 % wrong, together": (5, 0.03, 2.0),
    "10 classes, 10 % wrong, together": (10, 0.1, 1.0),
    "10 classes, 2 % wrong, much together": (10, 0.02, 3.0),
}
"""Classes, share of answers that are wrong, and how uneven items are (variance of their hardness)."""

AUDITS = ((50, False), (200, True))
"""Reviews, and whether they are drawn by strata."""

FIGURES = (
    "exact match",
    "Hamming loss",
    "micro precision",
    "micro recall",
    "micro F1",
    "macro F1",
)


def world(rng, k, rate, uneven):
    """Return predicted mistakes by item, the truth and the labels, the last two (items, k)."""
    share = np.exp(rng.uniform(np.log(0.06), np.log(0.5), k))
    truth = rng.random((ITEMS, k)) < share
    hard = rng.gamma(1 / uneven, uneven, ITEMS) if uneven else np.ones(ITEMS)
    odds = np.clip(rate * hard[:, None] * rng.uniform(0.6, 1.4, k), 0, 0.6)
    wrong = rng.random(truth.shape) < np.clip(np.where(truth, 1.5, 0.6) * odds, 0, 0.8)
    predicted = np.clip(rate * k * 0.7 * hard * rng.uniform(0.5, 1.5, ITEMS), 0, 0.9)
    return predicted, truth, truth ^ wrong


def figures(truth, label):
    """Return the figures of all items, in the order of :data:`FIGURES`."""
    hit, given, found = (x.sum(axis=0) for x in (truth & label, label, truth))
    f1 = 2 * hit / np.maximum(given + found, 1)
    return (
        (truth == label).all(axis=1).mean(),
        (truth != label).mean(),
        hit.sum() / given.sum(),
        hit.sum() / found.sum(),
        2 * hit.sum() / (given.sum() + found.sum()),
        f1.mean(),
    )


def intervals(batch):
    """Return our intervals of the same."""
    names = [str(k) for k in range(batch.n_classes)]
    found = several_report([batch], names)
    micro = found.micro
    return (
        found.exact_match,
        found.hamming_loss,
        micro.precision,
        micro.recall,
        micro.f1,
        found.macro.f1,
    )


def cell(job):
    """Simulate one cell; return coverage and mean width of each figure."""
    k, rate, uneven, n, stratified, runs, seed = job
    rng = np.random.default_rng(seed)
    inside, width = np.zeros((2, runs, len(FIGURES)))
    for run in range(runs):
        predicted, truth, label = world(rng, k, rate, uneven)
        sample = draw_audit(IDS, n, int(rng.integers(1 << 31)), predicted if stratified else None)
        batch = SeveralBatch(
            "a",
            label.astype(np.int32),
            sample.design,
            sample.item,
            truth[sample.item].astype(np.int32),
        )
        for at, (true, one) in enumerate(zip(figures(truth, label), intervals(batch), strict=True)):
            inside[run, at] = one.low - 1e-12 <= true <= one.high + 1e-12
            width[run, at] = one.high - one.low
    return inside.mean(axis=0), width.mean(axis=0)


def main(runs: int) -> None:
    """Run every cell on two processes, and write the table."""
    cells = [(name, n, s) for name in WORLDS for n, s in AUDITS]
    jobs = [(*WORLDS[name], n, s, runs, at) for at, (name, n, s) in enumerate(cells)]
    with Pool(2) as pool:
        found = pool.map(cell, jobs, chunksize=1)
    covered = np.array([one[0] for one in found])
    lines = [
        "# Intervals where items have several classes",
        "",
        f"Run again with `python -m bench.quality.several {runs}`: {runs:,} simulations a cell, each of",
        "a new batch of 2,000 items (`bench/quality/several.py`). Whole items are drawn and reviewed, so",
        "the classes of an item err together. Intervals are to cover 95 %; in brackets, their mean width.",
        "",
        (
            f"Lowest {covered.min():.3f}, mean {covered.mean():.3f}, highest {covered.max():.3f}; "
            f"{int((covered < 0.93).sum())} of {covered.size} figures under 93 %, "
            f"{int((covered > 0.97).sum())} over 97 %."
        ),
        "",
        "| items | audit | n | " + " | ".join(FIGURES) + " |",
        "|---|---|---|" + "---|" * len(FIGURES),
    ]
    for (name, n, stratified), (hit, width) in zip(cells, found, strict=True):
        row = " | ".join(f"{h:.3f} ({w:.3f})" for h, w in zip(hit, width, strict=True))
        lines.append(f"| {name} | {'stratified' if stratified else 'uniform'} | {n} | {row} |")
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
