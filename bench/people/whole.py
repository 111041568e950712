"""The whole loop against what one would pick instead: votes and N reviews in, labels of all items out.

``python bench/people/whole.py [--only SET ...] [--ways WAY ...] [--again WAY ...] [--report]``. Every
campaign is kept under ``bench/out/people/whole`` as soon as it is done, so a run that was ended goes on
where it was; ``--again ours`` forgets those of ours alone. ``--report`` writes
``bench/results/whole.md`` from what there is.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from labeling.consensus.models.majority import Majority
from labeling.votes import Votes

HERE = Path(__file__).parent
KEPT = HERE.parent / "out" / "people" / "whole"
PYTHON = HERE.parent / ".peers" / "whole" / "bin" / "python"
SEEDS = range(3)
MOST = 400
OURS = {
    "ours": {},
    "ours, all at random": {"audit": 1.0},
    "ours, a fifth at random": {"audit": 0.2},
    "ours, asking where the student is in doubt": {"asks": "student"},
    "ours, plain margin": {"strategy": "margin"},
    "ours, voters taught by all reviews": {"teaches": "all"},
    "ours, all of the queue for items without a vote": {"first_share": 1.0},
    "ours, items without a vote like all others": {"first_share": None},
}
"""How :class:`whole_ours.Spending` differs; the first is measured unless others are asked for."""

PEERS = (
    "Snorkel + logistic regression",
    "Snorkel + logistic regression, C=10",
    "CROWDLAB + ActiveLab",
    "scikit-activeml",
)


def kept(name: str, seed: int, way: str) -> Path:
    """Return where a campaign is kept."""
    return KEPT / f"{name}~{seed}~{way}.json"


def of_ours(name: str, seed: int, way: str) -> None:
    """Run one campaign of ours, and keep how right label model and student were by themselves."""
    from whole_ours import Spending, campaign
    from whole_problem import load

    problem = load(name)
    curve, parts = {}, {}
    for n, label, made_of in campaign(problem, seed, MOST, Spending(**OURS[way])):
        curve[n] = 100 * float(np.mean(label == problem.gold))
        alone = {
            who: 100 * float(np.mean(made_of[who].argmax(axis=1) == problem.gold))
            for who in ("consensus", "student")
        }
        parts[n] = alone | {"trust": made_of["trust"].tolist()}
    keep(kept(name, seed, way), {"curve": curve, "parts": parts, "version": version()})


def version() -> str:
    """Return a hash of what labels: when it changes, ours is to be measured again."""
    made = hashlib.sha256()
    for part in ("consensus", "student", "sampling"):
        for path in sorted((HERE.parents[1] / "labeling" / part).glob("*")):
            if path.is_file():
                made.update(path.read_bytes())
    return made.hexdigest()[:12]


def of_peers(name: str, seed: int, ways: list[str]) -> None:
    """Run campaigns of peers in their own environment."""
    from whole_problem import hand_over, load

    from bench.consensus.peers import posteriors

    def majority(votes: Votes) -> np.ndarray:
        return Majority(votes.n_classes).fit(votes).predict_proba(votes)

    install()
    given = KEPT / f"{name}.npz"
    if not given.exists():
        problem = load(name)
        said, _ = posteriors(problem.votes, ["snorkel"])
        # Snorkel's LabelModel refuses fewer than three voters, and sends one to the majority then
        hand_over(problem, said.get("snorkel", majority(problem.votes)), given)
    command = [str(PYTHON), str(HERE / "peer_whole.py"), str(given), str(seed), str(MOST), *ways]
    quiet = os.environ | {"PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(command, env=quiet, text=True, stdout=subprocess.PIPE) as running:
        for line in running.stdout or ():
            if line.startswith("{"):  # cleanlab prints warnings
                told = json.loads(line)
                keep(kept(name, seed, told["way"]), {"curve": told["curve"]})
    if running.returncode:
        raise SystemExit(f"peer_whole.py failed on {name}; its message stands above")


def install() -> None:
    """Make the peers' environment unless its pins are those that are installed."""
    wanted = HERE / "whole-requirements.txt"
    pins, done = hashlib.sha256(wanted.read_bytes()).hexdigest(), PYTHON.parents[1] / ".installed"
    if done.exists() and done.read_text() == pins:
        return
    subprocess.run([sys.executable, "-m", "venv", str(PYTHON.parents[1])], check=True)
    subprocess.run([str(PYTHON), "-m", "pip", "install", "-q", "-r", str(wanted)], check=True)
    done.write_text(pins)


def keep(path: Path, found: dict) -> None:
    """Write a campaign at once or not at all."""
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    unfinished.write_text(json.dumps(found))
    unfinished.replace(path)


def main() -> None:
    """Run what is not kept yet, seed by seed, so that every set has something early."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    every = [*OURS, *PEERS]
    asked.add_argument("--only", nargs="+", metavar="SET")
    asked.add_argument("--ways", nargs="+", choices=every, default=["ours", *PEERS])
    asked.add_argument("--again", nargs="+", choices=every, default=[])
    asked.add_argument("--seeds", type=int, default=len(SEEDS))
    asked.add_argument("--report", action="store_true", help="only write the page")
    wanted = asked.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    if not wanted.report:
        run(wanted)
    from whole_page import write

    print(write(KEPT))


def run(wanted: argparse.Namespace) -> None:
    """Run the campaigns that are asked for."""
    from whole_problem import names

    chosen = wanted.only or names()
    for way in wanted.again:
        for name in chosen:
            for seed in range(wanted.seeds):
                kept(name, seed, way).unlink(missing_ok=True)
    ways = list(dict.fromkeys([*wanted.ways, *wanted.again]))
    if wanted.again:
        ways = wanted.again
    for seed in range(wanted.seeds):
        for name in chosen:
            missing = [way for way in ways if not kept(name, seed, way).exists()]
            for way in [way for way in missing if way in OURS]:
                of_ours(name, seed, way)
            theirs = [way for way in missing if way in PEERS]
            if theirs:
                of_peers(name, seed, theirs)
            for way in missing:
                curve = json.loads(kept(name, seed, way).read_text())["curve"]
                told = ", ".join(
                    f"{n}: {curve[n]:.1f}" for n in ("0", "50", "100", "200") if n in curve
                )
                print(f"{name}, seed {seed}, {way}: {told}", flush=True)


if __name__ == "__main__":
    main()
