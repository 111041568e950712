"""Cascades replayed: is the target against people kept, and what does it take beside BARGAIN's rule?

``python -m bench.cascades.run 1000`` writes ``bench/results/cascades.md``.

A replay deals the items of a set anew: some are gold, of which people's labels are known, and the others are the
batch. What a rule promises is checked on the batch, which no rule knows people's labels of. All rules get the same
cheap answers, scores and batch. Dear answers on gold count as calls.
"""

import json
import sys
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from scipy.stats import beta

from bench.cascades.bargain import bargain
from bench.cascades.pairs import panels, services
from labeling.cascades.promise import Promise
from labeling.cascades.threshold import Gold, cheap_is_enough, find_threshold

OUT = Path("bench/results/cascades.md")
RISK = 0.1
MARGINS = (0.1, 0.05)
"""How far targets lie under what the dear model reaches on the whole set."""

GOLD = {"api": 500, "llm": 150}
MOST = 5_000
"""Items of a replay, gold and batch together; larger sets are drawn from."""

RULES = (
    "ours",
    "BARGAIN, the target",
    "BARGAIN, told how good the dear model is",
    "BARGAIN, and gold for how good the dear model is",
)


def replay(pair, margin, seed):
    """Return for each rule whether the target was missed and the calls; then whether ours was proven."""
    rng = np.random.default_rng(seed)
    n, size = GOLD[pair.name[:3]], min(len(pair.score), MOST)
    dealt, tie = rng.permutation(len(pair.score))[:size], rng.random(size)
    score, cheap = pair.score[dealt], pair.cheap_right[dealt]
    dear, same = pair.dear_right[dealt], pair.agrees[dealt]
    target = float(pair.dear_right.mean()) - margin
    gold, promise = Gold(score[:n], tie[:n], cheap[:n], dear[:n]), Promise(target, RISK)

    def told(asked, on_gold):
        right = np.where(asked, dear, cheap)[n:].mean()
        return right < target - 1e-9, (asked[n:].sum() + on_gold) / size

    def agreeing(share, risk):
        asked = bargain(score, same, share, risk, rng)
        return told(asked, asked[:n].sum())

    free = cheap_is_enough(gold.score, gold.cheap_right, size - n, promise)
    found = free or find_threshold(gold, size - n, promise)
    right = int(gold.dear_right.sum())
    least = float(beta.ppf(RISK / 2, right, n - right + 1))
    asked = np.ones(size, dtype=bool)
    if least > target:
        asked[n:] = bargain(score[n:], same[n:], 1 - (least - target), RISK / 2, rng)
    return [
        told(found.asked(score, tie), 0 if free else n),
        agreeing(target, RISK),
        agreeing(1 - margin, RISK),
        told(asked, n),
        (found.proven, 0.0),
    ]


def job(task):
    """Replay one pair and margin with a few seeds."""
    pair, margin, seeds = task
    return np.array([replay(pair, margin, seed) for seed in seeds], dtype=float)


def main(replays: int) -> None:
    """Replay all pairs on two processes, and write the page."""
    lines, rows = list(HEAD), []
    lines[2] = lines[2].format(replays=replays)
    with Pool(2) as pool:
        for pair in (*services(), *panels()):
            for margin in MARGINS:
                seeds = np.array_split(np.arange(replays), 8)
                found = np.concatenate(pool.map(job, [(pair, margin, some) for some in seeds]))
                missed, calls = found[:, :-1, 0].mean(axis=0), found[:, :-1, 1].mean(axis=0)
                rows.append((np.round(missed, 3), np.round(calls, 2)))
                cells = " | ".join(
                    f"{_marked(m)} | {c:.0%}" for m, c in zip(missed, calls, strict=True)
                )
                lines.append(
                    f"| {pair.name} | {pair.cheap} {pair.cheap_right.mean():.1%} | {pair.dear}"
                    f" {pair.dear_right.mean():.1%} | {pair.dear_right.mean() - margin:.1%}"
                    f" | {found[:, -1, 0].mean():.0%} | {cells} |"
                )
                print(lines[-1], flush=True)
    lines += ["", *_summary(rows)]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(json.dumps({"page": str(OUT)}))


def _marked(missed):
    return f"{missed:.1%}" if missed <= RISK else f"**{missed:.1%}**"


def _summary(rows):
    yield "| rule | targets missed in more than a tenth of replays | worst | dear calls, mean | and where ours asks more |"
    yield "|---|---|---|---|---|"
    for at, rule in enumerate(RULES):
        missed = np.array([row[0][at] for row in rows])
        calls = np.array([row[1] for row in rows])
        more = int((calls[:, 0] > calls[:, at] + 1e-9).sum())
        kept = int(((calls[:, 0] > calls[:, at] + 1e-9) & (missed <= RISK)).sum())
        beside = (
            "" if at == 0 else f"{more} of {len(rows)}; in {kept} of them the rule keeps the target"
        )
        yield f"| {rule} | {int((missed > RISK).sum())} of {len(rows)} | {missed.max():.1%} | {calls[:, at].mean():.0%} | {beside} |"


HEAD = (
    "# Cascades replayed",
    "",
    "Run again with `python -m bench.cascades.run {replays}` (`bench/cascades/`): recorded answers of services",
    "and language models, each item dealt anew to gold or to the batch in every replay.",
    "",
    "The target is a share of the batch that is to be labelled as people did, 10 and 5 points under what the dear",
    "model reaches on the whole set; it may be missed in a tenth of the replays. *Under each rule*: replays in which the",
    "batch is below the target, **bold** where that is more than a tenth. *Calls* are items of the set that the dear model",
    "was asked about, on gold and in a search for the threshold too: 100 % is asking everywhere.",
    "",
    "- *Ours*: 500 gold items of 5,000 (services), 150 of the set (language models). It promises accuracy against",
    "  people. *Proven* is how often gold proved the target; else everything is asked.",
    "- *BARGAIN*: its rule for an accuracy target (arXiv 2509.02896; 20 cuts), asked for the same number. It promises",
    "  agreement with the dear model, and has no promise of accuracy against people to keep.",
    "- *Told*: the same rule, asked for so much agreement that the target follows, if the dear model is as good as it",
    "  is on the whole set: one less the 10 or 5 points. That is what nobody knows without gold.",
    "- *With gold*: the same, with the lower bound of how good the dear model is on our gold; half of the risk each.",
    "  This is how BARGAIN can make the promise that ours makes.",
    "",
    "Cheap services answer alone, with their own confidences, or together, settled without gold. The open models of",
    "a panel answer together before the most accurate one. `NOWHERE_FIRST` was chosen on simulated scores.",
    "",
    "| set | cheap | dear | target | proven | ours | calls | BARGAIN | calls | told | calls | with gold | calls |",
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
