"""Parts of recorded panels: how often ours falls under the majority on half the voters, a quarter of the items.

``python -m bench.consensus.parts [--data FOLDER] [--draws N]`` from the root of the repository writes its
section of ``bench/results/consensus_left_out.md``. Constants were chosen on whole panels, so parts of
them are new panels of real votes, if no new sets.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.consensus import page, sets
from bench.consensus.accuracy import load_all
from bench.consensus.scores import accuracy
from bench.consensus.sets import KINDS, VoteSet
from labeling.consensus.label_model import LabelModel
from labeling.consensus.models.majority import Majority
from labeling.votes import Votes

FEWEST_VOTERS, FEWEST_ITEMS, FEWEST_SCORED = 3, 60, 40
"""No part has fewer; a gain on fewer scored items is mostly chance."""

PARTS = {"half the voters": (2, 1), "a quarter of the items": (1, 4), "both": (2, 4)}
"""Into how many parts voters and items are cut; one of each is kept."""

HOW = """\
{n} parts of {n_sets} recorded panels without gold, {draws} of each sort and set. Gains over the majority
in points; under: parts on which ours is more than half a point, more than one under it.
"""


@dataclass(frozen=True)
class Part:
    """A part of a set, and what ours gains over the majority on it, in points."""

    name: str
    kind: str
    sort: str
    gain: float


def part_of(one: VoteSet, items: np.ndarray, voters: np.ndarray) -> VoteSet:
    """Return a set of some items and voters, renumbered from 0; what does not count has no gold."""
    votes = one.votes
    here, speaks = np.zeros(votes.n_items, bool), np.zeros(votes.n_voters, bool)
    here[items], speaks[voters] = True, True
    kept = here[votes.item] & speaks[votes.voter]
    sure = None if votes.confidence is None else votes.confidence[kept]
    fewer = Votes(
        (np.cumsum(here) - 1)[votes.item[kept]],
        (np.cumsum(speaks) - 1)[votes.voter[kept]].astype(votes.voter.dtype),
        votes.label[kept],
        int(here.sum()),
        int(speaks.sum()),
        votes.n_classes,
        sure,
    )
    gold = np.where(one.scored(), one.gold, -1)[here]
    return replace(one, votes=fewer, gold=gold, test=None)


def parts(one: VoteSet, draws: int) -> Iterator[tuple[str, VoteSet]]:
    """Yield parts of a set that leave enough to score, and their sort."""
    n, m = one.votes.n_items, one.votes.n_voters
    for sort, (of_voters, of_items) in PARTS.items():
        for seed in range(draws):
            rng = np.random.default_rng(seed)
            some = min(m, max(FEWEST_VOTERS, m // of_voters))
            few = min(n, max(FEWEST_ITEMS, n // of_items))
            voters, items = rng.choice(m, some, replace=False), rng.choice(n, few, replace=False)
            part = part_of(one, items, voters)
            if part.scored().sum() >= FEWEST_SCORED:
                yield sort, part


def gain(one: VoteSet) -> float:
    """Return what ours gains over the majority, in points."""
    at, k = one.scored(), one.votes.n_classes
    truth = one.gold[at]
    ours, theirs = (
        model.fit(one.votes).predict_proba(one.votes)[at] for model in (LabelModel(k), Majority(k))
    )
    return accuracy(ours, truth) - accuracy(theirs, truth)


def report(found: Sequence[Part], draws: int, seconds: float) -> str:
    """Return the section: by kind, by sort, and the sets that lose most."""
    rows = [_row(kind, [p for p in found if p.kind == kind]) for kind in KINDS]
    rows += [_row(sort, [p for p in found if p.sort == sort]) for sort in PARTS]
    rows.append(_row("all", found))
    names = sorted({p.name for p in found})
    of_sets = [_row(name, [p for p in found if p.name == name]) for name in names]
    worst = sorted((row for row in of_sets if row[4] != "0"), key=lambda row: float(row[3]))
    head = ["", "parts", "mean gain", "worst", "under by 0.5", "under by 1"]
    return "\n".join(
        [
            f"`.venv/bin/python -m bench.consensus.parts` ({seconds:.0f} s)\n",
            HOW.format(n=len(found), n_sets=len(names), draws=draws),
            page.table(head, rows),
            "Sets of which a part lost half a point or more:\n",
            page.table(["set", *head[1:]], worst),
        ]
    )


def _row(name: str, some: Sequence[Part]) -> list[str]:
    gains = np.array([p.gain for p in some])
    numbers = [f"{gains.mean():+.2f}", f"{gains.min():+.1f}"]
    return [name, str(len(some)), *numbers, str((gains < -0.5).sum()), str((gains < -1).sum())]


def main() -> None:
    """Score every part, then write the section."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    asked.add_argument("--data", type=Path, default=sets.DATA)
    asked.add_argument("--draws", type=int, default=4, help="parts of each sort")
    wanted = asked.parse_args()
    began = time.perf_counter()
    found = [
        Part(one.name, one.kind, sort, gain(part))
        for one in load_all(wanted.data)
        for sort, part in parts(one, wanted.draws)
    ]
    text = report(found, wanted.draws, time.perf_counter() - began)
    page.write_section(page.LEFT_OUT, "Parts of recorded panels", text)


if __name__ == "__main__":
    main()
