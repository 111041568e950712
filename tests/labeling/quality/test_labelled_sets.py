"""Audited batches whose labels are sets of classes: told as wholes, and class by class."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.kinds.several.kind import Several
from labeling.quality.classes import class_report
from labeling.quality.diagnosis import diagnose
from labeling.quality.labelled import MISSING, LabelledBatch
from labeling.sampling.audit import AuditDesign

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


@given(
    st.lists(
        st.tuples(st.sampled_from(SETS), st.sampled_from((*SETS, None))), min_size=1, max_size=30
    )
)
def test_points_of_each_class_are_those_counted_by_hand(rows):
    labels, gold = zip(*rows, strict=True)
    if all(one is None for one in gold):
        return
    report = class_report([batch_of(labels, gold)], CLASSES)
    pairs = [(KIND.named(a), KIND.named(b)) for a, b in rows if b is not None]
    for row in report.classes:
        said = sum(row.name in a for a, _ in pairs)
        so = sum(row.name in b for _, b in pairs)
        hit = sum(row.name in a and row.name in b for a, b in pairs)
        for found, wanted, of in (
            (row.precision, hit, said), (row.recall, hit, so), (row.f1, 2 * hit, said + so),
            (row.share, so, len(pairs)),
        ):  # fmt: skip
            assert found.measured == (of > 0)
            if of:
                assert found.point == pytest.approx(wanted / of)
    exact = sum(sorted(a) == sorted(b) for a, b in pairs) / len(pairs)
    assert report.accuracy.point == pytest.approx(exact)
    if all(row.f1.measured for row in report.classes):
        mean = np.mean([row.f1.point for row in report.classes])
        assert report.macro_f1.point == pytest.approx(mean)
        assert report.macro_f1.low <= mean <= report.macro_f1.high


def test_an_alarm_is_traced_to_the_class_that_is_named_too_often():
    labels = ['["broken", "late"]'] * 30 + ['["late"]'] * 30
    found = diagnose([batch_of(labels, ['["late"]'] * 60)], 0.05, CLASSES)
    assert found.slices[0].name == "class/broken"
    assert found.slices[0].errors == 30
