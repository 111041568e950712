"""Near-duplicates: found, not invented, and linear in time."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.sampling.duplicates import collapse, groups, near_duplicates, plain

WORDS = [f"{a}{b}{c}" for a in "bdgklmprst" for b in "aeiou" for c in ("nt", "rk", "sh", "ll")]


def sentences(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, size=10)) for _ in range(n)]


def altered(text: str, rng: np.random.Generator) -> str:
    letters = list(text)
    for at in rng.integers(1, len(letters) - 1, size=2):
        letters[at] = "x"
    return "".join(letters).capitalize() + rng.choice(["", "!", " ...", " 7"])


def test_altered_copies_are_found_and_unrelated_texts_are_not():
    rng = np.random.default_rng(0)
    texts = sentences(400)
    pairs = near_duplicates(texts + [altered(text, rng) for text in texts])
    found = sum(pairs[i, i + 400] for i in range(400))
    assert found >= 0.97 * 400
    assert pairs.nnz // 2 - found == 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=12))
def test_pairs_are_symmetric_without_a_diagonal_and_equal_texts_are_pairs(texts):
    if not texts:
        return
    pairs = near_duplicates(texts)
    assert (pairs != pairs.T).nnz == 0
    assert pairs.diagonal().sum() == 0
    for i, a in enumerate(texts):
        for j, b in enumerate(texts):
            if i != j and plain(a) == plain(b):
                assert pairs[i, j]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sentences(6) + [s.upper() for s in sentences(6)]), min_size=1))
def test_collapse_keeps_one_of_each_group_and_loses_no_group(texts):
    pairs = near_duplicates(texts)
    kept = collapse(np.arange(len(texts)), pairs)
    assert len({plain(texts[i]) for i in kept}) == len(kept) == len({plain(t) for t in texts})


def test_groups_keep_twins_together():
    number = groups(near_duplicates(["Free prize now!", "free  prize now", "lunch at noon"]))
    assert number[0] == number[1] != number[2]


@pytest.mark.parametrize("text", ["", "!!!", "👍👍", "שלום עולם", "你好世界"])
def test_any_script_survives(text):
    assert near_duplicates([text, text, "something else entirely"]).nnz == 2


def test_twenty_thousand_short_texts_take_seconds():
    texts = sentences(10_000) * 2
    started = time.perf_counter()
    pairs = near_duplicates(texts)
    assert pairs.nnz >= 20_000
    assert time.perf_counter() - started < 15
