"""What a guard without gold could spare on simulated panels, and what it would cost.

``python -m bench.consensus.guards [--panels N]`` from the root of the repository writes its section of
``bench/results/consensus_left_out.md``.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from bench.consensus import page
from bench.consensus.panels import FAMILIES, Panel
from bench.consensus.regret import fresh
from bench.consensus.scores import accuracy
from labeling.consensus.counts.confidences import Confidences
from labeling.consensus.counts.patterns import compress
from labeling.consensus.ensemble.ensemble import Ensemble
from labeling.consensus.models.majority import Majority

MOST = 15.0
"""Points beyond which a gain teaches the guard no more: a few panels would be all it learns."""

WANTED = (-np.inf, 0.0, 1.0, 2.0, 3.0, 5.0)
"""Predicted gains, in points, under which the majority is published instead."""

HOW = """\
A guard would look at a panel's votes and publish the majority where ours is about to lose. The best that
we know to make is taught by the truth of other panels: gradient boosting on all that the aggregator is
told of a panel (37 numbers), the share of items on which ours overrules the majority, and the numbers of
items, voters and classes; {n:,} fresh panels, {each} of each family, in 5 folds, families in equal parts.
It predicts the gain over the majority of the folds that it has not seen. No guard that is to be written
by hand knows as much.

Told apart by the same numbers (area under the curve, 0.5 is chance): hostile panels from those of
models {hostile:.2f}, panels of siblings from those of models {siblings:.2f}, panels on which ours loses
half a point from all others {losing:.2f}.

With two classes a hostile panel has a mirror image: the same votes and the other truth, on which those
voters are better than chance. On the mirror image ours gains to the decimal what it loses here, so
nothing that looks at the votes alone can mend one without spoiling the other; what can be chosen is
how often to deviate at all. On the {n_two} hostile panels of two classes ours has a mean gain of
{two:+.2f}, and {mirrored:+.2f} on their mirror images.
"""

ALL_OF_IT = "Mean regret / mean gain, in points, where the majority is published under a predicted gain of so much:"


@dataclass(frozen=True)
class Seen:
    """A panel's family, what a guard sees of it, and our gains with the truth and with its mirror image."""

    family: str
    features: np.ndarray
    gain: float
    mirrored: float | None


def look(panel: Panel) -> Seen:
    """Fit ours, and describe what it was fitted on."""
    votes, k = panel.votes, panel.n_classes
    covered = np.bincount(votes.item, minlength=votes.n_items) > 0
    events = Confidences.of(votes).events(used=False)
    patterns, of_item = compress(votes, events)
    ensemble = Ensemble.fit(patterns, events, np.zeros((patterns.n_patterns, k)))
    at = of_item[covered]
    rows, place = np.unique(at, return_inverse=True)
    ours = ensemble.posterior(patterns.fired[rows])
    overruled = ensemble.deviates(patterns.rows(rows), ours)
    majority = Majority(k).fit(votes).predict_proba(votes)[covered]
    truth = panel.truth[covered]

    def gained(truth: np.ndarray) -> float:
        return accuracy(ours[place], truth) - accuracy(majority, truth)

    sizes = [overruled, np.log(votes.n_items), votes.n_voters, k]
    return Seen(
        panel.family,
        np.array([*ensemble.reading.panel, *sizes]),
        gained(truth),
        gained(1 - truth) if k == 2 else None,
    )


def told_apart(features: np.ndarray, is_one: np.ndarray) -> float:
    """Return the cross-fitted area under the curve of a classifier of panels."""
    model = HistGradientBoostingClassifier(max_iter=100, learning_rate=0.05, max_leaf_nodes=8)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    said = cross_val_predict(model, features, is_one, cv=folds, method="predict_proba")
    return float(roc_auc_score(is_one, said[:, 1]))


def predicted(features: np.ndarray, gain: np.ndarray, family: np.ndarray) -> np.ndarray:
    """Return the gain of each panel, predicted from other panels."""
    model = HistGradientBoostingRegressor(max_iter=150, learning_rate=0.05, max_leaf_nodes=8)
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(features, family)
    return cross_val_predict(model, features, np.clip(gain, -MOST, MOST), cv=folds)


def report(seen: Sequence[Seen], seconds: float) -> str:
    """Return the section as Markdown."""
    family = np.array([one.family for one in seen])
    features = np.array([one.features for one in seen])
    gain = np.array([one.gain for one in seen])
    expected = predicted(features, gain, family)

    def apart(one: str) -> float:
        some = np.isin(family, (one, "models"))
        return told_apart(features[some], family[some] == one)

    two = [one for one in seen if one.family == "hostile" and one.mirrored is not None]
    rows = []
    for least in WANTED:
        left = np.where(expected > least, gain, 0.0)
        cells = ["as it ships" if np.isinf(least) else f"{least:g}"]
        for one in FAMILIES:
            own = left[family == one]
            cells.append(f"{np.maximum(0.0, -own).mean():.2f} / {own.mean():+.2f}")
        rows.append([*cells, f"{left.mean():+.2f}"])
    how = HOW.format(
        n=len(seen),
        each=len(seen) // len(FAMILIES),
        hostile=apart("hostile"),
        siblings=apart("siblings"),
        losing=told_apart(features, gain < -0.5),
        n_two=len(two),
        two=np.mean([one.gain for one in two]),
        mirrored=np.mean([one.mirrored for one in two]),
    )
    command = f"`.venv/bin/python -m bench.consensus.guards` ({seconds:.0f} CPU s)\n"
    head = ["predicted gain", *FAMILIES, "all: mean gain"]
    return "\n".join([command, how, f"{ALL_OF_IT}\n", page.table(head, rows)])


def main() -> None:
    """Look at fresh panels of every family, then write the section."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    asked.add_argument("--panels", type=int, default=150, help="panels of each family")
    wanted = asked.parse_args()
    if wanted.panels < 10:
        asked.error(f"--panels {wanted.panels}: at least 10 of each family are needed for 5 folds")
    began = time.process_time()
    seen: list[Seen] = []
    for family in FAMILIES:
        seen += [look(panel) for panel, _ in fresh(family, wanted.panels)]
        print(f"{family} seen, {time.process_time() - began:.0f} CPU s", flush=True)
    text = report(seen, time.process_time() - began)
    page.write_section(page.LEFT_OUT, "What a guard could spare", text)


if __name__ == "__main__":
    main()
