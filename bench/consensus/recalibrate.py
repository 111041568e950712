"""How far posteriors are from meaning what they say, and whether anything brings them nearer.

``python -m bench.consensus.recalibrate [--data FOLDER]`` from the root of the repository writes its
section of ``bench/results/consensus_left_out.md``.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from bench.consensus import page, sets
from bench.consensus.accuracy import load_all
from bench.consensus.families import families
from bench.consensus.prepared import Prepared
from bench.consensus.protocol import DRAWS
from bench.consensus.scores import (
    REDRAWS,
    calibration_error,
    calibration_floor,
    debiased_calibration_error,
    leaders,
    log_loss,
    soft_shares,
)
from bench.consensus.settings import SHIPPED, SHIPPED_SCALES
from labeling.consensus.counts.posterior import lifted, normalised
from labeling.consensus.models.majority import vote_counts
from labeling.consensus.selection import Reviewed, cross_fitted

GOLD = (50, 100)
"""Reviewed items given."""

TEMPERATURES = tuple(np.exp(np.linspace(-1.5, 1.2, 19)).tolist())
"""What a log posterior is multiplied by."""

HOW = """\
The calibration error (10 bins of equal mass) of finitely many items is above 0 even where the posteriors
are true. *Floor*: the error that they would show were they true, the truth drawn again from them
{redraws} times. *Debiased*: the error less its own bias, by a bootstrap (Kumar, Liang & Ma 2019); of true
posteriors it leaves half of the floor. With gold: {draws} draws, items whose gold was given are left out.
All in points, log loss in nats; the code as it ships.
"""

TRIED = """\
What might bring them nearer, over all sets: the error, and the log loss. *Hindsight*: the best single
temperature of each set, chosen on the very items that it is scored on; no way to one temperature a set does
better. *Left out*: chosen on the other families of sets, by the
error. With gold, each is fitted to posteriors of the reviewed items by heads that were not taught them:
Platt's (a slope and an offset of the log odds of the leading class, with prior standard deviations), one
offset of the confidence, or the mean error of reviewed items of like confidence; the last two shrunk
towards 0 as if so many items more had shown none. Also tried without gold, by hand, and left out here: a
temperature by kind of panel (10.3 to 11.1), one by ridge regression on the voters' agreement, the mean confidence, the
members' agreement with the label or what voters are worth beside their siblings (10.2 to 10.4), a mixture with the
members' mean posterior (10.0, and 10.6 from a fifth on).
"""


@dataclass(frozen=True)
class Case:
    """Posteriors to be judged; with gold, what heads said of reviewed items that they were not taught."""

    name: str
    family: int
    kind: str
    posterior: np.ndarray
    truth: np.ndarray
    shares: np.ndarray
    stated: np.ndarray | None = None
    right: np.ndarray | None = None


Recalibrate = Callable[[Case], np.ndarray]


def right(posterior: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return how right each row is, ties at their expectation."""
    return leaders(posterior)[np.arange(len(truth)), truth]


def cases(prepared: Sequence[Prepared], most: int) -> list[Case]:
    """Return what is to be judged, without gold (``most`` 0) or with several draws of it."""
    found = []
    for number, family in enumerate(families([one.one for one in prepared])):
        for i in family:
            one = prepared[i]
            shares = soft_shares(vote_counts(one.one.votes))
            posterior = one.posterior(one.seats(SHIPPED, SHIPPED_SCALES))
            if not most:
                at = np.flatnonzero(one.one.scored())
                told = posterior[one.row[at]], one.one.gold[at], shares[at]
                found.append(Case(one.one.name, number, one.one.kind, *told))
            for seed in range(DRAWS if most else 0):
                given = one.one.draw_gold(min(most, len(one.one.pool()) // 2), seed)
                at = np.flatnonzero(one.one.scored(given))
                corrected = one.corrected(posterior, given)[one.row[at]]
                given = given[one.row[given] >= 0]
                truth, row = one.one.gold[given].astype(np.int32), one.row[given]
                reviewed = Reviewed(
                    one.statement(posterior).rows(row), truth, np.ones(len(row)), row
                )
                unseen = cross_fitted(reviewed, one.ensemble, 0)
                told = corrected, one.one.gold[at], shares[at]
                stated = unseen.max(axis=1), right(unseen, truth)
                found.append(Case(one.one.name, number, one.one.kind, *told, *stated))
    return found


def tempered(factor: float) -> Recalibrate:
    """Multiply log posteriors."""
    return lambda case: normalised(factor * np.log(np.maximum(case.posterior, 1e-9)))


def mixed(weight: float) -> Recalibrate:
    """Mix with the softened shares of the votes; the label stays."""

    def mix(case: Case) -> np.ndarray:
        found = (1 - weight) * case.posterior + weight * case.shares
        return lifted(found, leaders(case.posterior) > 0)

    return mix


def restated(posterior: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Give the leaders another confidence, and the other classes what is left; the label stays."""
    lead = leaders(posterior) > 0
    n_lead = lead.sum(axis=1)
    all_of_it = np.clip(confidence, 1e-4, 1 - 1e-4) * n_lead
    all_of_it = np.minimum(all_of_it, 1 - 1e-6)
    others = np.maximum(1 - posterior.max(axis=1) * n_lead, 1e-9)
    rest = posterior * ((1 - all_of_it) / others)[:, None]
    found = np.where(lead, (all_of_it / n_lead)[:, None], rest)
    return lifted(found / found.sum(axis=1, keepdims=True), lead)


def platt(sd_slope: float, sd_offset: float) -> Recalibrate:
    """Fit a slope (its log) and an offset of the log odds of the leading class."""

    def fit(case: Case) -> np.ndarray:
        z = logit(np.clip(case.stated, 1e-4, 1 - 1e-4))

        def loss(at: np.ndarray) -> float:
            said = np.exp(at[0]) * z + at[1]
            prior = (at[0] / sd_slope) ** 2 + (at[1] / sd_offset) ** 2
            return float(np.sum(np.logaddexp(0, said) - case.right * said) + prior / 2)

        slope, offset = minimize(loss, np.zeros(2), method="L-BFGS-B").x
        now = logit(np.clip(case.posterior.max(axis=1), 1e-4, 1 - 1e-4))
        return restated(case.posterior, expit(np.exp(slope) * now + offset))

    return fit


def shifted(slack: float) -> Recalibrate:
    """Add the mean error of the reviewed items' confidence."""

    def fit(case: Case) -> np.ndarray:
        missed = np.sum(case.right - case.stated) / (len(case.right) + slack)
        return restated(case.posterior, case.posterior.max(axis=1) + missed)

    return fit


def smoothed(slack: float, width: float) -> Recalibrate:
    """Add the mean error of reviewed items of like confidence, by a kernel on the log odds."""

    def fit(case: Case) -> np.ndarray:
        now = case.posterior.max(axis=1)
        z, at = (logit(np.clip(c, 1e-4, 1 - 1e-4)) for c in (case.stated, now))
        near = np.exp(-(((at[:, None] - z) / width) ** 2) / 2)
        missed = near @ (case.right - case.stated) / (near.sum(axis=1) + slack)
        return restated(case.posterior, now + missed)

    return fit


WITHOUT_GOLD: dict[str, list[Recalibrate]] = {
    "one temperature for all": [tempered(t) for t in (1.0, 0.8, 0.9, 1.1, 1.25)],
    "mixed with softened shares": [mixed(w) for w in (0.0, 0.1, 0.2, 0.3)],
}
WITH_GOLD: dict[str, list[Recalibrate]] = {
    "Platt": [platt(a, b) for a in (0.1, 0.3, 0.6) for b in (0.01, 0.15, 0.3, 0.6)],
    "one offset": [shifted(n) for n in (10, 30, 100)],
    "error of like confidence": [smoothed(n, w) for n in (3, 10, 30) for w in (0.3, 0.7)],
}
"""What is chosen from, left out."""


def judged(case: Case, posterior: np.ndarray) -> tuple[float, float]:
    """Return calibration error and log loss."""
    return calibration_error(posterior, case.truth), log_loss(posterior, case.truth)


def left_out(some: Sequence[Case], ways: Sequence[Recalibrate]) -> np.ndarray:
    """Return error and log loss, each family by the way with the least error on the others."""
    scores = np.array([[judged(case, way(case)) for case in some] for way in ways])
    family = np.array([case.family for case in some])
    found = [
        scores[scores[:, family != one, 0].mean(axis=1).argmin(), family == one]
        for one in np.unique(family)
    ]
    return np.concatenate(found).mean(axis=0)


def hindsight(some: Sequence[Case]) -> np.ndarray:
    """Return error and log loss, each case at its own best temperature."""
    best = [
        min((judged(case, tempered(t)(case)) for t in TEMPERATURES), key=lambda j: j[0])
        for case in some
    ]
    return np.mean(best, axis=0)


def distances(told: dict[str, list[Case]]) -> str:
    """Return the table of errors, floors and debiased errors: over all sets, by kind, and set by set."""
    first = next(iter(told.values()))
    groups: dict[str, Callable[[Case], bool]] = {"**all**": lambda _: True}
    groups |= {f"**{kind}**": lambda c, kind=kind: c.kind == kind for kind in sets.KINDS}
    groups |= {case.name: lambda c, name=case.name: c.name == name for case in first}
    measured = {name: [(case, measure(case)) for case in some] for name, some in told.items()}
    rows = []
    for group, belongs in groups.items():
        cells = [group]
        for some in measured.values():
            own = [scores for case, scores in some if belongs(case)]
            if not own:
                break
            error, floor, debiased, ours, shares = np.mean(own, axis=0)
            cells += [f"{error:.1f} / {floor:.1f} / {debiased:.1f}", f"{ours:.2f} / {shares:.2f}"]
        else:
            rows.append(cells)
    head = ["set"]
    for name in told:
        head += [f"{name}: error / floor / debiased", "log loss / of softened majority"]
    return page.table(head, rows)


def measure(case: Case) -> tuple[float, float, float, float, float]:
    """Return calibration error, its floor, the debiased one, the log loss, that of softened shares."""
    return (
        calibration_error(case.posterior, case.truth),
        calibration_floor(case.posterior),
        debiased_calibration_error(case.posterior, case.truth),
        log_loss(case.posterior, case.truth),
        log_loss(case.shares, case.truth),
    )


def tried(told: dict[str, list[Case]]) -> str:
    """Return the table of what was tried."""
    rows = []
    for name, some in told.items():
        ways = WITH_GOLD if some[0].stated is not None else WITHOUT_GOLD
        found = {
            "as it ships": np.mean([judged(c, c.posterior) for c in some], axis=0),
            **{f"{way}, left out": left_out(some, choices) for way, choices in ways.items()},
            "one temperature a set, hindsight": hindsight(some),
        }
        rows += [[name, way, f"{error:.2f}", f"{loss:.3f}"] for way, (error, loss) in found.items()]
        print(f"{name} done", flush=True)
    return page.table(["", "way", "calibration error", "log loss"], rows)


def main() -> None:
    """Judge every set, then write the section."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    asked.add_argument("--data", type=Path, default=sets.DATA, help="folder of set folders")
    wanted = asked.parse_args()
    if not wanted.data.is_dir():
        asked.error(f"--data {wanted.data} is no folder; give one that holds a folder a set")
    began = time.process_time()
    prepared = [Prepared(one) for one in load_all(wanted.data)]
    told = {"no gold": cases(prepared, 0)} | {f"{n} gold": cases(prepared, n) for n in GOLD}
    parts = [HOW.format(redraws=REDRAWS, draws=DRAWS), distances(told), TRIED, tried(told)]
    command = f"`.venv/bin/python -m bench.consensus.recalibrate` ({time.process_time() - began:.0f} CPU s)\n"
    page.write_section(
        page.LEFT_OUT, "How far from meaning what they say", "\n".join([command, *parts])
    )


if __name__ == "__main__":
    main()
