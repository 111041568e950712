"""In what way marked texts are wrong."""

import numpy as np
import pytest

from labeling.quality.alarms.diagnosis import diagnose
from labeling.quality.estimates.labelled import LabelledBatch
from labeling.quality.spans.ways_wrong import WaysWrong, ways_wrong
from tests.labeling.quality.spans.test_watched import DISEASE, DRUG, LONGER, TOLD, batch_of


def test_texts_are_counted_in_every_way_that_they_are_wrong():
    batch = batch_of(
        [[DRUG], [LONGER], [DRUG, DISEASE], [], [DISEASE], None, [DRUG]],
        [[DRUG], [DRUG], [DRUG], [DISEASE], [DRUG], [DRUG], None],
    )
    assert ways_wrong([(batch, TOLD)]) == WaysWrong(texts=4, lacking=2, beyond=2, borders=1)


@pytest.mark.parametrize(
    ("ways", "advice"),
    [
        (WaysWrong(5, 4, 1, 1), "find more"),
        (WaysWrong(5, 1, 4, 1), "`against: Part`"),
        (WaysWrong(5, 1, 1, 4), "begins and ends"),
    ],
)
def test_the_advice_is_about_what_is_wrong_most_often(ways, advice):
    assert advice in str(ways.told("Part"))


def test_nothing_is_advised_where_nothing_is_wrong():
    assert WaysWrong(0, 0, 0, 0).told("Part") is None


def test_a_single_class_is_no_suspect():
    batch = LabelledBatch.uniform("a", [0] * 100, list(range(100)), [0] * 70 + [1] * 30)
    found = diagnose([batch], 0.05, ["Part"], slices={"source": [np.array(["a", "b"] * 50)]})
    assert not any(one.name.startswith("class/") for one in found.slices)
    assert not any("class" in step for step in found.next_steps)
