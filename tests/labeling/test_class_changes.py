"""What an answer of then means among today's classes."""

import pytest

from labeling.class_changes import ClassChange, class_today, pooled, readings

START = ClassChange("known", {}, ("late", "rude", "ask"))


def rename(old, new, classes, last):
    return ClassChange("rename", {old: new}, classes, last)


RENAMED = [START, rename("late", "delay", ("delay", "rude", "ask"), 10)]
MERGED = [*RENAMED, ClassChange("merge", {"rude": "bad", "delay": "bad"}, ("bad", "ask"), 20)]
RETIRED = [START, ClassChange("retire", {"rude": None}, ("late", "ask"), 10)]
BACK = [*RETIRED, ClassChange("known", {}, ("late", "ask", "rude"), 20)]
SPLIT = [START, ClassChange("split", {"ask": None}, ("late", "rude", "where", "why"), 10)]
CARVED = [START, ClassChange("split", {"ask": None}, ("late", "rude", "ask", "why"), 10)]
SPLIT_AND_BACK = [*SPLIT, ClassChange("known", {}, ("late", "rude", "where", "why", "ask"), 20)]
USED_AGAIN = [*RENAMED, ClassChange("known", {}, ("delay", "rude", "ask", "late"), 20)]
SWAPPED = [
    START,
    rename("late", "x", ("x", "rude", "ask"), 10),
    rename("rude", "late", ("x", "late", "ask"), 10),
    rename("x", "rude", ("rude", "late", "ask"), 10),
]
PARTED = [
    START,
    ClassChange(
        "split", {"ask": None}, ("late", "ask", "why"), 10, detail={"parts": ["ask", "why"]}
    ),
]
ONE_AGAIN = [*PARTED, ClassChange("merge", {"why": "ask"}, ("late", "ask"), 20)]
PART_GONE = [*PARTED, ClassChange("retire", {"why": None}, ("late", "ask"), 20)]
PART_BACK = [
    *PART_GONE,
    ClassChange("known", {}, ("late", "ask", "why"), 30),
    ClassChange("merge", {"why": "q", "ask": "q"}, ("late", "q"), 30),
]
NAME_TAKEN = [*RETIRED, rename("late", "rude", ("rude", "ask"), 20)]
MERGED_INTO_RETIRED = [
    *RETIRED,
    ClassChange("merge", {"late": "rude", "ask": "rude"}, ("rude", "other"), 20),
    ClassChange("known", {}, ("rude", "other", "more"), 20),
]
BACK_AND_RENAMED = [*RETIRED, rename("rude", "harsh", ("late", "ask", "harsh"), 20)]


@pytest.mark.parametrize(
    ("changes", "label", "review", "today"),
    [
        ([], "late", 1, "late"),
        ([START], "late", 1, "late"),
        (RENAMED, "late", 1, "delay"),
        (RENAMED, "late", 10, "delay"),
        (RENAMED, "late", 11, "delay"),  # a late answer from a page that was open
        (RENAMED, "late", None, "delay"),
        (RENAMED, "delay", 11, "delay"),
        (RENAMED, "rude", 1, "rude"),
        (RENAMED, "never heard of", 1, "never heard of"),
        (MERGED, "late", 5, "bad"),
        (MERGED, "delay", 15, "bad"),
        (MERGED, "rude", 1, "bad"),
        (MERGED, "rude", None, "bad"),
        (MERGED, "bad", 25, "bad"),
        (RETIRED, "rude", 5, None),
        (RETIRED, "rude", 15, None),
        (RETIRED, "late", 5, "late"),
        (BACK, "rude", 5, "rude"),  # who puts a retired class back has its answers again
        (BACK, "rude", 25, "rude"),
        (SPLIT, "ask", 5, None),
        (SPLIT, "where", 15, "where"),
        (CARVED, "ask", 5, None),
        (CARVED, "ask", 15, "ask"),  # given by somebody who knew of `why`
        (SPLIT_AND_BACK, "ask", 5, None),
        (SPLIT_AND_BACK, "ask", 25, "ask"),
        (USED_AGAIN, "late", 5, "delay"),
        (USED_AGAIN, "late", 25, "late"),
        (SWAPPED, "late", 5, "rude"),
        (SWAPPED, "rude", 5, "late"),
        (SWAPPED, "rude", 11, "rude"),
        (PARTED, "ask", 5, None),
        (ONE_AGAIN, "ask", 5, "ask"),  # whichever part was meant, it is this one now
        (ONE_AGAIN, "why", 15, "ask"),
        (PART_GONE, "ask", 5, None),  # it may have meant the part that is gone
        (PART_GONE, "ask", 15, "ask"),
        (PART_BACK, "ask", 5, "q"),
        (NAME_TAKEN, "rude", 5, None),  # another class has the name of the retired one now
        (NAME_TAKEN, "late", 5, "rude"),
        (NAME_TAKEN, "rude", 25, "rude"),
        (MERGED_INTO_RETIRED, "rude", 5, None),
        (MERGED_INTO_RETIRED, "ask", 15, "rude"),
        (BACK_AND_RENAMED, "rude", 5, "harsh"),  # put back by hand, and renamed at once
    ],
)
def test_an_answer_means_what_became_of_its_class_since_it_was_given(changes, label, review, today):
    assert class_today(changes, label, review) == today


@pytest.mark.parametrize(
    "changes",
    [
        *(RENAMED, MERGED, RETIRED, BACK, SPLIT, CARVED, SPLIT_AND_BACK, USED_AGAIN, SWAPPED),
        *(PARTED, ONE_AGAIN, PART_GONE, PART_BACK),
        *(NAME_TAKEN, MERGED_INTO_RETIRED, BACK_AND_RENAMED),
    ],
)
def test_the_readings_for_sql_say_the_same_of_every_answer(changes):
    spans = list(readings(changes))
    names = {name for change in changes for name in (*change.classes, *change.moves)}
    for name in names:
        for review in range(1, 31):
            told = [
                today
                for label, after, up_to, today in spans
                if label == name and after < review and (up_to is None or review <= up_to)
            ]
            assert len(told) <= 1
            assert (told[0] if told else name) == class_today(changes, name, review)


@pytest.mark.parametrize(
    ("before", "after", "moves", "places"),
    [
        ("abc", "xbc", {"a": "x"}, [[0], [1], [2]]),
        ("abc", "ac", {"b": "a"}, [[0, 1], [2]]),
        ("abc", "xc", {"a": "x", "b": "x"}, [[0, 1], [2]]),
        ("abc", "ac", {"b": None}, [[0], [2]]),
        ("abc", "axyc", {"b": None}, [[0], [], [], [2]]),
    ],
)
def test_probabilities_of_classes_that_became_one_are_summed(before, after, moves, places):
    assert pooled(before, after, moves) == places
