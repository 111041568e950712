import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.student.tagger.chain import believe, groups, legal, likeliest, span_probability
from labeling.student.tagger.soft_spans import SoftSpans
from labeling.student.tagger.targets import targets_of
from labeling.student.tagger.wholes import answer_probability, type_probability
from labeling.student.tagger.words import words_of

TYPES = 2
FOLLOW, FIRST = legal(TYPES)


def spans_in(labels):
    """Return (start, end, type) of legal labels, read from left to right."""
    found = []
    for at, label in enumerate(labels):
        if label % 2 == 1:
            found.append([at, at + 1, (label - 1) // 2])
        elif label:
            found[-1][1] = at + 1
    return {tuple(one) for one in found}


def all_labels(n):
    return [
        labels
        for labels in itertools.product(range(1 + 2 * TYPES), repeat=n)
        if FIRST[labels[0]] and all(FOLLOW[a, b] for a, b in itertools.pairwise(labels))
    ]


def by_hand(scores, follow, ways):
    return np.array(
        [
            sum(scores[i, one] for i, one in enumerate(labels))
            + sum(follow[a, b] for a, b in itertools.pairwise(labels))
            for labels in ways
        ]
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 10_000))
def test_beliefs_and_spans_are_those_of_all_legal_labels_written_out(lengths, seed):
    rng = np.random.default_rng(seed)
    words = words_of([" ".join("ab"[i % 2] for i in range(n)) for n in lengths])
    scores = rng.normal(size=(sum(lengths), 1 + 2 * TYPES), scale=2)
    follow = rng.normal(size=FOLLOW.shape)
    weight = rng.random(len(lengths))
    chain, first, many = np.exp(follow) * FOLLOW, FIRST.astype(float), groups(words)
    likely = believe(scores, chain, first, many, np.repeat(weight, lengths))
    with np.errstate(divide="ignore"):
        best = likeliest(scores, np.log(chain), first, many)
    answer = answer_probability(likely, chain, words, best)
    holds = type_probability(scores, chain, first, words, many)
    totals, pairs = 0.0, np.zeros_like(chain)
    for text, n in enumerate(lengths):
        begin = sum(lengths[:text])
        mine = scores[begin : begin + n]
        ways = all_labels(n)
        height = by_hand(mine, follow, ways)
        share = np.exp(height - height.max())
        total = np.log(share.sum()) + height.max()
        share /= share.sum()
        totals += weight[text] * total
        assert tuple(best[begin : begin + n]) == ways[int(height.argmax())]
        marginal = np.zeros_like(mine)
        for labels, p in zip(ways, share, strict=True):
            marginal[np.arange(n), list(labels)] += p
            for a, b in itertools.pairwise(labels):
                pairs[a, b] += p * weight[text]
        assert likely.labels[begin : begin + n] == pytest.approx(marginal, abs=1e-9)
        assert answer[text] == pytest.approx(share.max(), abs=1e-9)
        types = np.zeros(TYPES)
        for labels, p in zip(ways, share, strict=True):
            types[list({kind for *_, kind in spans_in(labels)})] += p
        assert holds[text] == pytest.approx(types, abs=1e-9)
        sure = {}
        for labels, p in zip(ways, share, strict=True):
            for span in spans_in(labels):
                sure[span] = sure.get(span, 0.0) + p
        starts, ends, kinds = (np.array(one) for one in zip(*sure, strict=True))
        found = span_probability(likely, chain, words, starts + begin, ends + begin, kinds)
        assert found == pytest.approx(np.array(list(sure.values())), abs=1e-9)
    assert likely.log_total == pytest.approx(totals)
    assert likely.pairs == pytest.approx(pairs, abs=1e-9)


def test_targets_of_independent_spans_are_those_of_all_ways_to_draw_them():
    words = words_of(["a b c d e"])
    cells = [(0, 2, 0, 0.7), (2, 3, 1, 0.4), (3, 5, 0, 0.5)]
    soft = SoftSpans.of(
        [0] * 3,
        [2 * a for a, *_ in cells],
        [2 * b - 1 for _, b, *_ in cells],
        [k for *_, k, _ in cells],
        [p for *_, p in cells],
    )
    labels, pairs = np.zeros((5, 5)), np.zeros((5, 5))
    for drawn in itertools.product([False, True], repeat=3):
        p, way = 1.0, [0] * 5
        for there, (a, b, k, sure) in zip(drawn, cells, strict=True):
            p *= sure if there else 1 - sure
            if there:
                way[a:b] = [1 + 2 * k] + [2 + 2 * k] * (b - a - 1)
        labels[np.arange(5), way] += p
        for one, other in itertools.pairwise(way):
            pairs[one, other] += p
    made = targets_of(words, soft, TYPES, np.ones(1))
    assert made.labels == pytest.approx(labels)
    assert made.pairs == pytest.approx(pairs)


def test_spans_that_share_a_word_exclude_each_other():
    words = words_of(["a b c"])
    soft = SoftSpans.of([0, 0], [0, 2], [3, 5], [0, 1], [0.9, 0.9])
    made = targets_of(words, soft, TYPES, np.ones(1))
    assert made.labels.min() >= 0
    assert made.labels.sum(axis=1) == pytest.approx(np.ones(3))
    assert made.labels[1] == pytest.approx([0, 0, 0.5, 0.5, 0])
    assert made.pairs.sum() == pytest.approx(2)
