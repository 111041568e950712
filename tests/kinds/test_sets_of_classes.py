"""Answers that are sets of classes: written, read, counted as votes on units, put together."""

import json
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.kinds.asking import Form
from labeling.kinds.classes import ClassSpec
from labeling.kinds.kind import UNDECIDED, AnswerError, Answers
from labeling.kinds.several.kind import Several
from labeling.kinds.several.limits import Limits
from labeling.kinds.several.reader import SetReader
from labeling.kinds.units import Units

CLASSES = ("late", "broken", "lost and found", "praise")
SPECS = (
    ClassSpec("late", synonyms=("delayed",)),
    ClassSpec("broken"),
    ClassSpec("lost and found"),
    ClassSpec("praise"),
)
KIND = Several()
READER = SetReader(SPECS, Limits())
SETS = st.sets(st.sampled_from(CLASSES))


def read(answer, limits=None, **more):
    return SetReader(SPECS, limits or Limits()).read(answer, **more)


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ('{"labels": ["late", "broken"]}', ["broken", "late"]),
        ('{"labels": []}', []),
        ('{"labels": ["none"]}', []),
        ('{"reasoning": "It is not broken.", "labels": ["Delayed"]}', ["late"]),
        ('```json\n{"labels": ["praise"]}\n```', ["praise"]),
        ('["praise", "late"]', ["late", "praise"]),
        ('```\n["praise"]\n```', ["praise"]),
        ('{"late": true, "broken": false, "lost and found": false, "praise": true}', ["late", "praise"]),
        ("late, broken", ["broken", "late"]),
        ("late and broken", ["broken", "late"]),
        ("late, broken, and praise", ["broken", "late", "praise"]),
        ("lost and found", ["lost and found"]),
        ("Lost and found, late.", ["late", "lost and found"]),
        ("- late\n- praise", ["late", "praise"]),
        ("1. late\n2. praise", ["late", "praise"]),
        ("Labels: late, praise", ["late", "praise"]),
        ("It came late.\nLabels: late", ["late"]),
        ("Labels:\n- late\n- broken", ["broken", "late"]),
        ("NONE", []),
        ("Labels: NONE", []),
        ("None of these.", []),
        ("<think>broken?</think>late", ["late"]),
        ("**late**, **praise**", ["late", "praise"]),
        ("late\nConfidence: 0.8", ["late"]),
        ("Labels: []", []), ("N/A", []), ("[late, broken]", ["broken", "late"]),
        ("Labels: late\n\nThe writer says that it came late.", ["late"]),
        ("late, broken\n\nIt came late, and a part is broken.", ["broken", "late"]),
    ],
)  # fmt: skip
def test_a_list_is_read_however_it_is_written(answer, names):
    assert json.loads(str(read(answer).label)) == names


@pytest.mark.parametrize(
    "answer",
    [
        "", "late, perhaps broken", "late, angry", "not late", "late or broken", "late, NONE",
        '{"labels": ["late", "angry"]}', '{"labels": "angry"}', '{"labels": [1]}', '{"answer": {}}',
        '{"late": true, "praise": false}', '{"late": "yes", "broken": 1, "lost and found": 0, "praise": 0}',
        '{"labels": ["late"]} or {"labels": ["broken"]}', '{"labels": ["late"]} Wait, broken.',
        '["late"', "The item could be late.", 'For example {"labels": ["late"]}', "Labels:",
        '["late"] and broken too', "Labels: late\nThe item is not broken.", "late\nThis is not late.",
        "late: yes\nbroken: no", "\u2705 late\n\u274c broken", "late \u2713\nbroken \u2717", "late, !broken",
        "late, -broken", "~broken", "\u00acbroken", "+ late\n- broken", "| late | \u2713 |\n| broken | |",
        "( ) late\n( ) broken", '{"labels": ["!broken", "late"]}', "late: \nbroken: ", "late?",
        '{"label": "broken", "applies": false}', '{"labels": ["late"], "answer": ["late", "broken"]}',
        "Labels: late\nNot: broken", "late (not praise)", "- [x] late\n- [ ] broken",
    ],
)  # fmt: skip
def test_a_list_with_a_word_that_is_no_class_is_not_read(answer):
    assert read(answer).label is None
    assert read(answer).reason


def test_a_cut_or_refused_answer_is_no_list():
    assert read("late", finish_reason="length").cut
    assert read("", refusal="I cannot").refused
    assert read("I'm sorry, I can't help with that.").refused
    assert read("<think>late").label is None


def test_a_list_that_the_task_does_not_allow_is_asked_for_again_with_the_reason():
    limits = Limits(at_most=2, none_allowed=False, excludes=(("praise", "broken"),))
    assert read("NONE", limits).reason == "at least one class is needed"
    assert read("late, broken, praise", limits).reason == "broken and praise exclude each other"
    again = SetReader(SPECS, limits).again(SPECS, "at least one class is needed")
    assert "at least one class is needed" in again
    assert "NONE" not in again


def test_stated_confidence_is_read_from_both_forms():
    assert read('{"labels": ["late"], "confidence": 0.7}').confidence == 0.7
    assert read("Labels: late\nConfidence: 70%").confidence == 0.7


@given(SETS, st.booleans(), st.booleans(), st.booleans())
def test_what_an_example_shows_is_read_as_what_it_is(names, as_json, reasoning, stated):
    form = Form(json=as_json, reasoning=reasoning, stated=stated)
    answer = KIND.checked(json.dumps(sorted(names)), CLASSES)
    assert READER.read(KIND.example(form, answer)).label == answer
    assert all(name in KIND.instruction(form, SPECS) for name in CLASSES)


@given(st.lists(SETS, min_size=1, max_size=8))
def test_whole_answers_taken_apart_and_put_together_are_the_same(sets):
    texts = [KIND.checked(json.dumps(sorted(names)), CLASSES) for names in sets]
    rows = Answers.of(range(len(sets)), texts)
    units = KIND.units(len(sets), rows, CLASSES)
    cast = KIND.cast(units, rows, CLASSES)
    assert len(cast.unit) == units.n_units
    label = np.full(units.n_units, UNDECIDED)
    label[cast.unit] = cast.label
    sure = np.eye(2)[label]
    assert KIND.assemble(units, label, sure, CLASSES) == texts
    by_class = KIND.by_class(sure, len(CLASSES))
    assert (KIND.believed(by_class) == sure).all()
    assert (KIND.naming(texts, CLASSES) == (by_class == 1)).all()


@given(SETS, SETS, st.integers(1, 4), st.booleans())
def test_what_is_put_together_is_always_allowed(names, pair, most, none_allowed):
    limits = Limits(most, none_allowed, (tuple(sorted(pair)),) if len(pair) > 1 else ())
    kind = Several(limits)
    label = np.array([int(name in names) for name in CLASSES])
    sure = np.where(label[:, None] == [0, 1], 0.75, 0.25)
    (answer,) = kind.assemble(Units.each(1, len(CLASSES)), label, sure, CLASSES)
    assert limits.problem(json.loads(str(answer))) is None
    assert kind.checked(str(answer), CLASSES) == answer


def test_a_vote_on_one_class_says_nothing_of_the_others():
    rows = Answers.of([0, 0, 1], ["late", "not praise", "angry"])
    cast = KIND.cast(Units.each(2, len(CLASSES)), rows, CLASSES)
    assert cast.row.tolist() == [0, 1]
    assert cast.unit.tolist() == [0, 3]
    assert cast.label.tolist() == [1, 0]


def test_a_set_is_wrong_where_one_class_differs_and_a_vote_where_it_is_contradicted():
    answers = (*CLASSES, '["late"]', '["late", "praise"]', "not praise")
    code = {text: at for at, text in enumerate(answers)}

    def wrong(given, gold):
        said, so = (np.array([code[one]], dtype=np.int32) for one in (given, gold))
        return bool(KIND.wrong(said, so, answers)[0])

    assert wrong('["late"]', '["late", "praise"]')
    assert not wrong('["late", "praise"]', '["late", "praise"]')
    assert not wrong("late", '["late", "praise"]')
    assert wrong("not praise", '["late", "praise"]')
    assert not wrong("not praise", '["late"]')


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ('["angry"]', "'angry' names no class"),
        ("angry", "'angry' is no list of classes"),
        ('["late", "broken", "lost and found"]', "3 classes are named, and at most 2 may be"),
        ('["broken", "praise"]', "broken and praise exclude each other"),
        ("[]", "at least one class is needed"),
        ('[["late"]]', "is no list of classes"),
    ],
)
def test_an_answer_that_is_none_says_what_is_allowed(answer, problem):
    kind = Several(Limits(at_most=2, none_allowed=False, excludes=(("broken", "praise"),)))
    with pytest.raises(AnswerError, match="allowed: late, broken, lost and found, praise") as found:
        kind.checked(answer, CLASSES)
    assert problem in str(found.value)


def test_lists_follow_their_classes_and_end_with_them():
    today = {"late": "delayed", "praise": None}
    assert KIND.carried('["broken", "late"]', lambda n: today.get(n, n)) == '["broken", "delayed"]'
    assert KIND.carried('["late", "praise"]', lambda n: today.get(n, n)) is None
    assert KIND.carried("not late", lambda n: today.get(n, n)) == "not delayed"
    assert KIND.carried("[]", lambda n: today.get(n, n)) == "[]"


def test_limits_are_part_of_what_a_prompt_is():
    assert Several(Limits(at_most=2)).meaning() != Several().meaning()


def test_the_likeliest_set_keeps_the_surer_of_two_that_exclude_each_other():
    kind = Several(Limits(excludes=(("late", "broken"),)))
    label, sure = np.array([1, 1, 0, 1]), np.array([0.7, 0.9, 0.1, 0.6])
    posterior = np.column_stack([1 - sure, sure])
    found = kind.assemble(Units.each(1, 4), label, posterior, CLASSES)
    assert found == ['["broken", "praise"]']


def test_silence_about_a_class_is_heard_where_somebody_spoke_of_the_item():
    voted = np.array([True, False, False, False, False, False, False, False])
    units = Units.each(2, len(CLASSES))
    assert KIND.heard(units, voted).tolist() == [True] * 4 + [False] * 4


def test_of_items_without_a_vote_nothing_is_believed_and_nothing_put_together():
    units = Units.each(1, len(CLASSES))
    label = np.full(4, UNDECIDED)
    assert KIND.assemble(units, label, np.full((4, 2), 0.5), CLASSES) == [None]
    label[:3] = 0
    assert KIND.assemble(units, label, np.full((4, 2), 0.5), CLASSES) == [None]


def test_of_no_item_nothing_is_sure():
    assert KIND.certainty(Units.each(0, len(CLASSES)), np.zeros(0)).tolist() == []


def test_a_sign_that_a_class_is_spelt_with_belongs_to_it():
    reader = SetReader((ClassSpec("C++"), ClassSpec("on-time"), ClassSpec("Q&A?")), Limits())
    assert reader.read("C++, on time").label == '["C++", "on-time"]'
    assert reader.read("Q&A?").label == '["Q&A?"]'


def test_a_list_of_classes_that_exclude_each_other_since_they_were_merged_is_read_no_more():
    kind = Several(Limits(excludes=(("praise", "broken"),)))
    today = {"late": "praise"}
    assert kind.carried('["broken", "late"]', lambda n: today.get(n, n)) is None
    assert kind.carried('["late"]', lambda n: today.get(n, n)) == '["praise"]'
    assert kind.carried('["broken", "praise"]', lambda n: n) == '["broken", "praise"]'


@given(
    st.lists(st.floats(0.01, 0.99), min_size=6, max_size=6),
    st.lists(st.sets(st.sampled_from("abcdef"), min_size=2), max_size=3),
    st.booleans(),
)
def test_the_likeliest_set_is_that_of_all_sets_that_are_allowed(share, groups, none_allowed):
    limits = Limits(None, none_allowed, tuple(tuple(sorted(group)) for group in groups))
    found = limits.likeliest(np.array(share), tuple("abcdef"))

    def worth(names):
        return sum(np.log(p / (1 - p)) for n, p in zip("abcdef", share, strict=True) if n in names)

    every = [set(names) for k in range(7) for names in combinations("abcdef", k)]
    allowed = [names for names in every if limits.problem(names) is None]
    assert limits.problem(found) is None
    assert worth(found) == pytest.approx(max(map(worth, allowed)))


def test_thirty_classes_of_which_one_applies_are_no_search():
    names = tuple(f"class {at}" for at in range(30))
    found = Limits(excludes=(names,)).likeliest(np.linspace(0.6, 0.9, 30), names)
    assert found == ("class 29",)
