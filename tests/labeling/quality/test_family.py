import pytest

from labeling.errors import QualityError
from labeling.quality.family import LABELS, Budget, reference_target


def test_the_shares_of_a_family_add_up_to_its_budget():
    voters = [f"voter/rule/{i}" for i in range(9)]
    names = [LABELS, "class/HAM", "class/SPAM", *voters]
    family = Budget(52, 0.05).share_out(dict.fromkeys(names, 0.08))
    assert len(family) == 12
    assert sum(52 / series.limit for series in family) == pytest.approx(0.05)
    assert family[0].limit == pytest.approx(2080)
    alone = Budget(52, 0.05).share_out({LABELS: 0.1})
    assert alone[0].limit == pytest.approx(1040)


def test_a_target_from_reference_reviews_is_the_published_one():
    assert reference_target(80, 1000) == pytest.approx(0.099, abs=0.001)
    assert reference_target(24, 300) == pytest.approx(0.117, abs=0.001)
    with pytest.raises(QualityError, match="at least one right"):
        reference_target(5, 5)
    with pytest.raises(QualityError, match="budget"):
        Budget(0, 0.05)
