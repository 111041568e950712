"""Audited batches whose labels are sets of classes: told as wholes, and class by class."""

from functools import partial

import numpy as np

from labeling.kinds.several.kind import Several
from labeling.quality.alarms.diagnosis import diagnose
from labeling.quality.estimates.labelled import MISSING, LabelledBatch
from labeling.sampling.audits.design import AuditDesign

CLASSES = ("late", "broken", "praise")
SETS = ("[]", '["late"]', '["broken"]', '["broken", "late"]', '["late", "praise"]')
ANSWERS = (*CLASSES, "not late", *SETS)
KIND = Several()


def batch_of(labels, gold, name="a"):
    """A batch of sets, all of it drawn, in the order of its items."""
    code = {text: at for at, text in enumerate(ANSWERS)}
    said, so = (np.array([code.get(one, MISSING) for one in of], np.int32) for of in (labels, gold))
    n = len(said)
    design = AuditDesign(np.zeros(n, np.int64), np.array([max(n, 1)]))
    return LabelledBatch(
        name, said, design, np.arange(n), so, len(ANSWERS),
        partial(KIND.wrong, answers=ANSWERS), KIND.naming(ANSWERS, CLASSES),
    )  # fmt: skip


def test_a_set_is_right_as_a_whole_and_each_class_on_its_own():
    batch = batch_of(
        ['["broken", "late"]', '["late"]', "[]", '["late"]'],
        ['["late"]', '["late", "praise"]', "[]", None],
    )
    whole = batch.audited()
    assert whole.wrong.tolist() == [True, True, False, False]
    late, broken, praise = (batch.audited(of_class=at) for at in range(3))
    assert late.member.tolist() == [True, True, False, True]
    assert late.wrong.tolist() == [False, False, False, False]
    assert broken.wrong.tolist() == [True, False, False, False]
    assert not praise.member.any()


def test_a_class_sees_the_labels_that_name_it_and_whether_gold_does():
    batch = batch_of(['["broken", "late"]', '["late"]'], ['["late"]', '["broken"]'])
    seen = batch.as_class(CLASSES.index("late"))
    assert (seen.label != MISSING).tolist() == [True, True]
    assert seen.audited().wrong.tolist() == [False, True]
    seen = batch.as_class(CLASSES.index("broken"))
    assert (seen.label != MISSING).tolist() == [True, False]
    assert seen.audited().wrong.tolist() == [True, False]


def test_a_label_follows_the_votes_that_it_does_not_contradict():
    batch = batch_of(['["late"]'] * 5, [None] * 5)
    code = {text: at for at, text in enumerate(ANSWERS)}
    votes = [code[v] for v in ("late", "broken", "not late", '["late"]', '["broken", "late"]')]
    assert batch.follows(np.array(votes, np.int32)).tolist() == [True, False, False, True, False]
    assert not batch.follows(np.full(5, MISSING, np.int32)).any()


def test_an_alarm_is_traced_to_the_class_that_is_named_too_often():
    labels = ['["broken", "late"]'] * 30 + ['["late"]'] * 30
    found = diagnose([batch_of(labels, ['["late"]'] * 60)], 0.05, CLASSES)
    assert found.slices[0].name == "class/broken"
    assert found.slices[0].errors == 30


def test_a_class_is_suspected_for_its_own_mistakes_and_not_for_those_of_its_neighbours():
    labels = ['["broken", "late"]'] * 40 + ['["late"]'] * 40 + ["[]"] * 40
    gold = ['["late"]'] * 40 + ['["late"]'] * 40 + ["[]"] * 40
    found = diagnose([batch_of(labels, gold)], 0.1, CLASSES, about=LabelledBatch.about)
    assert {one.name: one.errors for one in found.slices} == {"class/broken": 40, "class/late": 0}
    assert found.slices[0].name == "class/broken"
    assert found.slices[1].suspicion == 0


def test_a_class_that_is_missed_is_suspected_though_no_label_names_it():
    labels = ['["late"]'] * 80 + ["[]"] * 40
    gold = ['["broken", "late"]'] * 30 + ['["late"]'] * 50 + ["[]"] * 40
    found = diagnose([batch_of(labels, gold)], 0.1, CLASSES, about=LabelledBatch.about)
    assert {one.name: one.errors for one in found.slices} == {"class/broken": 30, "class/late": 0}
    assert found.slices[0].name == "class/broken"
    assert "class broken: 30 of 30 reviewed items wrong about it" in found.next_steps[0]


def test_a_voter_is_suspected_for_what_it_said_and_not_for_what_others_added():
    batch = batch_of(['["broken", "late"]'] * 40 + ['["late"]'] * 40, ['["late"]'] * 80)
    late, broken = (np.full(80, ANSWERS.index(name), np.int32) for name in ("late", "broken"))
    votes = {"rule/late": [late], "rule/broken": [broken]}
    found = diagnose([batch], 0.1, CLASSES, votes)
    errors = {one.name: one.errors for one in found.slices if one.name.startswith("voter/")}
    assert errors == {"voter/rule/late": 0, "voter/rule/broken": 40}
    assert {item.misled_by for item in found.items} == {("rule/broken",)}
