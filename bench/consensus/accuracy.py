"""Accuracy over a folder of vote sets: majority, Snorkel, crowd-kit and ours in the same run.

``python -m bench.consensus.accuracy [--data FOLDER] [--gold N] [--draws D] [--only SET ...]
[--no-peers | --kept-peers] [--json OUT]`` from the root of the repository.

Every method gets the votes of all rows of a set and no gold; it is scored on the test rows that
have at least one vote (on all rows with gold where a set has no split), ties at their expectation.
With ``--gold N``, ours is fitted again with N labels drawn at random from the rows that are not test
rows (at most half of them), D times; majority is then scored on the same items.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from bench.consensus import sets, table
from bench.consensus.peers import posteriors
from bench.consensus.scores import accuracy, calibration_error, f1, log_loss, soft_shares
from labeling.consensus.label_model import LabelModel
from labeling.consensus.models.majority import Majority, vote_counts
from labeling.gold import Gold

PEERS = ("ask", "kept", "none")


@dataclass(frozen=True)
class WithGold:
    """Means over draws of ``n`` reviewed items; ``gains`` over majority by draw, in points."""

    n: int
    majority: float
    ours: float
    f1: float | None
    log_loss: float
    calibration: float
    gains: list[float]


@dataclass(frozen=True)
class Row:
    """One set: accuracies, F1 of class 1 (binary sets) and calibration error in points; log loss in nats."""

    name: str
    kind: str
    source: str
    items: int
    voters: int
    classes: int
    accuracy: dict[str, float]
    f1: dict[str, float]
    log_loss: dict[str, float]
    calibration: dict[str, float]
    method: str
    why: str
    warnings: list[str]
    seconds: float
    failed: dict[str, str] = field(default_factory=dict)
    gold: WithGold | None = None

    @property
    def gain(self) -> float:
        """Ours over majority, in points."""
        return self.accuracy["ours"] - self.accuracy["majority"]


def measure(one: sets.VoteSet, *, gold: int = 0, draws: int = 5, peers: str = "ask") -> Row:
    """Fit everything on one set; ``peers`` is one of :data:`PEERS`."""
    votes, truth, at = one.votes, one.gold, one.scored()
    majority = Majority(votes.n_classes).fit(votes).predict_proba(votes)
    began = time.perf_counter()
    model = LabelModel(votes.n_classes).fit(votes)
    ours = model.predict_proba(votes)
    took = time.perf_counter() - began
    said, failed = ({}, {}) if peers == "none" else posteriors(votes, only_kept=peers == "kept")
    found = {"majority": majority, "ours": ours, **said}
    shares = soft_shares(vote_counts(votes))
    return Row(
        one.name,
        one.kind,
        one.source,
        int(at.sum()),
        votes.n_voters,
        votes.n_classes,
        {who: accuracy(p[at], truth[at]) for who, p in found.items()},
        {who: f1(p[at], truth[at]) for who, p in found.items()} if votes.n_classes == 2 else {},
        {who: log_loss(p[at], truth[at]) for who, p in (("ours", ours), ("shares", shares))},
        {
            who: calibration_error(p[at], truth[at])
            for who, p in (("ours", ours), ("shares", shares))
        },
        model.method_,
        model.why_,
        list(model.warnings_),
        took,
        failed,
        _with_gold(one, majority, gold, draws) if gold else None,
    )


def _with_gold(one: sets.VoteSet, majority: np.ndarray, most: int, draws: int) -> WithGold:
    n = min(most, len(one.pool()) // 2)
    drawn = [_draw(one, majority, n, seed) for seed in range(draws)]
    mean = {key: float(np.mean([d[key] for d in drawn])) for key in drawn[0]}
    return WithGold(
        n,
        mean["majority"],
        mean["ours"],
        mean["f1"] if one.votes.n_classes == 2 else None,
        mean["log_loss"],
        mean["calibration"],
        [d["ours"] - d["majority"] for d in drawn],
    )


def _draw(one: sets.VoteSet, majority: np.ndarray, n: int, seed: int) -> dict[str, float]:
    given = one.draw_gold(n, seed)
    chance = np.full(n, n / len(one.pool()))
    gold = Gold(given, one.gold[given].astype(np.int32), chance)
    at = one.scored(given)
    posterior = LabelModel(one.votes.n_classes).fit(one.votes, gold).predict_proba(one.votes)[at]
    truth = one.gold[at]
    return {
        "majority": accuracy(majority[at], truth),
        "ours": accuracy(posterior, truth),
        "f1": f1(posterior, truth) if one.votes.n_classes == 2 else float("nan"),
        "log_loss": log_loss(posterior, truth),
        "calibration": calibration_error(posterior, truth),
    }


def load_all(folder: Path, only: list[str] | None = None) -> Iterator[sets.VoteSet]:
    """Yield every set under ``folder``, saying which folders are none and why."""
    for path in sets.discover(folder):
        if only and path.name not in only:
            continue
        try:
            yield sets.load_folder(path)
        except sets.NotVotesError as reason:
            print(f"(skipped {path.name}: {reason})", flush=True)


def main() -> None:
    """Measure, print a line a set, then the means; write JSON if asked to."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    asked.add_argument("--data", type=Path, default=sets.DATA, help="folder of set folders")
    asked.add_argument("--gold", type=int, default=0, help="reviewed items given to ours")
    asked.add_argument("--draws", type=int, default=5, help="draws of those")
    asked.add_argument("--only", nargs="+", metavar="SET", help="these sets alone")
    asked.add_argument("--json", type=Path, help="where to write everything")
    asked.add_argument(
        "--no-peers", dest="peers", action="store_const", const="none", default="ask"
    )
    asked.add_argument("--kept-peers", dest="peers", action="store_const", const="kept")
    wanted = asked.parse_args()
    if not wanted.data.is_dir():
        asked.error(f"--data {wanted.data} is no folder; give one that holds a folder a set")
    rows: list[Row] = []
    for one in load_all(wanted.data, wanted.only):
        rows.append(measure(one, gold=wanted.gold, draws=wanted.draws, peers=wanted.peers))
        if len(rows) == 1:
            print(table.header(rows[0]), flush=True)
        print(table.line(rows[0], rows[-1]), flush=True)
        if wanted.json:
            wanted.json.write_text(
                json.dumps([{**asdict(r), "gain": r.gain} for r in rows], indent=1)
            )
    if not rows:
        asked.error(f"no set with votes and gold under {wanted.data}")
    print(table.means(rows))
    print(table.summary(rows))


if __name__ == "__main__":
    main()
