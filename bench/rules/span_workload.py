"""Texts, span rules and a gazetteer for the benchmark: news, and words as they stand there.

Every rule is one that spaCy's EntityRuler can say too: words, phrases, or one token by its shape.
"""

import collections
import random
import re

import workload

N_TEXTS = 100_000
N_TERMS = 100_000
SEED = 0


def texts() -> list[str]:
    """Return 100,000 news texts of wrench_agnews, at most 100 characters each, whole words."""
    return [one[:100].rsplit(" ", 1)[0] for one in workload.texts()[:N_TEXTS]]


def terms(some: list[str]) -> list[str]:
    """Return 100,000 terms of one to three words: a tenth of them stand in the texts."""
    rng = random.Random(SEED)
    name = r"(?<=[a-z,] )[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}"
    runs = collections.Counter(
        run.lower() for text in some[:24_000] for run in re.findall(name, text)
    )
    found = {one: None for one, _ in runs.most_common(N_TERMS // 10)}
    words = sorted(
        {word for text in some[:24_000] for word in re.findall(r"[a-z]{3,}", text.lower())}
    )
    while len(found) < N_TERMS:
        found[" ".join(rng.choices(words, k=rng.choice([2, 2, 3])))] = None
    return list(found)


def rules(some: list[str]) -> list[dict]:
    """Return 50 rules: 20 of words, 10 of phrases, 20 of one token by its shape."""
    rng = random.Random(SEED + 1)
    words = sorted({word for text in some[:5_000] for word in re.findall(r"[a-z]{5,}", text)})
    pairs = sorted(
        {pair for text in some[:5_000] for pair in re.findall(r"\b[a-z]{3,} [a-z]{4,}\b", text)}
    )
    ends = ["ing", "tion", "ed", "er", "ly", "ist", "ism", "land", "man", "ese", "ment", "ity"]
    made = [{"terms": rng.sample(words, 5)} for _ in range(20)]
    made += [{"terms": rng.sample(pairs, 5)} for _ in range(10)]
    shapes = [rf"[A-Z]\w*{end}" for end in ends]
    shapes += [
        r"\d{4}",
        r"\d{1,2}",
        r"[A-Z]{2,5}",
        r"\w+ville",
        r"\w+berg",
        r"Mc\w+",
        r"\w+ova",
        r"[A-Z]\w*stan",
    ]
    return made + [{"shape": one} for one in shapes]
