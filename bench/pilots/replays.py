"""Pilots replayed on recorded answers: do they find the best prompt, and do they promote what is no better?

``python -m bench.pilots.replays 200`` writes ``bench/results/pilots.md``.

A replay meets the items of a set in a random order, in rounds of 25 reviews as ``touchstone pilot`` does,
and ends at 150 reviews. Beside it, from the same seeds: the best mean of so many reviewed items, which is what prompt
optimisers go by and report.
"""

import json
import sys
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from labeling.pilots.drawing import chances, shares
from labeling.pilots.trial import NO_ANSWER, NOT_ASKED, UNKNOWN, Trial
from labeling.pilots.verdict import Say, compare

DATA = Path(__file__).parents[2].parent / "shared" / "data"
OUT = Path("bench/results/pilots.md")
REVIEWS, ROUND, NEAR = 150, 25, 0.01
TOLD = 6
"""Candidates that the yardstick is told of."""
SAMPLES = (25, 50, 100, 150)
EQUAL = 8
"""Candidates of which none is better."""


def load(folder):
    """Return answers of candidates, shape (n_items, n_candidates), and gold; items without gold are left out."""
    votes = pq.read_table(folder / "votes.parquet")
    names = [name for name in votes.column_names if name.startswith("lf_")]
    answers = np.column_stack([votes[name].to_numpy() for name in names])
    gold = votes["gold"].to_numpy()
    answers = np.where(answers < 0, NO_ANSWER, answers).astype(np.int64)
    return answers[gold >= 0], gold[gold >= 0].astype(np.int64)


def sets():
    """Name the sets of recorded models."""
    return sorted(
        path.name
        for path in DATA.glob("llm_*")
        if (path / "votes.parquet").is_file() and "drift" not in path.name
    )


def replay(answers, gold, rng, incumbent=None):
    """Run one pilot; return what it told at the end, and how many items it met."""
    n, k = answers.shape
    order = rng.permutation(n)
    row = np.empty((n, k), dtype=np.int64)
    chance, chosen = np.empty(n), np.zeros(n, dtype=np.bool_)
    share = np.zeros((n, k))
    remaining, met, told = np.ones(k, dtype=np.bool_), 0, None

    def trial():
        items = order[:met]
        seen = np.where(chosen[:met], gold[items], UNKNOWN)
        return Trial(row[:met], seen, chance[:met], chosen[:met], share[:met])

    while met < n and chosen[:met].sum() < REVIEWS:
        weight, before = shares(trial(), remaining, incumbent), chosen[:met].sum()
        while met < n and chosen[:met].sum() < before + ROUND:
            row[met] = np.where(remaining, answers[order[met]], NOT_ASKED)
            share[met], chance[met] = weight, chances(row[met : met + 1], weight)[0]
            chosen[met] = rng.random() < chance[met]
            met += 1
        told = compare(trial(), incumbent)
        if told.verdict.say is not Say.GO_ON:
            break
        remaining = told.remaining.copy()
        if incumbent is not None:
            remaining[incumbent] = True
    return told, met


def found(job):
    """Replay one set; return near hits, lost accuracy, items met, and the same of plain means."""
    name, seed = job
    answers, gold = load(DATA / name)
    true = (answers == gold[:, None]).mean(axis=0)
    rng = np.random.default_rng(seed)
    told, met = replay(answers, gold, rng)
    picks = [told.verdict.best]
    order = np.random.default_rng(seed).permutation(len(gold))
    claims = []
    for n in SAMPLES:
        mean = (answers[order[:n]] == gold[order[:n], None]).mean(axis=0)
        best = int(rng.permutation(np.flatnonzero(mean == mean.max()))[0])
        picks.append(best)
        claims.append((mean[best] - np.median(mean), true[best] - np.median(true)))
    picks.append(told_the_best(answers, gold, true, rng))
    loss = true.max() - true[picks]
    return loss <= NEAR + 1e-9, loss, met, np.array(claims)


def told_the_best(answers, gold, true, rng):
    """Pick as somebody would who was told which candidates are the best of the set, in no order.

    They spend every review where these differ, which alone tells which of them is better.
    """
    top = np.argsort(-true)[:TOLD]
    apart = np.flatnonzero((answers[:, top] != answers[:, top[:1]]).any(axis=1))
    some = rng.permutation(apart)[:REVIEWS]
    right = (answers[some][:, top] == gold[some, None]).sum(axis=0)
    return int(top[rng.permutation(np.flatnonzero(right == right.max()))[0]])


def wrong(job):
    """Replay a pilot in which no candidate is better than the incumbent; return whether one was promoted."""
    name, seed, equal = job
    answers, gold = load(DATA / name)
    rng = np.random.default_rng(seed)
    if equal:
        some = rng.choice(answers.shape[1], EQUAL, replace=answers.shape[1] < EQUAL)
        answers = rng.permuted(answers[:, some], axis=1)
        incumbent = 0
    else:
        incumbent = int((answers == gold[:, None]).mean(axis=0).argmax())
    told, _ = replay(answers, gold, rng, incumbent)
    return told.verdict.say is Say.PROMOTE


def main(replays: int) -> None:
    """Replay all sets on two processes, and write the page."""
    names = sets()
    lines = [
        "# Pilots replayed",
        "",
        f"Run again with `python -m bench.pilots.replays {replays}` (`bench/pilots/replays.py`): recorded answers of",
        f"language models to whole sets, {replays} replays a set, {REVIEWS} reviews each.",
        "",
        "## The best prompt is found, or one within a point of it",
        "",
        "Beside the pilot, from the same seeds, the best mean of so many reviewed items. *Asked* are the items that a",
        "candidate which stays in the running is asked about. *Near* counts candidates within a point of the best.",
        f"*Told {TOLD}* is a yardstick that no user has: it knows which {TOLD} are the best, and spends all {REVIEWS} reviews",
        "where these differ. Where it fails, too, so many reviews do not tell.",
        "",
        f"| set | items | candidates | near | pilot | told {TOLD} | loses, points | asked | "
        + " | ".join(f"mean of {n}" for n in SAMPLES)
        + " | mean of 150 loses |",
        "|---|---|---|---|---|---|---|---|" + "---|" * (len(SAMPLES) + 1),
    ]
    claims = []
    with Pool(2) as pool:
        for name in names:
            answers, gold = load(DATA / name)
            true = (answers == gold[:, None]).mean(axis=0)
            near = int((true >= true.max() - NEAR - 1e-9).sum())
            told = pool.map(found, [(name, seed) for seed in range(replays)], chunksize=10)
            hits = np.mean([one[0] for one in told], axis=0)
            loss = 100 * np.mean([one[1] for one in told], axis=0)
            met = np.mean([one[2] for one in told])
            claims.append(100 * np.mean([one[3] for one in told], axis=0))
            means = " | ".join(f"{hit:.0%}" for hit in hits[1:-1])
            lines.append(
                f"| {name} | {len(gold)} | {len(true)} | {near} | **{hits[0]:.0%}** | {hits[-1]:.0%} | {loss[0]:.2f} |"
                f" {met:.0f} | {means} | {loss[-2]:.2f} |"
            )
            print(lines[-1], flush=True)
        claimed = np.mean(claims, axis=0)
        lines += [
            "",
            "What an optimiser reports is the gain of the best mean over the median candidate on the items that chose it;",
            "on the whole set the gain is smaller:",
            "",
            "| reviewed items | gain reported | gain on the whole set |",
            "|---|---|---|",
            *(
                f"| {n} | {said:.1f} points | {is_:.1f} points |"
                for n, (said, is_) in zip(SAMPLES, claimed, strict=True)
            ),
            "",
            "## What is no better is not promoted",
            "",
        ]
        for equal, what in (
            (True, f"{EQUAL} candidates that are equal (answers of each item dealt anew)"),
            (False, "the incumbent is the best of the set"),
        ):
            jobs = [(names[seed % len(names)], 10_000 + seed, equal) for seed in range(5 * replays)]
            n = sum(pool.map(wrong, jobs, chunksize=10))
            lines.append(
                f"- {what}: {n} of {len(jobs):,} replays promoted another ({n / len(jobs):.1%})."
            )
            print(lines[-1], flush=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(json.dumps({"page": str(OUT)}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
