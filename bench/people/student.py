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
from labeling.student.crossfit import cross_fit
from labeling.student.switches import choose
from labeling.student.text import TextStudent
from labeling.student.vote import covered, with_student
from labeling.votes import ABSTAIN, Votes
from tasks import DATA

SETS = (
    "wrench_youtube", "wrench_trec", "wrench_imdb", "wrench_agnews", "ws_hausa",
    "llm_css_emotion", "llm_css_semeval_stance", "llm_css_mrf", "llm_css_flute",
)  # fmt: skip
N_GOLD = 100
MAX_ROWS = 8_000


def labels_with_student(texts, votes, consensus, gold, near):
    """Return posteriors with the student, as the product makes them."""
    student = TextStudent(votes.n_classes)
    spoken = covered(votes)
    unseen = cross_fit(student, texts, consensus, gold, spoken.astype(float), near)
    found = temperature(unseen, consensus, spoken, gold)
    return with_student(consensus, cooled(unseen, found.value), votes)


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
    started = time.perf_counter()
    row: dict[str, object] = {"set": name, "rows": len(texts)}
    for n_gold in (0, N_GOLD):
        gold = None
        judged = test
        if n_gold:
            pool = np.flatnonzero(~test) if (~test).sum() > 300 else np.arange(len(y))
            item = np.sort(np.random.default_rng(1).permutation(pool)[:n_gold])
            share = np.full(n_gold, n_gold / len(pool))
            gold = Gold(item, y[item].astype(np.int32), share)
            judged = test.copy()
            judged[item] = False
        consensus = LabelModel(votes.n_classes).fit(votes, gold).predict_proba(votes)
        together = labels_with_student(texts, votes, consensus, gold, near)
        for what, proba in (("consensus", consensus), ("with student", together)):
            row[f"{what}, {n_gold} gold"] = 100 * float(np.mean((proba.argmax(1) == y)[judged]))
        if gold is not None and len(texts) <= 3_000:
            spoken = covered(votes).astype(float)
            row["switches"] = [
                str(s)
                for s in choose(TextStudent(votes.n_classes), texts, consensus, gold, spoken, near)[
                    1
                ]
            ]
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
