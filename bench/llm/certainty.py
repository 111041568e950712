"""How far from the truth the likelihoods of recorded models' votes are, after 100 reviews.

``python -m bench.llm.certainty`` writes ``bench/results/certainty.md``.

The answers of recorded panels carry no confidence. Of each set 100 items are reviewed; votes on all others are
judged. The student has learnt from the consensus of the panel, without the item it speaks of. A
model that knew every likelihood would not show 0 on so few items: what it would show stands beside it.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from labeling.consensus.label_model import LabelModel
from labeling.llm.confidence.certainty import certainty
from labeling.sampling.duplicates import groups, near_duplicates
from labeling.student.crossfit import cross_fit
from labeling.student.text import TextStudent
from labeling.student.vote import covered
from labeling.votes import ABSTAIN, Votes

DATA = Path(__file__).parents[2].parent / "shared" / "data"
OUT = Path("bench/results/certainty.md")
REVIEWED, BINS = 100, 10


def error(told, right):
    """Return the calibration error in points: ten bins of about as many votes, equal ones together."""
    edges = np.unique(np.quantile(told, np.linspace(0, 1, BINS + 1)[1:-1]))
    at = np.searchsorted(edges, told, side="right")
    return 100 * sum(abs((told - right)[at == one].sum()) for one in np.unique(at)) / len(told)


def load(name):
    """Return votes, shape (n_items, n_voters), gold, and what a student thinks; None without texts."""
    frame = pd.read_parquet(DATA / name / "votes.parquet")
    frame = frame[frame["gold"] >= 0]
    said = frame[[column for column in frame if column.startswith("lf_")]]
    matrix = np.maximum(said.fillna(ABSTAIN).to_numpy(int), ABSTAIN)
    gold = frame["gold"].to_numpy(int)
    if "text" not in frame:
        return matrix, gold, None
    votes = Votes.from_matrix(matrix, int(max(matrix.max(), gold.max())) + 1)
    texts = frame["text"].astype(str).tolist()
    believed = LabelModel(votes.n_classes).fit(votes).predict_proba(votes)
    spoken = covered(votes).astype(float)
    student = TextStudent(votes.n_classes)
    return matrix, gold, cross_fit(
        student, texts, believed, None, spoken, groups(near_duplicates(texts))
    )  # fmt: skip


def measure(name, draws):
    """Return a row of the page."""
    matrix, gold, student = load(name)
    by_voter, least, whole, sources = [], [], [], Counter()
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        reviewed = np.zeros(len(gold), bool)
        reviewed[rng.permutation(len(gold))[:REVIEWED]] = True
        every = []
        for voter in matrix.T:
            spoke = np.flatnonzero(voter >= 0)
            label, right = voter[spoke], (voter == gold)[spoke].astype(float)
            new = ~reviewed[spoke]
            known = {} if student is None else {"student": student[spoke, label]}
            told = certainty(
                label.astype(str).tolist(), known, np.where(new, np.nan, right),
                spoke.astype(str).tolist(),
            )  # fmt: skip
            if told.source[0] is None:
                continue
            sure = told.probability[new]
            by_voter.append(error(sure, right[new]))
            least.append(error(sure, (rng.random(len(sure)) < sure).astype(float)))
            every.append((sure, right[new]))
            sources[told.source[0]] += 1
        whole.append(error(*(np.concatenate(part) for part in zip(*every, strict=True))))
    told = ", ".join(f"{source} {n / sources.total():.0%}" for source, n in sources.most_common())
    return name, matrix.shape[1], np.mean(by_voter), np.mean(least), np.mean(whole), told


def main():
    """Write the page."""
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    names = sorted(
        path.name
        for path in DATA.glob("llm_*")
        if (path / "votes.parquet").is_file() and "drift" not in path.name
    )
    rows = []
    for name in names:
        rows.append(measure(name, draws))
        print(*rows[-1], flush=True)
    mean = [np.mean([row[at] for row in rows]) for at in (2, 3, 4)]
    lines = [
        "# How likely votes of models are right",
        "",
        f"`python -m bench.llm.certainty {draws}`. {' '.join(__doc__.split(chr(10) * 2)[2].split())}",
        "",
        "Calibration error in points: of each voter by itself, what likelihoods that are right would show on as many",
        "votes, and of all votes of the panel together.",
        "",
        "| set | voters | of a voter | at least | of the panel | what tells it |",
        "|---|---:|---:|---:|---:|---|",
        *(
            f"| {name} | {n} | {one:.1f} | {least:.1f} | {whole:.1f} | {told} |"
            for name, n, one, least, whole, told in rows
        ),
        f"| mean | | {mean[0]:.1f} | {mean[1]:.1f} | {mean[2]:.1f} | |",
        "",
    ]
    OUT.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
