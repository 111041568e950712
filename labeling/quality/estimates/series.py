"""Accuracy of everything that answers, side by side: the labels, the consensus, every voter."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.quality.estimates.accuracy import Accuracy, accuracy
from labeling.quality.estimates.labelled import LabelledBatch, judge

ALL = "(all)"
"""What stands for all classes where one is named; no class may be called so."""

Answers = Sequence[NDArray[np.int32]]
"""What was said in each batch, int arrays of shape (n_items,); MISSING for nothing."""


@dataclass(frozen=True, slots=True)
class Score:
    """Accuracy of one series (in one version), of one class or :data:`ALL` of them."""

    series: str
    version: str | None
    of_class: str
    accuracy: Accuracy


def scores(
    batches: Sequence[LabelledBatch],
    answers: Mapping[str, Answers],
    class_names: Sequence[str],
    by_class: Collection[str] = (),
    versions: Mapping[str, Mapping[str, Answers]] | None = None,
) -> list[Score]:
    """Score every series on the same audit samples.

    Parameters
    ----------
    batches : sequence of LabelledBatch
        One batch, a window, or all of them.
    answers : mapping of series to answers, one array for each batch
        A series that said nothing at all is left out.
    class_names : sequence of str
        Name of each class.
    by_class : collection of str
        Series that are scored class by class too, by what they said.
    versions : mapping of series to versions to answers, optional
        What each version of a series said; scored one by one.

    Examples
    --------
    >>> batch = LabelledBatch.uniform("a", [0] * 60 + [1] * 40, range(50), [0] * 45 + [1] * 5)
    >>> found = scores([batch], {"labels": [batch.label]}, ["HAM", "SPAM"], by_class=["labels"])
    >>> [(s.of_class, s.accuracy.reviewed, s.accuracy.errors) for s in found]
    [('(all)', 50, 5), ('HAM', 50, 5), ('SPAM', 0, 0)]
    """
    found: list[Score] = []
    for series, given in answers.items():
        whole = accuracy(judge(batches, given))
        if not whole.items and not whole.unmeasured:
            continue
        found.append(Score(series, None, ALL, whole))
        of_version = (versions or {}).get(series, {})
        for version, said in of_version.items():
            # the only version said it all: nothing is computed twice
            alone = whole if len(of_version) == 1 else accuracy(judge(batches, said))
            if alone.items or alone.unmeasured:
                found.append(Score(series, version, ALL, alone))
        if series in by_class:
            found += [
                Score(series, None, name, accuracy(judge(batches, given, of_class=at)))
                for at, name in enumerate(class_names)
            ]
    return found
