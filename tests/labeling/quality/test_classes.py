import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import QualityError
from labeling.quality.agreement import krippendorff_alpha
from labeling.quality.estimates.calibration import calibration
from labeling.quality.estimates.classes import class_report
from labeling.quality.estimates.labelled import MISSING, LabelledBatch
from labeling.votes import Votes


def test_with_everything_reviewed_the_report_is_exact():
    batch = LabelledBatch.uniform("a", [0, 0, 1, 1], range(4), [0, 1, 1, 1])
    report = class_report([batch], ["x", "y"])
    assert report.confusion.tolist() == [[0.25, 0.0], [0.25, 0.5]]
    assert report.classes[1].recall.point == pytest.approx(2 / 3)
    assert report.classes[1].recall.low == pytest.approx(report.classes[1].recall.high)
    assert report.classes[0].reviewed == 2


def test_a_class_never_given_is_unmeasured():
    batch = LabelledBatch.uniform("a", [0] * 50, range(50), [0] * 50)
    report = class_report([batch], ["x", "y"])
    assert not report.classes[1].precision.measured
    assert report.classes[0].precision.point == 1
    assert not report.macro_f1.measured


def test_one_class_only_and_all_wrong_keep_open_intervals():
    wrong = LabelledBatch.uniform("a", [0] * 500, range(30), [1] * 30)
    quality = class_report([wrong], ["x", "y"]).classes[0]
    assert quality.precision.point == 0
    assert quality.precision.high > 0.05


def test_no_review_is_told():
    with pytest.raises(QualityError, match="nothing to report"):
        class_report([LabelledBatch.uniform("a", [0], [0], [MISSING])], ["x", "y"])


def test_agreement_of_reviewers_who_share_nothing_is_unknown():
    lonely = Votes.from_matrix([[0, -1], [-1, 1]], n_classes=2)
    assert math.isnan(krippendorff_alpha(lonely))
    same = Votes.from_matrix([[0, 0], [0, 0]], n_classes=2)
    assert math.isnan(krippendorff_alpha(same))


def test_alpha_of_the_textbook_example():
    """Krippendorff (2011), nominal data of four observers: alpha = 0.743."""
    table = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
    votes = Votes.from_matrix(np.array(table).T - 1, n_classes=5)
    assert krippendorff_alpha(votes) == pytest.approx(0.743, abs=0.0005)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 40), st.integers(2, 5), st.integers(0, 1000))
def test_perfect_agreement_is_one(n_items, n_reviewers, seed):
    answers = np.random.default_rng(seed).integers(0, 3, n_items)
    answers[:2] = [0, 1]
    matrix = np.repeat(answers[:, None], n_reviewers, axis=1)
    assert krippendorff_alpha(Votes.from_matrix(matrix, 3)) == pytest.approx(1)


def test_honest_confidences_have_no_more_error_than_chance():
    rng = np.random.default_rng(2)
    found = []
    for _ in range(200):
        stated = rng.uniform(0.5, 1, 200)
        measured = calibration(stated, rng.random(200) < stated)
        found.append((measured.error, measured.chance_error))
    error, chance = np.mean(found, axis=0)
    assert error == pytest.approx(chance, rel=0.1)
    bold = calibration(np.full(200, 0.99), rng.random(200) < 0.7)
    assert bold.error > 5 * bold.chance_error


def test_calibration_of_nothing_and_of_wrong_numbers():
    assert math.isnan(calibration([], []).error)
    assert math.isnan(calibration([0.5], [1], [0.0]).error)
    for wrong in (([0.5], [1, 0], None), ([1.5], [1], None), ([0.5], [1], [-1.0])):
        with pytest.raises(QualityError):
            calibration(*wrong)


def test_weights_decide_the_calibration():
    measured = calibration([0.8, 0.8], [1, 0], [9.0, 1.0])
    assert measured.error == pytest.approx(0.1)
