"""Coverage and width of intervals for accuracy, ours beside what others use.

``python -m bench.quality.coverage 2000`` writes ``bench/out/quality/coverage.json``.
"""

import json
import sys
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from scipy.stats import binom

from bench.quality.populations import ITEMS, KINDS, auc, batch
from labeling.quality.estimates.intervals import merge_thin, score_bounds
from labeling.quality.gain import proven_gain
from labeling.quality.tables.table import group_by_weight
from labeling.sampling.audits.audit import draw_audit

OUT = Path("bench/out/quality/coverage.json")
NS = (30, 50, 100, 300)
ACCURACIES = (0.80, 0.90, 0.95, 0.99)
HISTORY = 200
Z = 1.959964
IDS = np.array([f"{i:05}" for i in range(ITEMS)])
METHODS = (
    "uniform Wilson",
    "stratified score",
    "stratified score, if proven",
    "unequal weights only",
    "uniform Wald",
    "uniform PPI++ Wald",
    "uniform bootstrap",
)


def cell(job):
    """Simulate one cell; return coverage and mean width of every method."""
    n, accuracy, kind, n_classes, runs, seed = job
    rng = np.random.default_rng(seed)
    tables = {name: [] for name in METHODS[:4]}
    bounds = {name: [] for name in METHODS[4:]}
    truth, area, used = [], [], 0
    for _ in range(runs):
        g, wrong = batch(rng, accuracy, kind, n_classes)
        truth.append(1 - wrong.mean())
        if wrong.any():
            area.append(auc(g, wrong))
        uniform = rng.permutation(ITEMS)[:n]
        right = ~wrong[uniform]
        one = (np.array([right.sum()]), np.array([n]), np.array([ITEMS]))
        tables["uniform Wilson"].append(one)
        sample = draw_audit(IDS, n, int(rng.integers(1 << 31)), g)
        strata = len(sample.design.planned)
        stratified = merge_thin(
            np.bincount(sample.stratum, ~wrong[sample.item], strata),
            np.bincount(sample.stratum, minlength=strata).astype(float),
            sample.design.sizes.astype(float),
        )
        tables["stratified score"].append(stratified)
        old_g, old_wrong = batch(rng, accuracy, kind, n_classes)
        seen = rng.permutation(ITEMS)[:HISTORY]
        proven = proven_gain(old_g[seen], old_wrong[seen]).proven
        used += proven
        tables["stratified score, if proven"].append(stratified if proven else one)
        tables["unequal weights only"].append(_weighted(rng, g, wrong, n))
        for name, (low, high) in _others(right, g, uniform, n).items():
            bounds[name].append((low, high))
    truth = np.array(truth)
    found = {}
    for name, rows in tables.items():
        low, high = _score(rows)
        found[name] = _judge(low, high, truth)
    for name, rows in bounds.items():
        low, high = np.array(rows).T
        found[name] = _judge(low, high, truth)
    return {
        "n": n,
        "accuracy": accuracy,
        "kind": kind,
        "classes": n_classes,
        "auc": float(np.mean(area)),
        "proven": used / runs,
        "methods": found,
    }


def _weighted(rng, g, wrong, n):
    """Draw with a probability of its own for each item, and know only these of the drawn ones."""
    weight = 0.4 + 0.6 * np.sqrt(np.clip(g * (1 - g), 4e-4, None)) / np.sqrt(g * (1 - g)).mean()
    item = np.argsort(-(np.log(weight) + rng.gumbel(size=len(g))))[:n]
    w = weight.sum() / weight[item] / n
    stratum = group_by_weight(w)
    mass, count = np.bincount(stratum, w), np.bincount(stratum)
    effective = mass**2 / np.bincount(stratum, w**2)
    k = np.bincount(stratum, w * ~wrong[item]) / mass * effective
    return merge_thin(k, effective, np.maximum(mass, count))


def _others(right, g, uniform, n):
    """Intervals from the papers' formulas, with finite-population correction."""
    share = right.mean()
    correction = 1 - n / ITEMS
    half = Z * np.sqrt(share * (1 - share) / (n - 1) * correction)
    f = 1 - g
    seen = f[uniform]
    spread = f.var()
    gain = np.cov(right, seen)[0, 1] / (1 + n / ITEMS) / spread if spread > 0 else 0.0
    gain = float(np.clip(gain, 0, 1))
    point = share + gain * (f.mean() - seen.mean())
    error = np.sqrt((right - gain * seen).var(ddof=1) / n * correction + gain**2 * spread / ITEMS)
    return {
        "uniform Wald": (share - half, share + half),
        "uniform PPI++ Wald": (point - Z * error, point + Z * error),
        # resampling n right or wrong labels is a binomial draw: its quantiles are exact
        "uniform bootstrap": tuple(binom.ppf([0.025, 0.975], n, share) / n),
    }


def _score(rows):
    low, high = np.empty(len(rows)), np.empty(len(rows))
    strata = np.array([len(row[0]) for row in rows])
    for h in np.unique(strata):
        at = np.flatnonzero(strata == h)
        k, n, sizes = (np.array([rows[i][part] for i in at], float) for part in range(3))
        _, low[at], high[at] = score_bounds(k, n, sizes, 0.95)
    return low, high


def _judge(low, high, truth):
    hit = (low <= truth + 1e-12) & (truth <= high + 1e-12)
    width = np.minimum(high, 1) - np.maximum(low, 0)
    return {"coverage": float(hit.mean()), "width": float(width.mean())}


def main(runs: int) -> None:
    """Run every cell on two processes."""
    cells = [(n, a, kind, 2) for n in NS for a in ACCURACIES for kind in KINDS]
    cells += [(n, a, "calibrated", 5) for n in NS for a in ACCURACIES]
    jobs = [(*one, runs, seed) for seed, one in enumerate(cells)]
    with Pool(2) as pool:
        found = pool.map(cell, jobs, chunksize=1)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"runs": runs, "cells": found}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
