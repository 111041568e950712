"""False alarms in healthy years and delays after a drop, ours beside others.

``python -m bench.quality.alarms 1000`` writes ``bench/out/quality/alarms.json``. River's detectors
run in their own environment (``peer_river.py``) on the same streams.
"""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np

from bench.quality import streams
from bench.quality.populations import batch
from labeling.quality.alarms.betting import BETS, accrue
from labeling.quality.estimates.intervals import score_bounds
from labeling.quality.family import Budget
from labeling.sampling.audits.audit import draw_audit

OUT = Path("bench/out/quality")
BEFORE = 20
AFTER = {0.02: 140, 0.05: 60, 0.10: 30}
HEADLINE = 2000.0


def fired(errors, limit, population=streams.ITEMS, probability=None, target=None):
    """Return the review (from 1) at which each run alarms, 0 where it never does."""
    runs, batches, reviews = errors.shape
    target = 1 - streams.ACCURACY if target is None else target
    mass = np.full((runs, len(BETS)), -np.inf)
    when = np.zeros(runs, dtype=np.int64)
    uniform = np.broadcast_to(1 / (population - np.arange(reviews)), (runs, reviews))
    limits = np.broadcast_to(np.log(limit), (runs,))[:, None]
    for t in range(batches):
        q = uniform if probability is None else probability[:, t]
        path, gain = accrue(mass, errors[:, t].astype(float), q, np.full(runs, population), target)
        mass = np.logaddexp(mass, 0.0) + gain
        hit = path >= limits
        new = hit.any(1) & (when == 0)
        when[new] = t * reviews + hit[new].argmax(1) + 1
    return when


def weekly_interval(errors):
    """Return the review at which a batch's 95 % interval first lies below the promise."""
    k = streams.REVIEWS - errors.sum(2)
    flat = k.reshape(-1, 1).astype(float)
    n = np.full_like(flat, streams.REVIEWS)
    _, _, high = score_bounds(flat, n, np.full_like(flat, streams.ITEMS), 0.95)
    return _first(high.reshape(k.shape) < streams.ACCURACY)


def three_sigma(errors, reference=10):
    """Return the review at which a batch first lies three sigmas below its first ten batches."""
    rate = 1 - errors.mean(2)
    low = rate[:, :reference].mean(1) - 3 * rate[:, :reference].std(1, ddof=1)
    hit = rate < low[:, None]
    hit[:, :reference] = False
    return _first(hit)


def _first(hit):
    return np.where(hit.any(1), (hit.argmax(1) + 1) * streams.REVIEWS, 0)


def river(name, errors):
    """Run river's detectors on saved streams, in their own environment."""
    OUT.mkdir(parents=True, exist_ok=True)
    np.save(OUT / f"{name}.npy", errors.reshape(len(errors), -1))
    python = Path("bench/.peers/river/bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "bench/.peers/river"], check=True)
        requirements = Path(__file__).parent / "requirements-river.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    script = Path(__file__).parent / "peer_river.py"
    done = subprocess.run(
        [python, script, OUT / f"{name}.npy"], check=True, capture_output=True, text=True
    )
    (OUT / f"{name}.npy").unlink()
    return {key: np.array(value) for key, value in json.loads(done.stdout).items()}


def false_alarms(years):
    """Share of healthy years with any alarm in a family of 12 series."""
    errors = streams.healthy_years(1, years)
    budget = Budget(streams.BATCHES, 0.05)
    names = ["labels", *(f"class/{i}" for i in range(streams.SERIES - 1))]
    limits = np.array([s.limit for s in budget.share_out(dict.fromkeys(names, 0.08))])
    even = np.full(streams.SERIES, streams.BATCHES * streams.SERIES / 0.05)
    methods = {
        "ours, half of the budget on the labels": fired(errors, np.tile(limits, years)),
        "ours, even shares": fired(errors, np.tile(even, years)),
        "weekly 95 % interval": weekly_interval(errors),
        "three sigma": three_sigma(errors),
        **river("healthy", errors),
    }
    return {
        name: {
            "family": float((when.reshape(years, -1) > 0).any(1).mean()),
            "one series": float((when > 0).mean()),
        }
        for name, when in methods.items()
    }


def delays(runs):
    """Reviews from the drop to the alarm; runs that alarmed before the drop are left out."""
    found = {}
    for drop, after in AFTER.items():
        errors = streams.falling(round(drop * 100), runs, drop, BEFORE, after)
        methods = {
            "ours (limit 2000)": fired(errors, HEADLINE),
            "ours, labels in a family of 12": fired(errors, 2080.0),
            "ours, another series of the 12": fired(errors, 22880.0),
            "weekly 95 % interval": weekly_interval(errors),
            "three sigma": three_sigma(errors),
            **river("falling", errors),
        }
        found[str(drop)] = {name: _delay(when) for name, when in methods.items()}
        for kind in ("seen", "where unsure", "unseen"):
            weighted, q = _weighted(drop, kind, max(runs // 6, 60), after)
            when = fired(weighted, HEADLINE, probability=q)
            found[str(drop)][f"ours, stratified draw, errors {kind}"] = _delay(when)
    return found


def _delay(when):
    at = when - BEFORE * streams.REVIEWS
    early = (when > 0) & (at <= 0)
    seen = at[(at > 0)]
    never = float((when == 0).mean())
    delays = np.r_[seen, np.full(int((when == 0).sum()), np.inf)]
    return {
        "median": float(np.median(delays)) if len(delays) else math.inf,
        "mean of those found": float(seen.mean()) if len(seen) else None,
        "never": never,
        "before the drop": float(early.mean()),
    }


def _weighted(drop, kind, runs, after):
    """Draw stratified audits of batches that break in a way the label model may or may not see."""
    rng = np.random.default_rng(round(drop * 100) + 7)
    total = BEFORE + after
    errors = np.zeros((runs, total, streams.REVIEWS), np.int8)
    q = np.zeros((runs, total, streams.REVIEWS))
    ids = np.array([f"{i:04}" for i in range(streams.ITEMS)])
    for r in range(runs):
        for t in range(total):
            g, wrong = batch(rng, streams.ACCURACY, "calibrated", items=streams.ITEMS)
            _exactly(rng, wrong, round(streams.ITEMS * (1 - streams.ACCURACY)))
            if t >= BEFORE:
                fine = np.flatnonzero(~wrong)
                pull = {"seen": np.ones(len(fine)), "where unsure": g[fine] + 1e-9}.get(
                    kind, np.ones(len(fine))
                )
                count = round(streams.ITEMS * drop)
                broken = rng.choice(fine, count, replace=False, p=pull / pull.sum())
                wrong[broken] = True
                if kind == "seen":
                    g[broken] = np.maximum(g[broken], rng.beta(4.5, 5.5, count))
            sample = draw_audit(ids, streams.REVIEWS, int(rng.integers(1 << 31)), g)
            errors[r, t], q[r, t] = wrong[sample.item], sample.draw_probability
    return errors, q


def _exactly(rng, wrong, count):
    """Make exactly ``count`` items wrong, changing as few as possible."""
    extra = int(wrong.sum()) - count
    pool = np.flatnonzero(wrong if extra > 0 else ~wrong)
    wrong[rng.choice(pool, abs(extra), replace=False)] = extra < 0


def main(years: int) -> None:
    """Run both tables."""
    OUT.mkdir(parents=True, exist_ok=True)
    result = {"years": years, "false alarms": false_alarms(years), "delays": delays(600)}
    (OUT / "alarms.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
