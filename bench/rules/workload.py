"""The texts and rules of the benchmark: news, and regular expressions as people write them."""

import collections
import random
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "wrench_agnews" / "votes.parquet"
N_TEXTS = 120_000
SEED = 0


def texts() -> list[str]:
    """Return the news of wrench_agnews, repeated to 120,000 texts."""
    some = pq.read_table(DATA, columns=["text"])["text"].to_pylist()
    return (some * (N_TEXTS // len(some) + 1))[:N_TEXTS]


def patterns(some: list[str], n: int = 500) -> list[str]:
    """Return rules in five shapes, in turn, from words in 0.05 to 2 % of the texts each.

    A word; one of three words; two words that follow each other; two words near each other; a word
    and a number. The first of any run of ten has another shape than that of the next run, so that
    every tenth rule is a fair sample.
    """
    rng = random.Random(SEED)
    sample = some[:24_000]
    counts = collections.Counter(
        w for t in sample for w in set(re.findall(r"[a-z]{4,}", t.lower()))
    )
    words = sorted(w for w, c in counts.items() if len(sample) * 0.0005 <= c <= len(sample) * 0.02)
    pairs = collections.Counter(
        pair for t in sample for pair in set(re.findall(r"(?=\b([a-z]{4,}) ([a-z]{4,})\b)", t))
    )
    usual = set(words)
    often = sorted(p for p, c in pairs.items() if c >= 5 and usual.issuperset(p))
    found: dict[str, None] = {}
    while len(found) < n:
        i = len(found)
        shape = (i // 10 + i) % 5
        if shape == 0:
            found[rf"(?i)\b{rng.choice(words)}s?\b"] = None
        elif shape == 1:
            found[rf"(?i)\b(?:{'|'.join(rng.sample(words, 3))})\b"] = None
        elif shape == 2:
            found[r"(?i)\b{}\W+{}".format(*rng.choice(often))] = None
        elif shape == 3:
            found[r"(?i)\b{}\b.{{0,40}}\b{}\b".format(*rng.choice(often))] = None
        else:
            found[rf"(?i)\b{rng.choice(words)}\b.*\d"] = None
    return list(found)


def table(some: list[str]) -> pa.Table:
    """Return a batch of the texts."""
    return pa.table({"item_id": [str(i) for i in range(len(some))], "text": some})
