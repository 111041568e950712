"""Run the detectors of a family over audited batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.audited import MISSING, AuditedBatch
from labeling.quality.detector import Detector, Evidence
from labeling.quality.family import LABELS, Series


@dataclass(frozen=True, slots=True)
class Watched:
    """Evidence of one series after one batch; ``epoch`` counts its resets."""

    series: str
    epoch: int
    evidence: Evidence

    @property
    def alarm_id(self) -> str | None:
        """Key of the alarm this batch fired, the same at every replay; None if it fired none."""
        e = self.evidence
        return f"{self.series}@{e.batch}#{self.epoch}" if e.fired else None


def monitor(
    batches: Sequence[AuditedBatch],
    family: Sequence[Series],
    class_names: Sequence[str],
    voters: Mapping[str, Sequence[NDArray[np.int32]]] | None = None,
    resets: Mapping[str, Sequence[str]] | None = None,
) -> list[Watched]:
    """Replay every series from its start: late and corrected reviews simply take their place.

    The bound on false alarms holds for any order of the batches, so a clock that jumped only
    moves the estimated moment of the change.

    Parameters
    ----------
    batches : sequence of AuditedBatch
        In the order to replay, each name once.
    family : sequence of Series
        From :meth:`labeling.quality.family.Budget.share_out`.
    class_names : sequence of str
        Name of each class, as in ``class/NAME``.
    voters : mapping of name to int arrays of shape (n_items,) for each batch, optional
        Votes, :data:`MISSING` for an abstention; needed for series ``voter/NAME``.
    resets : mapping of series to names of batches, optional
        The detector starts anew after these batches (a fix was made).

    Returns
    -------
    list of Watched
        One for each series and batch, series by series.

    Raises
    ------
    QualityError
        If a batch stands twice, or a series names a class or voter that is not there.

    Examples
    --------
    >>> batch = AuditedBatch.uniform("a", [0] * 100, range(10), [1] * 10)
    >>> monitor([batch], [Series("labels", 0.05, 2000)], ["HAM", "SPAM"])[0].alarm_id
    'labels@a#0'
    """
    names = [batch.batch for batch in batches]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise QualityError(f"batch {twice!r} stands twice among the audited batches")
    answers = voters or {}
    watched: list[Watched] = []
    for series in family:
        detector, epoch = Detector(series.target_error, series.limit), 0
        anew = set((resets or {}).get(series.name, ()))
        for at, batch in enumerate(batches):
            said = {name: votes[at] for name, votes in answers.items()}
            given, member = answers_of(series.name, batch, class_names, said)
            inside = member[batch.drawn]
            detector, evidence = detector.update(
                batch.batch,
                batch.wrong(given)[inside],
                int(member.sum()),
                batch.draw_probability(member),
                finite=series.name == LABELS,
            )
            watched.append(Watched(series.name, epoch, evidence))
            if batch.batch in anew:
                detector, epoch = Detector(series.target_error, series.limit), epoch + 1
    return watched


def answers_of(
    series: str,
    batch: AuditedBatch,
    class_names: Sequence[str],
    voters: Mapping[str, NDArray[np.int32]],
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return the answers a series judges in a batch and the items it judges them on.

    Raises
    ------
    QualityError
        If the series names a class or voter that is not there.
    """
    kind, _, name = series.partition("/")
    if series == LABELS:
        return batch.label, batch.label != MISSING
    if kind == "class" and name in class_names:
        return batch.label, batch.label == list(class_names).index(name)
    if kind == "voter" and name in voters:
        return voters[name], voters[name] != MISSING
    raise QualityError(
        f"series {series!r} cannot be watched; there are {LABELS!r}, classes "
        f"{', '.join(class_names)} and voters {', '.join(voters) or 'none'}"
    )
