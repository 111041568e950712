"""Run the benches on people's time, and write ``bench/results/people.md``.

``python bench/people/run.py`` runs all of it (about 50 minutes on two cores, most of it the
learning campaigns); with ``report`` it only writes the page from the last numbers.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
BENCH = HERE.parent
OUT = BENCH / "out" / "people"
PEERS = BENCH / ".peers" / "people"
RESULT = BENCH / "results" / "people.md"
LOOP = "with weak votes and the student"


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    if "report" not in sys.argv[1:]:
        run_all()
    RESULT.write_text(page())


def run_all() -> None:
    if not (PEERS / "bin" / "python").exists():
        wanted = str(HERE / "peers-requirements.txt")
        if shutil.which("uv"):
            run("uv", "venv", "--python", "3.11", str(PEERS))
            run("uv", "pip", "install", "--python", str(PEERS / "bin" / "python"), "-r", wanted)
        else:
            run(sys.executable, "-m", "venv", str(PEERS))
            run(str(PEERS / "bin" / "pip"), "install", "-r", wanted)
    for name in ("ours", "duplicates", "student"):
        (OUT / f"{name}.json").unlink(missing_ok=True)
        run(sys.executable, f"{name}.py", str(OUT / f"{name}.json"))
    run(str(PEERS / "bin" / "python"), "peers.py", str(OUT / "peers.json"))


def run(*command: str) -> None:
    quiet = {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(BENCH.parent)}
    subprocess.run(command, cwd=HERE, env=os.environ | quiet, check=True)


def page() -> str:
    """Return the page, with every target and whether it is met."""
    ours = json.loads((OUT / "ours.json").read_text())
    peers = json.loads((OUT / "peers.json").read_text())
    return "\n".join(["# People's time", "", *learning(ours, peers), *student(), *duplicates(), ""])


def learning(ours: dict, peers: dict) -> list[str]:
    names = list(peers)
    ways = [way for way in ours[names[0]] if way != "random"] + list(peers[names[0]])
    needed = {
        way: {n: np.mean((ours[n] | peers[n])[way]) for n in names} for way in ["random", *ways]
    }
    median = {
        way: float(np.median([needed[way][n] / needed["random"][n] for n in names])) for way in ways
    }
    worst = {way: max(needed[way][n] / needed["random"][n] for n in names) for way in ways}
    lines = [
        "## Reviews needed to reach 95 % of full-data accuracy",
        "",
        (
            "Mean of 5 seeds (banking77 in the loop: 2); batches of 50 up to 1,000, then of 250 for the "
            "tasks that have not got there; pools of at most 5,000. The classifier is the same for all "
            "(TF-IDF, logistic regression), save in the loop, where the student learns. In brackets: "
            "share of what random needs."
        ),
        "",
        f"| way | {' | '.join(names)} | median | worst |",
        "|---|" + "---|" * (len(names) + 2),
        f"| random | {' | '.join(f'{value:.0f}' for value in needed['random'].values())} | 1 | 1 |",
    ]
    for way in sorted(ways, key=lambda way: median[way]):
        cells = [
            f"{needed[way][n]:.0f} ({needed[way][n] / needed['random'][n]:.2f})" for n in names
        ]
        lines.append(f"| {way} | {' | '.join(cells)} | **{median[way]:.2f}** | {worst[way]:.2f} |")
    strategy = next(way for way in ways if way.startswith("auto, no"))
    shipped = next(way for way in ways if way.startswith("auto") and way != strategy)
    best = min(peers[names[0]], key=lambda way: median[way])
    return [
        *lines,
        "",
        verdict("classifier alone, median at most 0.70 of random", median[strategy], 0.70),
        verdict("in the loop, median at most 0.50 of random", median[LOOP], 0.50),
        verdict("classifier alone, worst at most 1.10 of random", worst[strategy], 1.10),
        verdict("in the loop, worst at most 1.10 of random", worst[LOOP], 1.10),
        verdict(f"median at most that of the best peer ({best})", median[strategy], median[best]),
        "",
        (
            f"The control arm is not free: with it, as the product ships ({shipped}), the classifier "
            f"alone needs {median[shipped]:.2f} of random on the median and {worst[shipped]:.2f} at "
            "worst. The rows in the loop include it. Peers have no such arm."
        ),
        "",
        (
            "youtube needs two or three batches whatever one does: the first 50 at random are as good "
            "as the first 50 that are typical, and one batch more or less is a quarter of the total. "
            "trec's raw texts have lost their question word, which the published rules still saw."
        ),
        "",
    ]


def student() -> list[str]:
    rows = json.loads((OUT / "student.json").read_text())
    lines = [
        "## Labels with the student against consensus alone",
        "",
        (
            "Accuracy on the test rows, in percent; sets of more than 8,000 rows are sampled. The "
            "student is cross-fitted and calibrated, then pooled with the voters by the weights gold "
            "asks for; alone where nobody voted. Gold: drawn at random outside the test "
            "rows, or excluded from them, mean of 5 draws."
        ),
        "",
        (
            "| set | consensus | with student | gain | consensus, 100 gold | with student | gain "
            "| worst draw | s |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    gains: dict[int, list[float]] = {0: [], 100: []}
    for row in rows:
        cells = []
        for n in gains:
            before, after = row[f"consensus, {n} gold"], row[f"with student, {n} gold"]
            gains[n].append(after - before)
            cells += [f"{before:.1f}", f"{after:.1f}", f"{after - before:+.1f}"]
        cells += [f"{row['worst draw, 100 gold']:+.1f}", f"{row['seconds']:.0f}"]
        lines.append(f"| {row['set']} | {' | '.join(cells)} |")
    for n, gain in gains.items():
        lines += [
            "",
            verdict(f"{n} gold, mean gain at least 3 points", -float(np.mean(gain)), -3.0),
            verdict(f"{n} gold, largest loss at most 0.5 points", -min(gain), 0.5),
        ]
    lines += ["", "What the switches said, cross-validated on 100 gold items:", ""]
    lines += [f"- {row['set']}: {'; '.join(row['switches'])}" for row in rows if "switches" in row]
    return [*lines, ""]


def duplicates() -> list[str]:
    rows = json.loads((OUT / "duplicates.json").read_text())
    queue, naive = [max(r[k] for r in rows) for k in ("queue", "naive")]
    mean = float(np.mean([r["queue"] for r in rows]))
    return [
        "## Near-duplicates in a queue, 10 % planted",
        "",
        (
            f"Queues of 200 out of 2,200, 5 sets, 5 seeds: on average {mean:.2%} of a queue are "
            f"near-duplicates, at most {queue:.1%}; by margin without collapsing at most {naive:.1%}. "
            f"A queue took at most {max(r['seconds'] for r in rows):.1f} s."
        ),
        "",
        verdict("fewer than 2 % in every queue", queue, 0.02),
    ]


def verdict(what: str, found: float, limit: float) -> str:
    """Say whether a number is at most its limit; negative limits are shown as they were meant."""
    met = "met" if found <= limit + 1e-9 else "**missed**"
    sign = -1 if limit < 0 else 1
    return f"- {what}: {sign * found:.2f} — {met}"


if __name__ == "__main__":
    main()
