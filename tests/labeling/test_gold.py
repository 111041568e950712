import numpy as np
import pytest

from labeling.errors import GoldError
from labeling.gold import Gold


def test_an_item_stands_once():
    with pytest.raises(GoldError, match="item 4 stands 2 times in gold"):
        Gold(np.array([4, 1, 4]), np.array([0, 1, 0]))


def test_items_and_labels_belong_together():
    with pytest.raises(GoldError, match="2 items but 1 labels"):
        Gold(np.array([4, 1]), np.array([0]))


@pytest.mark.parametrize("wrong", [0.0, 1.5, np.nan, -1.0])
def test_an_impossible_inclusion_probability_is_refused(wrong):
    with pytest.raises(GoldError, match=r"gold item 7 has inclusion probability .*; 1 such"):
        Gold(np.array([4, 7]), np.array([0, 1]), np.array([0.5, wrong]))


def test_every_gold_item_has_its_probability():
    with pytest.raises(GoldError, match="2 items but 1 inclusion probabilities"):
        Gold(np.array([4, 7]), np.array([0, 1]), np.array([0.5]))
