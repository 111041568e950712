import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import QualityError
from labeling.quality.alarms.early import Snapshot, early_warnings, mean_signal, share_signal
from labeling.quality.alarms.signal_names import slice_name, voter_signal
from labeling.quality.alarms.words import nearest_each, word_shift
from labeling.votes import ABSTAIN

VOTERS, CLASSES = ["a", "b", "c", "d"], ["HAM", "SPAM"]


def snapshot(rng, items=500, flip=0.15, silent=None, random=None, spam=0.4):
    truth = (rng.random(items) < spam).astype(np.int32)
    votes = np.where(rng.random((items, 4)) < flip, 1 - truth[:, None], truth[:, None])
    votes = np.where(rng.random((items, 4)) < 0.3, ABSTAIN, votes).astype(np.int32)
    if silent is not None:
        votes[:, silent] = ABSTAIN
    if random is not None:
        votes[:, random] = np.where(votes[:, random] == ABSTAIN, ABSTAIN, rng.integers(0, 2, items))
    label = np.where((votes == 1).sum(1) > (votes == 0).sum(1), 1, 0).astype(np.int32)
    sure = np.abs((votes == 1).sum(1) - (votes == 0).sum(1)) / 8 + 0.5
    return Snapshot(votes, label, sure, np.exp(rng.normal(4, 0.5, items)))


def warned(rng, **change):
    found = early_warnings(snapshot(rng, 2000), snapshot(rng, **change), VOTERS, CLASSES)
    return {signal.name for signal in found if signal.warned}


def test_nothing_changed_warns_in_few_batches():
    rng = np.random.default_rng(0)
    assert np.mean([bool(warned(rng)) for _ in range(60)]) <= 0.05


def test_a_silent_voter_and_a_shifted_class_are_seen_always():
    rng = np.random.default_rng(1)
    for _ in range(10):
        assert "coverage/b" in warned(rng, silent=1)
        assert "class/SPAM" in warned(rng, spam=0.8)


def test_a_voter_answering_at_random_shows_as_conflict():
    rng = np.random.default_rng(2)
    assert np.mean(["conflict" in warned(rng, random=0, items=3000) for _ in range(20)]) > 0.8


def test_a_change_of_meaning_stays_invisible_which_is_why_it_is_not_accuracy():
    """Labels all wrong, votes as before: no signal may pretend to know."""
    rng = np.random.default_rng(3)
    same = snapshot(rng, 2000)
    assert not any(s.warned for s in early_warnings(same, same, VOTERS, CLASSES))


def test_a_tiny_shift_on_many_items_is_no_warning():
    assert not share_signal("conflict", (100_000, 103_000), (10**6, 10**6), 0.2).warned
    rng = np.random.default_rng(4)
    before, now = rng.normal(0, 1, 200_000), rng.normal(0.03, 1, 200_000)
    assert not mean_signal("length", before, now, 0.2).warned


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_effects_change_sign_with_their_sides(a, b, c, d):
    n, m = a + b, c + d
    one = share_signal("x", (a, c), (n, m), 0.2)
    other = share_signal("x", (c, a), (m, n), 0.2)
    assert one.effect == pytest.approx(-other.effect)
    assert one.warned == other.warned


def test_signals_of_voters_and_classes_with_slashes_are_told_apart():
    one = Snapshot(np.zeros((9, 2), np.int32), np.zeros(9, np.int32))
    found = early_warnings(one, one, ["rule/a", "rule/a/b"], ["c", "b/c"])
    names = [signal.name for signal in found if signal.name.startswith("voter/")]
    assert len(set(names)) == 4


_SAID = st.text("a/=%", max_size=2)


@settings(deadline=None, max_examples=1000)
@given(*[st.tuples(_SAID, _SAID)] * 2)
def test_two_signals_or_slices_never_share_a_name(one, other):
    assert (voter_signal(*one) == voter_signal(*other)) == (one == other)
    assert (slice_name(*one) == slice_name(*other)) == (one == other)
    assert not slice_name(*one).startswith(("voter/", "class/"))


def test_an_empty_batch_warns_of_nothing():
    rng = np.random.default_rng(5)
    none = Snapshot(np.zeros((0, 4), np.int32), np.zeros(0, np.int32), np.zeros(0), np.zeros(0))
    assert not any(s.warned for s in early_warnings(snapshot(rng), none, VOTERS, CLASSES))


def test_a_constant_that_moved_is_an_endless_effect():
    moved = mean_signal("votes_per_item", np.full(9, 2.0), np.full(9, 1.0), 0.2)
    assert moved.warned
    assert moved.effect == -np.inf


def test_votes_need_a_column_for_each_voter():
    same = snapshot(np.random.default_rng(6))
    with pytest.raises(QualityError, match="3 voters"):
        early_warnings(same, same, VOTERS[:3], CLASSES)


def test_new_words_are_named_with_the_texts_that_hold_them():
    before = ["nice song love it", "great video", "love this"] * 40
    now = ["nice song", "great video"] * 30 + ["free crypto airdrop now"] * 15
    shift = word_shift(before, now)
    assert {w.word for w in shift.words} == {"free", "crypto", "airdrop", "now"}
    assert shift.examples[0] == 60
    assert shift.unknown.warned
    same = word_shift(before, before)
    assert same.words == []
    assert not same.unknown.warned


def test_nearest_texts_are_found_and_empty_references_are_no_error():
    before = ["nice song", "crypto for free", "free"]
    assert nearest_each(["free crypto", "a song", "free"], before) == [1, 0, 2]
    assert nearest_each(["a word of its own"], before) == [0], "the first, where none is near"
    assert nearest_each(["x"], []) == []
    assert nearest_each([], before) == []
    assert nearest_each(["word", "?"], ["!", "?"]) == [0, 0]
    assert word_shift([], ["a text"]).words == []


def test_an_estimated_accuracy_that_rises_is_no_warning_and_one_that_falls_is():
    rng = np.random.default_rng(4)
    votes = rng.integers(0, 2, (400, 3)).astype(np.int32)

    def warned(before: float, now: float) -> bool:
        sure = [np.clip(rng.normal(mean, 0.05, 400), 0, 1) for mean in (before, now)]
        found = early_warnings(
            Snapshot(votes, votes[:, 0], sure[0]),
            Snapshot(votes, votes[:, 0], sure[1]),
            ["a", "b", "c"],
            ["HAM", "SPAM"],
        )
        return next(s.warned for s in found if s.name == "estimated_accuracy")

    assert not warned(0.7, 0.9)
    assert warned(0.9, 0.7)
