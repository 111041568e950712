"""False alarms of a task that marks texts, in healthy years.

``python -m bench.quality.spans_alarms 1000`` writes ``bench/results/spans_alarms.md``.

Every batch keeps its promises exactly, and no better: so many items have a wrong mark, so many miss one.
Mistakes go together, their items are drawn by strata, and which items hold spans only reviews tell.
"""

import sys
from functools import partial
from itertools import chain
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from labeling.quality.alarms.betting import BETS, accrue, accrue_within
from labeling.quality.alarms.watch import Promises, watch_batch
from labeling.quality.estimates.audited import AuditedBatch
from labeling.quality.family import LABELS, PRECISION, RECALL, Budget
from labeling.sampling.audits.audit import draw_audit

OUT = Path("bench/results/spans_alarms.md")
BATCHES, ITEMS, REVIEWS = 52, 500, 40
ERROR = {PRECISION: 0.12, RECALL: 0.2, "class/Drug": 0.1, "class/Disease": 0.15}
ACCURACY, HOLDS = 0.84, 0.5
IDS = np.array([f"{i:04}" for i in range(ITEMS)])


def exactly(rng, member, rate, hard):
    """Choose that share of the members, rather the hard ones; rounded down."""
    wrong = np.zeros(ITEMS, dtype=np.bool_)
    at = np.flatnonzero(member)
    order = np.argsort(-hard[at] * rng.exponential(1.0, len(at)))
    wrong[at[order[: int(rate * len(at))]]] = True
    return wrong


def family(rng, name, worse=0.0):
    """Return what the audit of a batch says of each series, and the share of its labels that are wrong."""
    hard = rng.gamma(1.0, 1.0, ITEMS)
    holds = rng.random(ITEMS) < HOLDS
    marks = np.where(holds, rng.random(ITEMS) < 0.95, rng.random(ITEMS) < 0.15)
    missed = exactly(rng, holds, ERROR[RECALL] + worse, hard)
    classes = {one: marks & (rng.random(ITEMS) < 0.6) for one in ERROR if "/" in one}
    wrong = {one: exactly(rng, of, ERROR[one], hard) for one, of in classes.items()}
    false = exactly(rng, marks, ERROR[PRECISION], hard)
    predicted = np.clip(0.15 * hard * rng.uniform(0.5, 1.5, ITEMS), 0, 0.9)
    sample = draw_audit(IDS, REVIEWS, int(rng.integers(1 << 31)), predicted)
    drawn, known = sample.item, np.ones(len(sample.item), dtype=np.bool_)
    every = np.ones(ITEMS, dtype=np.bool_)

    def of(member, bad):
        here = bad[drawn] & member[drawn]
        return AuditedBatch(name, sample.design, member, drawn, known, here)

    recall = AuditedBatch(
        name, sample.design, every, drawn, known, missed[drawn], counted=holds[drawn]
    )
    whole = missed | false
    found = {LABELS: of(every, whole)} | {one: of(classes[one], wrong[one]) for one in classes}
    return found | {PRECISION: of(marks, false), RECALL: recall}, float(whole.mean())


def year(seed, worse=0.0):
    """Watch a year; return the series that raised an alarm."""
    rng = np.random.default_rng(seed)
    promised = {LABELS: ACCURACY, **{name: 1 - error for name, error in ERROR.items()}}
    promises = Promises(promised, Budget(BATCHES, 0.05))
    state, fired = {}, set()
    for week in range(BATCHES):
        audited, _ = family(rng, f"{week:02}", worse)
        state, found = watch_batch(state, audited, promises)
        fired |= {one.series for one in found if one.evidence.fired}
    return fired


def years(seeds, worse=0.0):
    """Watch many years at once; return the series that raised an alarm in each, as :func:`year` does.

    A draw that is no review of a series is put in as one that moves no bet.
    """
    rngs = [np.random.default_rng(seed) for seed in seeds]
    limits = Budget(BATCHES, 0.05).share_out({LABELS: 1 - ACCURACY, **ERROR})
    mass = {one.name: np.full((len(rngs), len(BETS)), -np.inf) for one in limits}
    fired = [set() for _ in rngs]
    for week in range(BATCHES):
        batches = [family(rng, f"{week:02}", worse)[0] for rng in rngs]
        for one in limits:
            told = [batch[one.name] for batch in batches]
            if one.name == RECALL:
                found = [within(mass[one.name][at], batch) for at, batch in enumerate(told)]
                path, gain = (np.stack(part) for part in zip(*found, strict=True))
            else:
                path, gain = padded(mass[one.name], told, one.target_error, one.name == LABELS)
            mass[one.name] = np.logaddexp(mass[one.name], 0.0) + gain
            for at in np.flatnonzero((path >= np.log(one.limit)).any(axis=1)):
                fired[at].add(one.name)
    return fired


def within(mass, batch):
    """Return evidence and gain of recall in one year."""
    told = batch.within
    chance = batch.draw_probability() * ITEMS
    return accrue_within(mass, batch.wrong, told.inside, chance, told.most, ERROR[RECALL])


def padded(mass, batches, error, finite):
    """Return evidence and gain of another series in every year."""
    size = np.array([batch.member.sum() for batch in batches])
    wrong = np.full((len(batches), REVIEWS), error)
    chance = np.repeat(1 / size[:, None], REVIEWS, axis=1)
    for at, batch in enumerate(batches):
        n = int(batch.inside.sum())
        wrong[at, :n], chance[at, :n] = batch.wrong[batch.inside], batch.draw_probability()
    return accrue(mass, wrong, chance, size, error, finite=finite)


def together(seeds):
    """Split seeds into years that are watched at once."""
    return [seeds[at : at + 50] for at in range(0, len(seeds), 50)]


def flat(parts):
    """Put the years of all parts behind one another."""
    return list(chain.from_iterable(parts))


def main(n: int) -> None:
    """Watch healthy years and years of worse recall, on two processes, and write what was raised."""
    with Pool(2) as pool:
        few = max(n // 20, 2)
        healthy = flat(pool.map(years, together(range(n)), chunksize=1))
        falling = partial(years, worse=0.15)
        worse = flat(pool.map(falling, together(range(10**6, 10**6 + few)), chunksize=1))
    names = [LABELS, *ERROR]
    any_ = sum(map(bool, healthy))
    lines = [
        "# Alarms of tasks that mark texts",
        "",
        f"Run again with `python -m bench.quality.spans_alarms {n}` (`bench/quality/spans_alarms.py`).",
        f"A year has {BATCHES} batches of {ITEMS} items, {REVIEWS} of them reviewed, drawn by strata; the promises",
        "are kept exactly. 5 % of the years may alarm. Beside it: recall falls by 15 points from the start.",
        "",
        f"{any_} of {n:,} healthy years alarmed ({any_ / n:.1%}).",
        "",
        "| series | healthy years | years of worse recall |",
        "|---|---|---|",
        *(
            f"| {name} | {sum(name in one for one in healthy) / n:.1%} | "
            f"{sum(name in one for one in worse) / few:.0%} |"
            for name in names
        ),
    ]
    OUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
