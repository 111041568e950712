"""Accuracy over every vote matrix, against majority, Snorkel and crowd-kit's Dawid-Skene.

Every method gets the votes of all rows of a set and no gold; it is scored on the test rows that
have at least one vote (on all rows with gold where a set has no split), ties at their expectation.
With gold, 50 labels are drawn from the rows that are not test rows; the mean of 5 draws is given,
against the majority on the same items.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.consensus import sets
from bench.consensus.peers import ask
from bench.consensus.scores import accuracy, calibration_error, f1, log_loss
from labeling.consensus.label_model import LabelModel
from labeling.consensus.majority import Majority
from labeling.gold import Gold

N_GOLD, DRAWS = 50, 5

HEADER = (
    "| set | items | majority | Snorkel | Dawid-Skene | **ours** | gain | majority* | "
    "**ours, 50 gold** | gain | log loss 0 / 50 | calibration error 0 / 50 | model |"
)


@dataclass(frozen=True)
class Row:
    """One set: accuracies, F1 of class 1 (binary sets), log loss and calibration error, in points."""

    name: str
    items: int
    accuracy: dict[str, float]
    f1: dict[str, float]
    log_loss: dict[str, float]
    calibration: dict[str, float]
    method: str


def measure(name: str) -> Row:
    """Fit everything on one set."""
    one = sets.load(name)
    votes, truth = one.votes, one.gold
    at = one.scored()
    majority = Majority(votes.n_classes).fit(votes).predict_proba(votes)
    model = LabelModel(votes.n_classes).fit(votes)
    found = {"majority": majority, "ours": model.predict_proba(votes), **_peers(one)}
    right = {who: accuracy(p[at], truth[at]) for who, p in found.items()}
    binary = votes.n_classes == 2
    f_score = {who: f1(p[at], truth[at]) for who, p in found.items()} if binary else {}
    drawn = [_with_gold(one, majority, seed) for seed in range(DRAWS)]
    mean = {key: float(np.mean([d[key] for d in drawn])) for key in drawn[0]}
    right |= {"majority, same items": mean["majority"], "ours, 50 gold": mean["ours"]}
    if binary:
        f_score["ours, 50 gold"] = mean["f1"]
    ours = found["ours"][at]
    return Row(
        name,
        int(at.sum()),
        right,
        f_score,
        {"ours": log_loss(ours, truth[at]), "ours, 50 gold": mean["log_loss"]},
        {"ours": calibration_error(ours, truth[at]), "ours, 50 gold": mean["calibration"]},
        model.method_,
    )


def _with_gold(one: sets.VoteSet, majority: np.ndarray, seed: int) -> dict[str, float]:
    given = one.draw_gold(N_GOLD, seed)
    chance = np.full(N_GOLD, N_GOLD / one.pool_size())
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


def _peers(one: sets.VoteSet) -> dict[str, np.ndarray]:
    votes = one.votes
    with tempfile.TemporaryDirectory() as folder:
        given, back = Path(folder) / "votes.npy", Path(folder) / "posterior.npy"
        np.save(given, votes.to_matrix().astype(np.int16))
        ask("snorkel", str(given), str(votes.n_classes), str(back))
        snorkel = np.load(back)
        np.save(given, np.column_stack([votes.item, votes.voter, votes.label]))
        ask("crowdkit", str(given), str(votes.n_classes), str(votes.n_items), str(back))
        return {"snorkel": snorkel, "dawid_skene": np.load(back)}


def table(rows: list[Row]) -> str:
    """Return the results as Markdown."""
    who = ["majority", "snorkel", "dawid_skene", "ours"]
    lines = [
        HEADER,
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        a = r.accuracy
        lines.append(
            f"| {r.name} | {r.items} | "
            + " | ".join(f"{a[w]:.1f}" for w in who)
            + f" | {a['ours'] - a['majority']:+.1f} | {a['majority, same items']:.1f} | "
            f"{a['ours, 50 gold']:.1f} | {a['ours, 50 gold'] - a['majority, same items']:+.1f} | "
            f"{r.log_loss['ours']:.2f} / {r.log_loss['ours, 50 gold']:.2f} | "
            f"{r.calibration['ours']:.1f} / {r.calibration['ours, 50 gold']:.1f} | {r.method} |"
        )
    groups = {
        f"**all {len(rows)}**": rows,
        "rules": [r for r in rows if r.name in sets.RULES],
        "language models": [r for r in rows if r.name in sets.MODELS],
        "people": [r for r in rows if r.name in sets.CROWDS],
        "services": [r for r in rows if r.name in sets.SERVICES],
        "rules and language models": [r for r in rows if r.name in sets.RULES + sets.MODELS],
    }
    for label, group in groups.items():
        lines.append(_mean(label, group, who))
    return "\n".join(lines)


def _mean(label: str, rows: list[Row], who: list[str]) -> str:
    def mean(key: str) -> float:
        return float(np.mean([r.accuracy[key] for r in rows]))

    same, gold = mean("majority, same items"), mean("ours, 50 gold")
    losses = [float(np.mean([r.log_loss[k] for r in rows])) for k in ("ours", "ours, 50 gold")]
    errors = [float(np.mean([r.calibration[k] for r in rows])) for k in ("ours", "ours, 50 gold")]
    return (
        f"| {label} | | "
        + " | ".join(f"{mean(w):.1f}" for w in who)
        + f" | {mean('ours') - mean('majority'):+.1f} | {same:.1f} | {gold:.1f} | {gold - same:+.1f} "
        f"| {losses[0]:.2f} / {losses[1]:.2f} | {errors[0]:.1f} / {errors[1]:.1f} | |"
    )


def f1_table(rows: list[Row]) -> str:
    """Return the F1 of class 1 of the binary sets as Markdown."""
    who = ["majority", "snorkel", "dawid_skene", "ours", "ours, 50 gold"]
    lines = [
        "| set | majority | Snorkel | Dawid-Skene | ours | ours, 50 gold |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.name} | " + " | ".join(f"{r.f1[w]:.1f}" for w in who) + " |" for r in rows if r.f1
    ]
    return "\n".join(lines)
