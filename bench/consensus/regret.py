"""How much is lost against the majority at worst: fresh simulated panels, by family and slice.

``python -m bench.consensus.regret [--panels N]`` from the root of the repository writes its section
of ``bench/results/consensus_left_out.md``. The seeds are far from those that the aggregator was
trained on; everything goes through the public label model. A panel's regret is what the method
loses against the majority on it, in points, 0 where it gains; ties count at their expectation.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.consensus import page
from bench.consensus.panels import FAMILIES, Panel, draw
from bench.consensus.scores import accuracy, leaders
from labeling.consensus.label_model import LabelModel
from labeling.consensus.models.majority import Majority
from labeling.consensus.models.methods import Method
from labeling.consensus.models.weighted_majority import WeightedMajority
from labeling.gold import Gold

FIRST_SEED = 9_000_000
"""Panels are drawn from here on; the aggregator saw seeds under 100,000."""

APART = 10_000
"""Seeds between the first ones of two families."""

TARGET = 0.3
"""Mean regret of the worst family that is aimed at, in points."""

GOLD = 50
SKEWED = 0.8
SMALL = 200

METHODS: dict[str, Method] = {
    "ours": "auto",
    "IBCC alone": "ibcc",
    "PatternDS alone": "pattern_ds",
    "Dawid-Skene alone": "dawid_skene",
}
WITH_GOLD = f"ours, {GOLD} gold"


HOW_TO_READ = """\
Each cell: mean gain over the majority / mean regret / worst panel, all in points / panels more than
0.5 under it. The panels come from the simulator that the aggregator was trained on (other seeds), so
this is what safety is worth where the simulator is right, not more. On a panel of 100 items one
deviation that fails by chance is a point of regret.
"""

OF_SKEWED = f"""\
Independent rules for one class each, {SKEWED:.0%} of the items of one class: accuracy on what each
decides (and its share of all items), and how often the class of a lone vote is the truth where ours
states .65 to .75 (and how many such items):
"""


@dataclass(frozen=True)
class Measured:
    """A panel, and what each method gains over the majority on it, in points."""

    seed: int
    family: str
    items: int
    voters: int
    classes: int
    commonest: float
    majority: float
    gain: dict[str, float]


def measure(panel: Panel, seed: int, methods: Sequence[str] = (*METHODS, WITH_GOLD)) -> Measured:
    """Fit each method on a panel; with gold, ours and the majority are scored on the other items."""
    votes, truth, k = panel.votes, panel.truth, panel.n_classes
    covered = np.bincount(votes.item, minlength=votes.n_items) > 0
    majority = Majority(k).fit(votes).predict_proba(votes)

    def gained(posterior: np.ndarray, at: np.ndarray) -> float:
        return accuracy(posterior[at], truth[at]) - accuracy(majority[at], truth[at])

    gain = {
        name: gained(LabelModel(k, method=METHODS[name]).fit(votes).predict_proba(votes), covered)
        for name in methods
        if name in METHODS
    }
    if WITH_GOLD in methods:
        n = min(GOLD, votes.n_items // 2)
        given = np.sort(np.random.default_rng(seed).choice(votes.n_items, n, replace=False))
        gold = Gold(given, truth[given].astype(np.int32), np.full(n, n / votes.n_items))
        others = covered.copy()
        others[given] = False
        if others.any():
            gain[WITH_GOLD] = gained(LabelModel(k).fit(votes, gold).predict_proba(votes), others)
    return Measured(
        seed,
        panel.family,
        votes.n_items,
        votes.n_voters,
        k,
        float(np.bincount(truth).max() / len(truth)),
        accuracy(majority[covered], truth[covered]),
        gain,
    )


def fresh(family: str, n: int, first: int | None = None) -> Iterator[tuple[Panel, int]]:
    """Yield ``n`` panels of one family with at least one vote, and their seeds.

    Families start far apart: panels of one seed are of one world whatever their family.
    """
    seed = FIRST_SEED + APART * FAMILIES.index(family) if first is None else first
    while n:
        panel = draw(seed, family)
        if (panel.matrix >= 0).any():
            yield panel, seed
            n -= 1
        seed += 1


@dataclass(frozen=True)
class Regret:
    """Mean gain, mean regret, worst gain over some panels, and how many lie 0.5 under the majority."""

    n: int
    gain: float
    regret: float
    worst: float
    under: int

    @classmethod
    def of(cls, rows: Sequence[Measured], method: str) -> "Regret":
        """Summarise one method; at least one row must have been measured with it."""
        gain = np.array([row.gain[method] for row in rows if method in row.gain])
        lost = np.maximum(0.0, -gain)
        return cls(
            len(gain),
            float(gain.mean()),
            float(lost.mean()),
            float(gain.min()),
            int((gain < -0.5).sum()),
        )


SLICES: dict[str, Callable[[Measured], bool]] = {
    **{family: lambda row, family=family: row.family == family for family in FAMILIES},
    f"commonest class at least {SKEWED:.0%}": lambda row: row.commonest >= SKEWED,
    f"fewer than {SMALL} items": lambda row: row.items < SMALL,
    "majority under 1.15 times chance": lambda row: row.majority < 115 / row.classes,
    "majority above that": lambda row: row.majority >= 115 / row.classes,
    "all": lambda _: True,
}


def skewed_rules(n_items: int, n_voters: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a matrix of independent rules for one of two classes each, and the truth, 80:20.

    As :func:`bench.consensus.simulate.one_class_rules`, but class 0 is the truth of 80 % of the
    items: a rule's firing rates given the truth are kept, so what a lone vote for class 1 proves is
    much less than what one for class 0 proves.
    """
    rng = np.random.default_rng(seed)
    truth = (rng.random(n_items) >= SKEWED).astype(np.int64)
    matrix = np.full((n_items, n_voters), -1, dtype=np.int16)
    for voter in range(n_voters):
        coverage, right = rng.uniform(0.02, 0.2), rng.uniform(0.6, 0.95)
        own = truth == voter % 2
        fires = np.where(own, 2 * coverage * right, 2 * coverage * (1 - right))
        matrix[rng.random(n_items) < fires, voter] = voter % 2
    return matrix, truth


def skewed_row(n_voters: int, panels: int, n_items: int = 4_000) -> list[str]:
    """Return accuracies on what each method decides, and how right a lone rule stated at .7 is."""
    right: dict[str, list[float]] = {"majority": [], "weighted majority": [], "ours": []}
    decided: dict[str, list[float]] = {name: [] for name in right}
    lone: list[np.ndarray] = []
    for seed in range(FIRST_SEED, FIRST_SEED + panels):
        matrix, truth = skewed_rules(n_items, n_voters, seed)
        panel = Panel("rules", 2, matrix, truth)
        votes = panel.votes
        said = {
            "majority": Majority(2).fit(votes).predict_proba(votes),
            "weighted majority": WeightedMajority(2).fit(votes).predict_proba(votes),
            "ours": LabelModel(2).fit(votes).predict_proba(votes),
        }
        n_votes = np.bincount(votes.item, minlength=n_items)
        for name, posterior in said.items():
            alone = leaders(posterior).max(axis=1) == 1
            at = (n_votes > 0) & alone
            right[name].append(accuracy(posterior[at], truth[at]))
            decided[name].append(float(at.sum() / n_items))
        stated = said["ours"].max(axis=1)
        at = (n_votes == 1) & (np.abs(stated - 0.7) < 0.05)
        lone.append(said["ours"].argmax(axis=1)[at] == truth[at])
    hits = np.concatenate(lone)
    told = f"{hits.mean():.2f} ({len(hits):,})" if len(hits) else "none stated so"
    cells = [f"{np.mean(right[name]):.1f} ({100 * np.mean(decided[name]):.0f} %)" for name in right]
    return [str(n_voters), *cells, told]


def report(rows: Sequence[Measured], skewed: Sequence[Sequence[str]], seconds: float) -> str:
    """Return the section: gains and regrets by family and slice, what missed, the skewed rules."""
    names = [*METHODS, WITH_GOLD]
    lines = []
    for slice_, belongs in SLICES.items():
        some = [row for row in rows if belongs(row)]
        if not some:
            continue
        cells = [Regret.of(some, name) for name in names]
        lines.append(
            [slice_, str(len(some))]
            + [f"{c.gain:+.2f} / {c.regret:.2f} / {c.worst:+.1f} / {c.under}" for c in cells]
        )
    of_families = {
        name: {f: Regret.of([r for r in rows if r.family == f], name) for f in FAMILIES}
        for name in ("ours", WITH_GOLD)
    }
    told = []
    for name, found in of_families.items():
        worst = max(found, key=lambda family: found[family].regret)
        missed = [f for f in FAMILIES if found[f].regret > TARGET]
        verdict = f"missed by {', '.join(missed)}" if missed else "met"
        told.append(
            f"Worst family of {name}: {worst}, mean regret {found[worst].regret:.2f} points; the "
            f"target of {TARGET} is {verdict}."
        )
    losers = sorted(rows, key=lambda row: row.gain["ours"])[:12]
    drawn = f"{len(rows):,} fresh panels, seeds from {FIRST_SEED:,} on, {seconds:.0f} s."
    head = [
        *["seed", "family", "items", "voters", "classes", "commonest", "majority", "gain"],
        WITH_GOLD,
    ]
    return "\n".join(
        [
            f"`.venv/bin/python -m bench.consensus.regret`: {drawn}",
            HOW_TO_READ,
            page.table(["family or slice", "panels", *names], lines),
            "\n".join(told),
            "\nThe panels on which ours loses most without gold:\n",
            page.table(head, [_cells(row) for row in losers]),
            OF_SKEWED,
            page.table(
                ["rules", "majority", "weighted majority", "ours", "right where .7 is stated"],
                skewed,
            ),
        ]
    )


def _cells(row: Measured) -> list[str]:
    size = [f"{row.items:,}", str(row.voters), str(row.classes), f"{row.commonest:.0%}"]
    gained = [f"{row.gain[who]:+.1f}" if who in row.gain else "" for who in ("ours", WITH_GOLD)]
    return [str(row.seed), row.family, *size, f"{row.majority:.1f}", *gained]


def main() -> None:
    """Measure every family, then write the section."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    asked.add_argument("--panels", type=int, default=150, help="panels of each family")
    wanted = asked.parse_args()
    if wanted.panels < 1:
        asked.error(f"--panels {wanted.panels}: at least one of each family is needed")
    began = time.perf_counter()
    rows: list[Measured] = []
    for family in FAMILIES:
        rows += [measure(panel, seed) for panel, seed in fresh(family, wanted.panels)]
        one = Regret.of([row for row in rows if row.family == family], "ours")
        print(f"{family}: gain {one.gain:+.2f}, regret {one.regret:.2f}", flush=True)
    skewed = [skewed_row(n_voters, max(wanted.panels // 10, 1)) for n_voters in (10, 50)]
    text = report(rows, skewed, time.perf_counter() - began)
    page.write_section(page.LEFT_OUT, "Regret against the majority on simulated panels", text)


if __name__ == "__main__":
    main()
