"""Coverage of intervals for spans, of which whole items are drawn.

``python -m bench.quality.spans 2000`` writes ``bench/results/spans_intervals.md``.

Every simulation draws a new batch of 2,000 items. How many spans an item holds is skewed, from none to
20; some items are hard, so that the mistakes of an item go together. Audits are drawn uniformly, or
stratified by a prediction of which items hold mistakes. ``--tune`` runs other worlds with other
seeds: those that the method was chosen by.
"""

import sys
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from labeling.quality.spans.batch import SpansBatch
from labeling.quality.spans.counts import SpanCounts
from labeling.quality.spans.report import spans_report
from labeling.sampling.audits.audit import draw_audit

OUT = Path("bench/results/spans_intervals.md")
ITEMS = 2000
IDS = np.array([f"{i:05}" for i in range(ITEMS)])
TYPES = np.array([0.5, 0.3, 0.2])
"""Share of each type among spans."""

WORLDS = {
    "2 spans an item, 5 % wrong": (2.0, 1.0, 0.05, 0.0),
    "3 spans, 2 % wrong, together": (3.0, 1.5, 0.02, 1.0),
    "4 spans, 20 % wrong, together": (4.0, 2.0, 0.2, 0.5),
    "2 spans, 50 % wrong": (2.0, 1.0, 0.5, 0.3),
}
"""Mean spans an item, how uneven that is, share wrong and share missed, and how uneven items are."""

TUNING = {
    "1 span an item, 10 % wrong": (1.0, 1.0, 0.1, 0.0),
    "3 spans, 3 % wrong, much together": (3.0, 2.0, 0.03, 2.0),
    "5 spans, 30 % wrong": (5.0, 1.0, 0.3, 0.3),
}

AUDITS = ((30, False), (80, False), (100, True), (400, True))
"""Items reviewed, and whether they are drawn by strata."""

FIGURES = (
    "precision",
    "recall",
    "F1",
    "F1 by overlap",
    "F1 of the rarest type",
    "macro F1",
)


def world(rng, mean, uneven, rate, hardness):
    """Return predicted mistakes by item, and the counts of all items."""
    spans = np.minimum(rng.poisson(rng.gamma(1 / uneven, mean * uneven, ITEMS)), 20)
    hard = rng.gamma(1 / hardness, hardness, ITEMS) if hardness else np.ones(ITEMS)
    odds = np.clip(rate * hard, 0, 0.9)[:, None]
    gold = rng.multinomial(spans, TYPES)
    found = rng.binomial(gold, 1 - odds)
    near = rng.binomial(gold - found, 0.5)
    strange = rng.poisson(odds * rng.uniform(0.2, 0.5) * (spans[:, None] + 0.3) * TYPES)
    predicted = np.clip(odds[:, 0] * (spans + 0.5) * rng.uniform(0.4, 1.6, ITEMS), 0, 0.95)
    return predicted, SpanCounts(found + near + strange, gold, found, found + near)


def figures(counts):
    """Return the figures of all items, in the order of :data:`FIGURES`."""
    given, gold, strict, near = (
        x.sum(axis=0) for x in (counts.given, counts.gold, counts.strict, counts.overlap)
    )
    f1 = 2 * strict / (given + gold)
    return (
        strict.sum() / given.sum(),
        strict.sum() / gold.sum(),
        2 * strict.sum() / (given.sum() + gold.sum()),
        2 * near.sum() / (given.sum() + gold.sum()),
        f1[-1],
        f1.mean(),
    )


def intervals(batch):
    """Return our intervals of the same."""
    found = spans_report([batch], [str(k) for k in range(batch.counts.given.shape[1])])
    return (
        found.micro.precision,
        found.micro.recall,
        found.micro.f1,
        found.micro_overlap.f1,
        found.types[-1].strict.f1,
        found.macro.f1,
    )


def audit_of(rng, predicted, counts, n, stratified):
    """Draw an audit of a world."""
    sample = draw_audit(IDS, n, int(rng.integers(1 << 31)), predicted if stratified else None)
    drawn = sample.item
    taken = SpanCounts(
        counts.given[drawn], counts.gold[drawn], counts.strict[drawn], counts.overlap[drawn]
    )
    everyone = np.ones(ITEMS, dtype=np.bool_)
    return SpansBatch("a", sample.design, everyone, drawn, everyone[: len(drawn)], taken)


def cell(job):
    """Simulate one cell; return coverage and mean width of each figure."""
    *shape, n, stratified, runs, seed = job
    rng = np.random.default_rng(seed)
    low, high = np.zeros((2, runs, len(FIGURES)))
    true = np.zeros((runs, len(FIGURES)))
    for run in range(runs):
        predicted, counts = world(rng, *shape)
        true[run] = figures(counts)
        found = intervals(audit_of(rng, predicted, counts, n, stratified))
        low[run], high[run] = [one.low for one in found], [one.high for one in found]
    inside = (low - 1e-12 <= true) & (true <= high + 1e-12)
    return inside.mean(axis=0), (high - low).mean(axis=0), (true < low).mean(axis=0)


def main(runs: int, *, tune: bool) -> None:
    """Run every cell on two processes, and write the table."""
    worlds, first = (TUNING, 500) if tune else (WORLDS, 0)
    cells = [(name, n, s) for name in worlds for n, s in AUDITS]
    jobs = [(*worlds[name], n, s, runs, first + at) for at, (name, n, s) in enumerate(cells)]
    with Pool(2) as pool:
        found = pool.map(cell, jobs, chunksize=1)
    covered = np.array([one[0] for one in found])
    lines = [
        "# Intervals of spans",
        "",
        f"Run again with `python -m bench.quality.spans {runs}`: {runs:,} simulations a cell, each of",
        "a new batch of 2,000 items (`bench/quality/spans.py`). Whole items are drawn and all their",
        "spans reviewed. Intervals are to cover 95 %; in brackets, their mean width. The method was",
        "chosen on other worlds with other seeds (`--tune`).",
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
    for (name, n, stratified), (hit, width, _) in zip(cells, found, strict=True):
        row = " | ".join(f"{h:.3f} ({w:.3f})" for h, w in zip(hit, width, strict=True))
        lines.append(f"| {name} | {'stratified' if stratified else 'uniform'} | {n} | {row} |")
    text = "\n".join(lines) + "\n"
    if tune:
        print(text)
    else:
        OUT.write_text(text)


if __name__ == "__main__":
    numbers = [one for one in sys.argv[1:] if one.isdigit()]
    main(int(numbers[0]) if numbers else 2000, tune="--tune" in sys.argv)
