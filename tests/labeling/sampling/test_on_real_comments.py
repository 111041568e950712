"""The queue and the student on real comments: what the queue buys, and how it would mislead."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from labeling.gold import Gold
from labeling.sampling.duplicates import near_duplicates
from labeling.sampling.queue import choose_queue
from labeling.student.text import TextStudent

FILE = Path(__file__).parents[3].parent / "shared" / "data" / "raw_sms" / "data.parquet"


@pytest.fixture(scope="module")
def messages():
    if not FILE.exists():
        pytest.skip(f"needs {FILE.parent.name} beside the repository")
    frame = pd.read_parquet(FILE).sample(1_200, random_state=0)
    texts = frame["text"].tolist()
    return texts, frame["label"].astype(int).to_numpy(), near_duplicates(texts)


def taught_by(texts, y, item):
    gold = Gold(item, y[item].astype(np.int32))
    nothing = np.zeros(len(texts))
    prior = np.full((len(texts), 2), 0.5)
    return TextStudent(2).fit(texts, prior, gold, nothing).predict_proba(texts)


def test_150_reviews_by_queue_teach_more_than_150_at_random(messages):
    texts, y, pairs = messages
    chosen, proba = np.empty(0, dtype=np.int64), None
    for step in range(3):
        queue = choose_queue(texts, proba, 50, labelled=chosen, seed=step, pairs=pairs)
        chosen = np.concatenate([chosen, queue.item])
        proba = taught_by(texts, y, chosen)
    at_random = np.random.default_rng(0).permutation(len(texts))[:150]
    by_queue = np.mean(proba.argmax(axis=1) == y)
    by_chance = np.mean(taught_by(texts, y, at_random).argmax(axis=1) == y)
    assert by_queue > by_chance + 0.02


def test_accuracy_read_off_the_queue_is_far_below_the_truth(messages):
    texts, y, pairs = messages
    at_random = np.random.default_rng(0).permutation(len(texts))[:150]
    proba = taught_by(texts, y, at_random)
    right = proba.argmax(axis=1) == y
    queue = choose_queue(
        texts, proba, 100, strategy="margin", labelled=at_random, random_share=0, pairs=pairs
    )
    assert right[queue.item].mean() < right.mean() - 0.15
