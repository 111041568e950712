import numpy as np
import pytest

from labeling.consensus.ensemble.seats import AGGREGATOR, NEARLY, Seats

SHARE = np.array([[0.6, 0.4]])
FOR_THE_SECOND = np.array([[0.3, 0.7]])
SEATED = ("ibcc", "pattern_ds", AGGREGATOR)


def label(seats, odds, pattern_ds=FOR_THE_SECOND):
    said = {"ibcc": FOR_THE_SECOND, "pattern_ds": pattern_ds}
    return int(seats.settle(SHARE, said, np.log([[1.0, odds]])).argmax())


@pytest.mark.parametrize(("odds", "expected"), [(1.2, 1), (0.9, 1), (0.7, 0)])
def test_members_of_one_mind_overrule_unless_the_network_clearly_objects(odds, expected):
    seats = Seats(SEATED, (), 0.75, "people and models", nearly=NEARLY)
    assert label(seats, odds) == expected


def test_where_people_skip_questions_the_network_may_not_prefer_the_majority_at_all():
    assert label(Seats(SEATED, (), 0.75, "people and models"), 0.9) == 0


def test_members_that_differ_overrule_nobody_the_network_is_not_for():
    seats = Seats(SEATED, (), 0.75, "people and models", nearly=NEARLY)
    assert label(seats, 0.9, pattern_ds=SHARE) == 0


def test_votes_that_are_all_alike_are_never_overruled():
    seats = Seats(SEATED, (), 0.75, "people and models", nearly=NEARLY)
    said = {"ibcc": FOR_THE_SECOND, "pattern_ds": FOR_THE_SECOND}
    assert seats.settle(np.array([[1.0, 0.0]]), said, np.log([[1.0, 3.0]])).argmax() == 0
