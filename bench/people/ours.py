"""Reviews that our queue needs: the strategy with the classifier alone, and as it is used."""

import json
import sys
from pathlib import Path

import numpy as np
from loop import BATCH, BIG_BATCH, GOAL, MANY, Curve, campaign, reviews_needed
from weak import weak_votes

from labeling.consensus.label_model import LabelModel
from labeling.gold import Gold
from labeling.sampling.duplicates import near_duplicates
from labeling.sampling.queue import RANDOM_SHARE, choose_queue
from labeling.student.learning.correction import corrected
from labeling.student.learning.lesson import make_lesson
from labeling.student.student import GOLD_PENALTY
from labeling.student.text import TextStudent
from labeling.student.vote import covered
from tasks import SEEDS, SETS, Task, read, task


def alone(strategy: str, share: float):
    def choose_for(here: Task, texts: list[str]):
        pairs = near_duplicates(texts)

        def choose(labelled, proba, n, seed):
            return choose_queue(
                texts, proba, n, strategy=strategy, labelled=labelled, seed=seed,
                features=here.space, random_share=share, pairs=pairs,
            ).item  # fmt: skip

        return choose

    return choose_for


def at_random(here: Task, texts: list[str]):
    del texts

    def choose(labelled, proba, n, seed):
        del proba
        rest = np.setdiff1d(np.arange(len(here.y)), labelled)
        return np.random.default_rng(seed).permutation(rest)[:n]

    return choose


def in_the_loop(here: Task, texts: list[str], unseen: list[str]) -> Curve:
    """Weak votes, consensus, student, queue: what a user of the product has.

    What the voters teach is learnt once; each round gold corrects it, as ``Student.learn`` does.
    """
    votes = weak_votes(here)
    n_classes = votes.n_classes
    consensus = LabelModel(n_classes).fit(votes).predict_proba(votes)
    spoken = covered(votes)
    student = TextStudent(n_classes, copies=n_classes <= 10)
    prepared = student.prepare(texts)
    student.learn(
        prepared, make_lesson(len(texts), n_classes, consensus, None, spoken.astype(float))
    )
    taught = student.pipeline_.named_steps["classifier"]
    test = prepared.features.transform(unseen)
    pairs = near_duplicates(texts)
    model, labelled, curve = taught, np.empty(0, dtype=np.int64), []
    while True:
        accuracy = float(np.mean(model.predict(test) == here.y_test))
        curve.append((len(labelled), accuracy))
        if accuracy >= GOAL * here.full or len(labelled) >= len(here.y):
            return curve
        queue = choose_queue(
            texts, model.predict_proba(prepared.x), BATCH if len(labelled) < MANY else BIG_BATCH,
            labelled=Gold(labelled, here.y[labelled].astype(np.int32)), votes=votes,
            seed=1_000 * here.seed + len(labelled), features=here.space, pairs=pairs,
        )  # fmt: skip
        if not len(queue):
            return curve
        labelled = np.concatenate([labelled, queue.item])
        label = here.y[labelled].astype(np.int32)
        x = prepared.x[labelled]
        weight = np.ones(len(labelled))
        model = corrected(taught, x, label, weight, n_classes, GOLD_PENALTY)


WAYS = {
    "random": at_random,
    "auto, no random share": alone("auto", 0.0),
    f"auto, {RANDOM_SHARE:.0%} random share": alone("auto", RANDOM_SHARE),
}
LOOP = "with weak votes and the student"
SLOW, MANY_CLASS_SEEDS = ("raw_banking77", LOOP), 2
"""77 classes take five minutes a seed in the loop: two seeds there, five everywhere else."""


def main() -> None:
    out = Path(sys.argv[1])
    names = sys.argv[2].split(",") if len(sys.argv) > 2 else SETS
    found: dict[str, dict[str, list[float]]] = json.loads(out.read_text()) if out.exists() else {}
    for name in names:
        texts = read(name)["text"].to_numpy()
        for way in (LOOP, *WAYS):
            needed = []
            for seed in list(SEEDS)[: MANY_CLASS_SEEDS if (name, way) == SLOW else None]:
                here = task(name, seed)
                pool = texts[here.rows].tolist()
                if way == LOOP:
                    curve = in_the_loop(here, pool, texts[here.test_rows].tolist())
                else:
                    curve = campaign(here, WAYS[way](here, pool))
                needed.append(reviews_needed(curve, GOAL * here.full))
            found.setdefault(name, {})[way] = needed
            print(name, way, [round(n) if np.isfinite(n) else n for n in needed], flush=True)
            out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
