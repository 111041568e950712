"""Of very many items a student learns from some, and is asked about the others part by part."""

import numpy as np
import pyarrow as pa
import pytest

from labeling.gold import Gold
from labeling.student import opinion, others
from labeling.student.opinion import form, material
from labeling.student.others import Others, drawn, judge_part
from labeling.student.telling import telling
from labeling.student.text import TextStudent
from labeling.texts import Texts
from labeling.votes import Votes

THINGS = ("rain", "snow", "storm", "wind", "sun", "fog", "hail", "heat", "frost", "cloud")
LIST = [
    f"{word} {thing} {n % 7}" for n, thing in enumerate(THINGS * 20) for word in ("lovely", "bad")
]
TEXTS = Texts(pa.array(LIST))
N = len(LIST)
GOOD = np.tile([[0.9, 0.1], [0.1, 0.9]], (N // 2, 1))
NO_GOLD = Gold(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32))
SPOKEN = np.arange(N) % 8 < 6
VOTES = Votes.from_matrix([[n % 2 if n % 8 < 6 else -1] for n in range(N)], n_classes=2)


@pytest.fixture
def small(monkeypatch):
    """A student that learns from 100 items, and reads 30 at once."""
    monkeypatch.setattr(opinion, "MOST_LEARNT", 100)
    monkeypatch.setattr(others, "PART", 30)


def ask(first: int, items=TEXTS, **more):
    return form(
        TextStudent(2), items, GOOD, SPOKEN, NO_GOLD, np.arange(N) >= first,
        twins=lambda at: np.arange(len(at)), votes=VOTES, **more,
    )  # fmt: skip


@pytest.mark.parametrize("first", [0, 300])
@pytest.mark.usefixtures("small")
def test_it_learns_from_some_and_says_the_same_of_the_rest_in_parts_as_at_once(first):
    found = ask(first)
    assert found is not None
    assert len(found.learnt_from) == 100
    assert np.all(SPOKEN[found.learnt_from])
    assert found.out_of_time is (first > 0)
    asked = np.setdiff1d(np.arange(first, N), found.learnt_from)
    np.testing.assert_array_equal(
        found.unseen[asked - first], found.student.predict_proba(TEXTS.take(asked))
    )
    assert np.mean(found.unseen.argmax(axis=1) == GOOD[first:].argmax(axis=1)) > 0.9
    listed = ask(first, items=LIST)
    assert listed is not None
    np.testing.assert_array_equal(found.unseen, listed.unseen)
    np.testing.assert_array_equal(found.hidden, listed.hidden)


@pytest.mark.usefixtures("small")
def test_parts_are_judged_by_whoever_is_asked():
    seen: list[int] = []

    def elsewhere(student, terms, parts):
        for part in parts:
            seen.append(len(part))
            yield judge_part(student, terms, part)

    found, here = ask(0, judge=elsewhere), ask(0)
    assert found is not None
    assert here is not None
    assert seen == [30] * 10
    np.testing.assert_array_equal(found.unseen, here.unseen)


def test_chance_draws_the_same_from_everywhere():
    item = np.arange(10_000) * 3
    some = drawn(item, 1_000)
    np.testing.assert_array_equal(some, drawn(item, 1_000))
    counts = np.histogram(some, bins=10)[0]
    assert counts.min() > 70
    assert counts.max() < 130
    every = material(np.ones(10_000, dtype=bool), NO_GOLD, np.ones(10_000, dtype=bool), 1_000, by_chance=True)  # fmt: skip
    assert len(every) == 1_000
    assert every.min() < 100


def test_terms_that_tell_are_found_among_some_as_among_all():
    student = TextStudent(2).fit(LIST, GOOD)
    whole = telling(student.read(LIST), VOTES)
    every = Others(student, TEXTS, np.arange(N)).telling(VOTES)
    np.testing.assert_array_equal(whole, every)
    quiet = np.flatnonzero(~SPOKEN)
    spoke = np.flatnonzero(SPOKEN)
    weighed = telling(
        student.read(TEXTS.take(np.concatenate([spoke, quiet[::2]]))),
        VOTES,
        np.concatenate([spoke, quiet[::2]]),
        np.repeat([1.0, 2.0], [len(spoke), len(quiet[::2])]),
    )
    assert np.mean(weighed == whole) > 0.95
