"""Measure the consensus against its peers and write ``bench/results/consensus.md``.

``python -m bench.consensus.run`` from the root of the repository; about 20 minutes on two cores.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.consensus import sets
from bench.consensus.accuracy import Row, f1_table, measure, table
from bench.consensus.peers import ask
from bench.consensus.simulate import one_class_rules

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "results" / "consensus.md"
RUNS = 5


def ours(*arguments: str) -> dict[str, Any]:
    """Run one case of ours in a process of its own."""
    command = [sys.executable, "-m", "bench.consensus.ours", *arguments]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return json.loads(answer.stdout.strip().splitlines()[-1])


def speed() -> str:
    """Compare fit and predict on a million items with Snorkel's, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "matrix.npy"
        np.save(path, one_class_rules(1_000_000))
        mine: list[dict[str, Any]] = []
        theirs: list[dict[str, Any]] = []
        for _ in range(RUNS):
            mine.append(ours("rules", str(path)))
            theirs.append(ask("snorkel", str(path), "2"))
    lines = ["| | fit, s | predict, s | both, s | peak memory, GB |", "|---|---|---|---|---|"]
    both: list[float] = []
    for name, runs in (("ours", mine), ("Snorkel 0.10.0 LabelModel", theirs)):
        total = float(np.median([r["fit_s"] + r["predict_s"] for r in runs]))
        both.append(total)
        lines.append(
            f"| {name} | {np.median([r['fit_s'] for r in runs]):.2f} | "
            f"{np.median([r['predict_s'] for r in runs]):.2f} | {total:.2f} | "
            f"{max(r['peak_gb'] for r in runs):.2f} |"
        )
    lines.append(f"\nOurs is **{both[1] / both[0]:.1f} times** as fast (medians of {RUNS}).")
    return "\n".join(lines)


def size() -> str:
    """Measure what peers cannot do at all."""
    lines = ["| case | votes | fit, s | predict, s | peak memory, GB |", "|---|---|---|---|---|"]
    cases = (
        ("classes", "1,200 rules x 56 classes x 20,000 items"),
        ("people", "1,200 people x 56 classes x 20,000 items, 100 votes an item"),
        ("huge", "10,000,000 items x 10 votes of 40 people, 4 classes"),
    )
    for case, name in cases:
        r = ours(case)
        lines.append(
            f"| {name} | {r['votes']:,} | {r['fit_s']:.1f} | {r['predict_s']:.1f} | "
            f"{r['peak_gb']:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run everything and write the table."""
    rows: list[Row] = []
    for name in sets.EVERY:
        rows.append(measure(name))
        a = rows[-1].accuracy
        print(name, {who: round(points, 1) for who, points in a.items()}, flush=True)
    parts = {"speed": speed(), "size": size(), "table": table(rows), "f1": f1_table(rows)}
    load = os.getloadavg()[2]
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.0f}"
    RESULTS.write_text(PAGE.format(machine=machine, **parts))
    print(RESULTS.read_text())


PAGE = """# Consensus: speed, size and accuracy

`.venv/bin/python -m bench.consensus.run` ({machine}). Peers run in environments of their own, from
`bench/consensus/requirements-*.txt`, in the same run.

## A million items, 50 rules for one class each

Simulated as in `bench/consensus/simulate.py`. Ours includes turning the dense matrix into votes.

{speed}

## Size

{size}

Snorkel cannot do the first: the matrix of overlaps that it makes has (1,200 x 56)^2 entries, 36 GB in
double precision.

## Accuracy

Every vote matrix under `../shared/data`, one set of defaults. All methods get the votes of all rows;
scored are the test rows with at least one vote (all rows with gold where a set has no split), ties at
their expectation. `majority*` is the majority on the items scored with gold: sets without a split
leave out the 50 items whose gold was given. With gold: mean of 5 draws of 50 from the rows that are
not test rows. Log loss in nats, calibration error (10 bins of equal mass) in points, both of ours. The
services' confidences are used by ours (it takes them where there are 2,000 items or more); the peers
have no place for them.

{table}

F1 of class 1 on the binary sets:

{f1}

Some settings were chosen on these same sets, but on plateaus, one default for all: prior strength 3-5,
silence worth .25-.5, correlation .05-.1 and gold-head deviations .1-.35 (bias) and .1-.5 (voter) stay
within half a point of the means above. Two thresholds have less room: confusion matrices must beat one
coin a voter by 11 % of the log likelihood (crowd_zencrowd_us would flip below 8 %, crowd_bluebird
above 15 %), and trusted votes must stand half way between equal shares and one class only before a
rule panel's prior leans that way (spouse_cage stands at .64, the other rule sets at .25 or less,
a simulated panel with one junk rule that fires on 80 % of the items at .41).
"""


if __name__ == "__main__":
    main()
