"""What answers before the dear prompt, and gold that stands for the batch."""

import numpy as np
import pyarrow as pa
import pytest

from labeling.cascades.cheap import drawn_alike, of_panel, of_prompt, ties_of
from labeling.cascades.promise import Promise
from labeling.cascades.threshold import SILENT, Threshold
from labeling.cascades.wording import in_words

PROMISE = Promise(0.9, 0.1)


def test_an_answer_without_a_confidence_is_less_sure_than_any_and_surer_than_silence():
    votes = pa.table({"item_id": ["a", "b"], "label": ["X", "Y"], "confidence": [None, 0.4]})
    said = of_prompt(["a", "b", "c"], votes)
    assert said.label == ["X", "Y", None]
    assert said.score.tolist() == [0.0, 0.4, SILENT]


def test_a_panel_is_surer_where_more_of_it_agrees_and_silent_where_nobody_spoke():
    rows = [
        ("a", "u", "X"),
        ("a", "v", "X"),
        ("a", "w", "X"),
        ("b", "u", "X"),
        ("b", "v", "X"),
        ("b", "w", "Y"),
    ]
    rows += [(f"{n}", voter, "Y") for n in range(20) for voter in "uvw"]
    votes = pa.table(
        dict(zip(("item_id", "voter", "label"), map(list, zip(*rows, strict=True)), strict=True))
    )
    said = of_panel(["a", "b", "c", *map(str, range(20))], votes, ["X", "Y"])
    assert said.label[:3] == ["X", "X", None]
    assert said.score[0] > said.score[1] > said.score[2] == SILENT


def test_no_voter_at_all_leaves_everything_silent():
    none = pa.table(
        {
            "item_id": pa.array([], pa.string()),
            "voter": pa.array([], pa.string()),
            "label": pa.array([], pa.string()),
        }
    )
    assert of_panel(["a"], none, ["X", "Y"]).score.tolist() == [SILENT]


def test_items_that_were_drawn_more_often_are_thinned_within_their_batch_alone():
    n = 4_000
    items = [f"i{at}" for at in range(2 * n)]
    batches = ["one"] * n + ["two"] * n
    chance = np.concatenate([np.where(np.arange(n) % 2, 0.2, 0.5), np.full(n, 0.9)])
    kept = drawn_alike(items, batches, chance)
    assert kept[:n][np.arange(n) % 2 == 1].all()
    assert kept[:n][np.arange(n) % 2 == 0].mean() == pytest.approx(0.4, abs=0.04)
    assert kept[n:].all()


def test_ties_are_spread_evenly_and_hang_on_the_item_alone():
    ties = ties_of([f"item {at}" for at in range(2_000)])
    assert ties.mean() == pytest.approx(0.5, abs=0.03)
    assert ties_of(["item 7"])[0] == ties[7]


@pytest.mark.parametrize(
    ("n_gold", "dear_right", "labels", "says"),
    [
        (0, 0, [], "no audited item of earlier batches is reviewed"),
        (10, 0, ["A", "B"], "10 audited items of earlier batches cannot prove 90 %; it takes 23 at least"),
        (60, 0, ["A"], "all 60 audited items are A, which proves nothing of the other classes"),
        (200, 150, ["A", "B"], "150 of 200 audited items, so 90 % is more than it reaches; lower `guarantee`"),
        (200, 183, ["A", "B"], "183 of 200 audited items, and it takes 187 to prove 90 %; more reviews"),
    ],
)  # fmt: skip
def test_why_nothing_is_proven_is_told_with_what_to_do(n_gold, dear_right, labels, says):
    found = Threshold("everywhere", 0.0, 0.0, False, n_gold, dear_right, 187, dear_right, 0)
    assert says in in_words(found, PROMISE, 2_000, "prompt small", labels)


@pytest.mark.parametrize(
    ("asks", "says"),
    [
        ("below", "asked where prompt small is less sure than 0.81, or silent; 190 of 200 audited items"),
        ("nowhere", "asked where prompt small is silent, and nowhere else; 190 of 200 audited items"),
    ],
)  # fmt: skip
def test_what_is_proven_is_told_with_its_proof(asks, says):
    found = Threshold(asks, 0.81, 0.5, True, 200, 190, 190, 195, 150)
    sentence = in_words(found, PROMISE, 2_000, "prompt small", ["A", "B"])
    assert says in sentence
    assert sentence.endswith("190 prove 90 %, missed in at most 10 % of batches")


def test_a_promise_that_no_gold_can_prove_says_so_at_once():
    strict = Promise(0.999, 0.001)
    found = Threshold("everywhere", 0.0, 0.0, False, 60, 0, 61, 0, 0)
    said = in_words(found, strict, 2_000, "prompt small", ["A", "B"], most=1_000)
    assert said.startswith("asked everywhere: it takes ")
    assert said.endswith("the newest 1,000 count; lower `guarantee`, or allow a greater `risk`")
    assert "the newest" not in in_words(found, PROMISE, 2_000, "prompt small", ["A"], most=1_000)
