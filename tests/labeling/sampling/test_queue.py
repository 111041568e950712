"""The learning queue: what it promises whatever the strategy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import GoldError, SamplingError
from labeling.gold import Gold
from labeling.sampling import narrowing
from labeling.sampling.duplicates import near_duplicates
from labeling.sampling.queue import Queue, choose_queue
from labeling.sampling.strategies import STRATEGIES
from labeling.student.calibrate import temperature
from labeling.votes import Votes

WORDS = [a + b + c for a in "bdgklmprst" for b in "aeiou" for c in ("nt", "rk", "sh", "ll")]


def pool(n: int = 120, n_classes: int = 3, seed: int = 0):
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, size=6)) for _ in range(n)]
    proba = rng.dirichlet(np.ones(n_classes), n)
    votes = Votes.from_matrix(rng.integers(-1, n_classes, (n, 4)), n_classes)
    return texts, proba, votes


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_gives_distinct_items_with_a_reason(strategy):
    texts, proba, votes = pool()
    gold = Gold(np.arange(30), (np.arange(30) % 3).astype(np.int32))
    queue = choose_queue(
        texts, proba, 20, strategy=strategy, labelled=gold, consensus=proba[::-1], votes=votes
    )
    assert len(set(queue.item.tolist())) == len(queue) > 0
    assert len(queue.why) == len(queue.strategy) == len(queue.score) == len(queue)
    assert all(queue.why)
    if strategy != "re-review":
        assert len(queue) == 20
        assert not set(queue.item.tolist()) & set(range(30))


@settings(max_examples=10, deadline=None)
@given(
    st.integers(1, 60), st.floats(0, 1), st.sampled_from(["margin", "margin-cluster", "typical"])
)
def test_the_random_share_is_as_large_as_asked_and_carries_its_probability(n, share, strategy):
    texts, proba, _ = pool(60)
    pairs = near_duplicates(texts)
    queue = choose_queue(
        texts, proba, n, strategy=strategy, labelled=np.arange(5), random_share=share, pairs=pairs
    )
    at_random = ~np.isnan(queue.probability)
    assert [s == "random" for s in queue.strategy] == at_random.tolist()
    if len(queue) == n:
        assert at_random.sum() == int(np.ceil(share * n))
    assert np.all((queue.probability[at_random] > 0) & (queue.probability[at_random] <= 1))


def test_the_random_share_draws_each_item_with_the_probability_it_states():
    texts = [f"{word} {other}" for word in WORDS[:6] for other in WORDS[100:105]]
    proba = np.tile([0.5, 0.5], (30, 1))
    pairs = near_duplicates(texts, threshold=1.0)
    drawn = np.zeros(30)
    stated = 0.0
    for seed in range(600):
        queue = choose_queue(
            texts, proba, 10, strategy="margin", random_share=0.3, seed=seed, pairs=pairs
        )
        drawn[queue.item[~np.isnan(queue.probability)]] += 1
        stated = float(queue.probability[~np.isnan(queue.probability)][0])
    assert stated == pytest.approx(3 / 30)
    # 600 draws at 0.1: standard deviation 0.012; 5 of them for the largest of 30.
    assert np.all(np.abs(drawn / 600 - stated) < 0.06)


def test_a_queue_holds_no_two_near_duplicates_and_none_of_what_is_labelled():
    texts, proba, _ = pool(80)
    twins = [text.upper() + "!!" for text in texts[:40]]
    everything = texts + twins
    queue = choose_queue(
        everything, np.vstack([proba, proba[:40]]), 60, strategy="margin", labelled=np.arange(10)
    )
    source = [item if item < 80 else item - 80 for item in queue.item.tolist()]
    assert len(set(source)) == len(source)
    assert not set(source) & set(range(10))


def test_the_same_seed_gives_the_same_queue_and_another_seed_another():
    texts, proba, _ = pool()
    first, again, other = (choose_queue(texts, proba, 20, seed=s) for s in (1, 1, 2))
    assert first.item.tolist() == again.item.tolist()
    assert first.item.tolist() != other.item.tolist()


def test_auto_starts_with_what_is_typical_and_goes_on_with_what_is_unsure():
    texts, proba, votes = pool()
    cold = choose_queue(texts, proba, 10, labelled=np.arange(10))
    warm = choose_queue(texts, proba, 10, labelled=np.arange(100))
    weak = choose_queue(texts, proba, 10, votes=votes)
    assert [set(q.strategy) - {"random"} for q in (cold, warm, weak)] == [
        {"typical"},
        {"margin-cluster"},
        {"margin-cluster"},
    ]


def test_answers_to_a_queue_are_refused_where_they_would_measure():
    texts, proba, _ = pool()
    queue = choose_queue(texts, proba, 40, strategy="random")
    gold = Gold(queue.item, np.zeros(40, dtype=np.int32))
    with pytest.raises(GoldError, match="learning queue"):
        temperature(proba, proba, np.ones(len(texts), dtype=bool), gold)


def test_ten_thousand_entries_and_an_empty_pool_are_no_trouble():
    texts, proba, _ = pool()
    assert len(choose_queue(texts, proba, 10_000)) == len(texts)
    nothing = choose_queue(texts, proba, 5, labelled=np.arange(len(texts)))
    assert len(nothing) == 0
    assert isinstance(nothing, Queue)
    assert len(choose_queue([], None, 5)) == 0


def test_blank_texts_collapse_to_one():
    queue = choose_queue(["", "  ", "\t", ""], None, 4)
    assert len(queue) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "at least 1"),
        ({"strategy": "clever"}, "no strategy 'clever'; there are auto, random"),
        ({"strategy": "teaching"}, "needs votes"),
        ({"strategy": "disagreement"}, "needs consensus"),
        ({"strategy": "re-review", "labelled": np.arange(3)}, "needs labelled to be a Gold"),
        ({"strategy": "margin", "proba": None}, "needs proba"),
        ({"proba": np.ones((3, 2))}, "there are 120 items"),
        ({"random_share": 1.5}, "0..1"),
        ({"labelled": np.array([500])}, "item 500"),
    ],
)
def test_what_cannot_be_chosen_is_said(arguments, message):
    texts, proba, _ = pool()
    given_ = {"proba": proba, "n": 5} | arguments
    with pytest.raises(SamplingError, match=message):
        choose_queue(texts, given_.pop("proba"), given_.pop("n"), **given_)


def test_images_go_through_the_same_queue():
    rng = np.random.default_rng(0)
    images = rng.random((50, 8, 8))
    images[25:] = images[:25]
    queue = choose_queue(images, None, 50)
    assert len(queue) == 25


def test_task_yaml_offers_every_strategy_but_re_review_which_has_a_table_of_its_own():
    from typing import get_args

    from labeling.sampling.strategies import STRATEGIES
    from resources.task.settings.schema import Queue

    offered = get_args(Queue.model_fields["strategy"].annotation)
    assert set(offered) == set(STRATEGIES) - {"re-review"}


@pytest.mark.parametrize("strategy", ["margin-cluster", "typical", "teaching", "density"])
def test_items_that_nobody_could_label_come_first_and_take_half(strategy):
    texts, proba, votes = pool()
    proba[:30] = [0.9, 0.05, 0.05]
    first = np.arange(120) < 30
    for n, chosen_first in ((20, 10), (50, 25), (80, 30)):
        queue = choose_queue(
            texts, proba, n, strategy=strategy, consensus=proba, votes=votes, random_share=0,
            first=first,
        )  # fmt: skip
        assert len(set(queue.item.tolist())) == n
        assert first[queue.item[:chosen_first]].all()
        assert first[queue.item].sum() == chosen_first


def test_items_that_nobody_could_label_take_what_the_others_leave():
    texts, proba, votes = pool()
    first = np.arange(120) >= 5
    queue = choose_queue(
        texts, proba, 40, consensus=proba, votes=votes, random_share=0, first=first
    )
    assert len(set(queue.item.tolist())) == 40
    assert (~first)[queue.item].sum() == 5


def test_the_random_share_is_drawn_from_all_items_whoever_comes_first():
    texts, proba, votes = pool()
    first = np.arange(120) < 60
    queue = choose_queue(
        texts, proba, 40, consensus=proba, votes=votes, random_share=0.5, first=first
    )
    drawn = queue.item[~np.isnan(queue.probability)]
    assert 0 < first[drawn].sum() < len(drawn) == 20
    assert first[queue.item[np.isnan(queue.probability)]].sum() >= 10


def test_of_many_items_the_doubtful_are_found_and_the_random_share_states_both_draws(monkeypatch):
    monkeypatch.setattr(narrowing, "MOST_CANDIDATES", 40)
    texts = [f"{word} {other}" for word in WORDS[:20] for other in WORDS[100:110]]
    proba = np.tile([0.99, 0.01], (200, 1))
    doubtful = np.array([7, 60, 133, 199])
    proba[doubtful] = [0.5, 0.5]
    asked: list[int] = []

    def pairs(place):
        asked.append(len(place))
        return near_duplicates([texts[i] for i in place.tolist()], threshold=1.0)

    drawn = np.zeros(200)
    stated = 0.0
    for seed in range(400):
        queue = choose_queue(
            texts, proba, 6, strategy="margin", random_share=1 / 3, seed=seed, pairs=pairs,
            labelled=np.arange(5),
        )  # fmt: skip
        at_random = ~np.isnan(queue.probability)
        drawn[queue.item[at_random]] += 1
        stated = float(queue.probability[at_random][0])
        assert set(queue.item[~at_random].tolist()) >= set(doubtful) - set(queue.item[at_random])
        assert not set(queue.item.tolist()) & set(range(5))
    assert max(asked) <= 45
    assert stated == pytest.approx(2 / 195)
    # 400 draws at 0.0103: standard deviation 0.005; 5 of them for the largest of 195.
    assert np.all(np.abs(drawn[5:] / 400 - stated) < 0.026)


@pytest.mark.parametrize("strategy", ["typical", "density", "teaching", "disagreement", "entropy"])
def test_every_strategy_takes_many_items_with_their_votes_and_features(monkeypatch, strategy):
    monkeypatch.setattr(narrowing, "MOST_CANDIDATES", 30)
    texts, proba, votes = pool(80)
    queue = choose_queue(
        texts, proba, 5, strategy=strategy, votes=votes, consensus=proba[::-1], seed=3,
        features=np.eye(80), labelled=Gold(np.arange(4), np.zeros(4, dtype=np.int32)),
    )  # fmt: skip
    assert len(set(queue.item.tolist())) == 5
    assert min(queue.item.tolist()) >= 4
