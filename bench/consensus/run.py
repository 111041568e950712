"""Measure the consensus against its peers and write ``bench/results/consensus.md``.

``python -m bench.consensus.run`` from the root of the repository; about an hour on two cores the first
time, most of it the peers, whose answers are kept. ``accuracy`` as an argument leaves the parts on
speed and size as they stand on the page.
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
from bench.consensus.accuracy import load_all, measure
from bench.consensus.peers import ask
from bench.consensus.simulate import one_class_rules
from bench.consensus.table import f1_table, summary, table

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "results" / "consensus.md"
RUNS, N_GOLD, DRAWS = 5, 50, 5


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
        where = steps_of(str(path))
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
    return "\n".join([*lines, "", where])


def steps_of(path: str) -> str:
    """Return where the CPU seconds go, as a table."""
    command = [sys.executable, "-m", "bench.consensus.steps", path]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    took = json.loads(answer.stdout)
    head = f"{took.pop('votes'):,.0f} votes, {took.pop('patterns'):,.0f} distinct patterns:"
    lines = [head, "", "| step | CPU s |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {seconds:.2f} |" for name, seconds in took.items())])


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


def standing(title: str) -> str:
    """Return a section of the page as it stands, without its title."""
    return RESULTS.read_text().split(f"## {title}\n")[1].split("\n## ")[0].strip()


def main() -> None:
    """Run everything and write the page."""
    rows = [measure(one, gold=N_GOLD, draws=DRAWS) for one in load_all(sets.DATA)]
    parts = {"table": table(rows), "summary": summary(rows), "f1": f1_table(rows)}
    if sys.argv[1:] == ["accuracy"]:
        parts |= {"speed": standing(SPEED), "size": standing(SIZE)}
    else:
        parts |= {"speed": f"{SIMULATED}\n\n{speed()}", "size": f"{size()}\n\n{CANNOT}"}
    machine = (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[2]:.0f}"
    )
    RESULTS.write_text(PAGE.format(machine=machine, draws=DRAWS, gold=N_GOLD, **parts))
    print(RESULTS.read_text())


SPEED, SIZE = "A million items, 50 rules for one class each", "Size"
SIMULATED = "Simulated as in `bench/consensus/simulate.py`. Ours includes turning the dense matrix into votes."
CANNOT = """Snorkel cannot do the first: the matrix of overlaps that it makes has (1,200 x 56)^2 entries, 36 GB in
double precision."""

PAGE = (
    """# Consensus: speed, size and accuracy

`.venv/bin/python -m bench.consensus.run` ({machine}). Peers run in environments of their own, from
`bench/consensus/requirements-*.txt`. What they say of a set is kept by a hash of its votes, of their
pins and of the script that asks them, so a run after a change of ours alone does not ask them again.

## """
    + SPEED
    + """

{speed}

## """
    + SIZE
    + """

{size}

## Accuracy

Every set of votes under `../shared/data`, one set of defaults: `.venv/bin/python -m
bench.consensus.accuracy --gold {gold} --draws {draws}` prints the same table for any folder of sets. All
methods get the votes of all rows; scored are the test rows with at least one vote (all rows with gold
where none lies outside the test rows), ties at their expectation. `majority*` is the majority on the
items scored with gold: sets without a split leave out the items whose gold was given. With gold: mean of
{draws} draws of {gold} (of half the pool where that is less) from the rows that are not test rows. Log
loss in nats and calibration error (10 bins of equal mass) in points: of majority's shares softened by
one vote / of ours / of ours with gold. The services' confidences are used by ours; the peers have no
place for them. A dash: no answer, see below the table; a mean over fewer sets tells their number.

{table}
{summary}

F1 of class 1 on the sets of two classes:

{f1}
"""
)


if __name__ == "__main__":
    main()
