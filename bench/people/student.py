"""Accuracy of labels with the student against consensus alone, on every vote matrix with texts."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from labeling.consensus.label_model import LabelModel
from labeling.gold import Gold
from labeling.sampling.duplicates import groups, near_duplicates
from labeling.student.calibrate import cooled, temperature
from labeling.student.crossfit import FOLDS, cross_fit
from labeling.student.switches import choose
from labeling.student.text import TextStudent
from labeling.student.trust import settle_trust
from labeling.student.vote import covered, with_student
from labeling.votes import ABSTAIN, Votes
from tasks import DATA

SETS = (
    "wrench_youtube", "wrench_trec", "wrench_imdb", "wrench_agnews", "ws_hausa",
    "llm_css_emotion", "llm_css_semeval_stance", "llm_css_mrf", "llm_css_flute",
)  # fmt: skip
N_GOLD = 100
DRAWS = 5
"""Of gold: one draw of 100 moves the accuracy on a few hundred test rows by a point either way."""
MAX_ROWS = 8_000


def labels_with_student(texts, votes, consensus, gold, near):
    """Return posteriors with the student, as the product makes them."""
    student = TextStudent(votes.n_classes)
    spoken = covered(votes)
    unseen = cross_fit(student, texts, consensus, gold, spoken.astype(float), near)
    calm = cooled(unseen, temperature(unseen, consensus, spoken, gold).value)
    trust, _ = settle_trust(without_own_gold(votes, consensus, gold), calm, votes, gold)
    return with_student(consensus, calm, votes, trust)


def without_own_gold(votes, consensus, gold):
    """Return the consensus, on gold items by label models that were not taught their gold."""
    blind = np.array(consensus)
    if gold is not None:
        fold = np.random.default_rng(0).permutation(gold.n_gold) % FOLDS
        for part in range(FOLDS):
            own = fold == part
            rest = Gold(gold.item[~own], gold.label[~own], gold.probability[~own])
            proba = LabelModel(votes.n_classes).fit(votes, rest).predict_proba(votes)
            blind[gold.item[own]] = proba[gold.item[own]]
    return blind


def one(name: str) -> dict[str, object]:
    frame = pd.read_parquet(DATA / name / "votes.parquet")
    test = (frame["split"] == "test").to_numpy()
    if len(frame) > MAX_ROWS:
        rng = np.random.default_rng(0)
        keep = np.sort(rng.permutation(len(frame))[:MAX_ROWS])
        frame, test = frame.iloc[keep], test[keep]
    voters = [column for column in frame if column.startswith("lf_")]
    matrix = frame[voters].fillna(ABSTAIN).to_numpy(dtype=int)
    y = frame["gold"].to_numpy(dtype=int)
    votes = Votes.from_matrix(np.maximum(matrix, ABSTAIN), int(max(matrix.max(), y.max())) + 1)
    texts = frame["text"].astype(str).tolist()
    near = groups(near_duplicates(texts))
    pool = np.flatnonzero(~test) if (~test).sum() > 300 else np.arange(len(y))
    started = time.perf_counter()
    row: dict[str, object] = {"set": name, "rows": len(texts)}
    for n_gold, draws in ((0, 1), (N_GOLD, DRAWS)):
        found = {"consensus": [], "with student": []}
        for draw in range(draws):
            gold, judged = None, test
            if n_gold:
                item = np.sort(np.random.default_rng(1 + draw).permutation(pool)[:n_gold])
                share = np.full(n_gold, n_gold / len(pool))
                gold = Gold(item, y[item].astype(np.int32), share)
                judged = test.copy()
                judged[item] = False
            consensus = LabelModel(votes.n_classes).fit(votes, gold).predict_proba(votes)
            together = labels_with_student(texts, votes, consensus, gold, near)
            for what, proba in (("consensus", consensus), ("with student", together)):
                found[what].append(100 * float(np.mean((proba.argmax(1) == y)[judged])))
            if n_gold and draw == 0 and len(texts) <= 3_000:
                spoken = covered(votes).astype(float)
                student = TextStudent(votes.n_classes)
                asked = choose(student, texts, consensus, gold, spoken, near)[1]
                row["switches"] = [str(switch) for switch in asked]
        gains = np.subtract(found["with student"], found["consensus"])
        row |= {f"{what}, {n_gold} gold": float(np.mean(found[what])) for what in found}
        row[f"worst draw, {n_gold} gold"] = float(gains.min())
    row["seconds"] = time.perf_counter() - started
    return row


def main() -> None:
    rows = []
    for name in SETS:
        rows.append(one(name))
        print(rows[-1], flush=True)
        Path(sys.argv[1]).write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
