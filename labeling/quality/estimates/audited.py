"""One batch with what its audit found: the input of accuracy and alarms."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.sampling.audits.design import AuditDesign
from labeling.sampling.audits.draws import next_draw_probability, open_draws


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """Which draws are of what is measured, where nothing but a review tells.

    Parameters
    ----------
    inside : bool array of shape (n_draws,)
        Draws of members that are; those that nobody judged count as inside and right. Draws that
        only some strata could be are left out: what is inside elsewhere was no part of them.
    most : float
        Most that a draw of a member can stand for, in mean draws.
    """

    inside: NDArray[np.bool_]
    most: float


@dataclass(frozen=True, slots=True, eq=False)
class AuditedBatch:
    """The units an audit was drawn from, the draw, and which drawn answers were wrong.

    It holds no answers: what is wrong is said by whoever makes it
    (:class:`labeling.quality.estimates.labelled.LabelledBatch`, from labels and gold).

    Parameters
    ----------
    batch : str
        Name of the batch.
    design : AuditDesign
        Strata of all units of the batch, and reviews planned.
    member : bool array of shape (n_units,)
        Units that are spoken for: those that were answered, or answered with one class.
    drawn : int array of shape (n_drawn,)
        Units in the order they were drawn, members or not.
    judged : bool array of shape (n_drawn,)
        Draws that people settled on.
    wrong : bool array of shape (n_drawn,)
        Draws whose answer is wrong; False for what nobody judged.
    counted : bool array of shape (n_drawn,), optional
        Draws that are of what is watched, where nothing but their reviews tells; all without it.

    Raises
    ------
    QualityError
        If lengths differ, an index is out of range, a unit was drawn twice, or an answer is wrong
        that nobody judged. Reviews of units that are gone have to be left out before, and counted.

    Examples
    --------
    >>> batch = AuditedBatch.uniform("2026-01", 100, drawn=[2, 0], wrong=[False, True])
    >>> batch.reviewed, batch.draw_probability().round(4).tolist()
    (2, [0.01, 0.0101])
    """

    batch: str
    design: AuditDesign
    member: NDArray[np.bool_]
    drawn: NDArray[np.int64]
    judged: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    counted: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        units = len(self.member)
        check_draw(self.batch, self.design, units, self.drawn)
        if not len(self.drawn) == len(self.judged) == len(self.wrong):
            raise QualityError(
                f"batch {self.batch!r} has {len(self.drawn)} drawn units, but says of "
                f"{len(self.judged)} whether they were judged, of {len(self.wrong)} whether wrong"
            )
        unjudged = self.wrong & ~self.judged
        if unjudged.any():
            raise QualityError(
                f"batch {self.batch!r}: draw {int(np.argmax(unjudged))} is wrong, but nobody "
                f"judged it; {int(unjudged.sum())} such draws in all"
            )

    @classmethod
    def uniform(
        cls, batch: str, n_units: int, drawn: Sequence[int], wrong: Sequence[bool]
    ) -> "AuditedBatch":
        """Return a batch of answered units whose audit was drawn uniformly and judged."""
        found = np.asarray(wrong, dtype=np.bool_)
        return cls(
            batch,
            uniform_design(n_units, len(drawn)),
            np.ones(n_units, np.bool_),
            np.asarray(drawn, dtype=np.int64),
            np.ones_like(found),
            found,
        )

    @property
    def reviewed(self) -> int:
        """Drawn units that people settled."""
        return int(self.judged.sum())

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Draws that people settled and that are of what is watched, shape (n_drawn,)."""
        return self.judged if self.counted is None else self.judged & self.counted

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Whether each draw is of a member, shape (n_drawn,)."""
        return self.member[self.drawn]

    @property
    def within(self) -> Within | None:
        """Which draws of members are of what is watched; None if all are."""
        if self.counted is None:
            return None
        sizes = np.bincount(self.design.stratum[self.member], minlength=len(self.design.planned))
        weight = self.design.stratum_weight
        there = sizes > 0
        least = float(weight[there].min()) * int(sizes.sum()) if there.any() else 0.0
        told = (self.counted | ~self.judged) & open_draws(self.design, self.drawn)
        return Within(told[self.inside], float(weight @ sizes) / least if least > 0 else 1.0)

    def silent(self) -> "AuditedBatch":
        """Return the same draw as it is for somebody who answered nothing."""
        return replace(
            self, member=np.zeros_like(self.member), wrong=np.zeros_like(self.wrong), counted=None
        )

    def draw_probability(self) -> NDArray[np.float64]:
        """Return the probability of each draw of a member among members, given those before it."""
        return next_draw_probability(self.design, self.drawn, self.member)


def uniform_design(n_units: int, drawn: int) -> AuditDesign:
    """Return the design of a uniform draw."""
    return AuditDesign(np.zeros(n_units, np.int64), np.full(min(n_units, 1), max(drawn, 1)))


def check_draw(batch: str, design: AuditDesign, units: int, drawn: NDArray[np.int64]) -> None:
    """Refuse a draw that does not fit the units of a batch.

    Raises
    ------
    QualityError
        See :class:`AuditedBatch`.
    """
    if len(design.stratum) != units:
        raise QualityError(
            f"batch {batch!r} has {units} units, but strata for {len(design.stratum)} units"
        )
    if len(np.unique(drawn)) != len(drawn):
        raise QualityError(
            f"batch {batch!r} holds a unit more than once among those drawn; settle "
            f"its reviews into one answer first"
        )
    check_range(batch, "drawn unit", drawn, 0, units)


def check_range(batch: str, name: str, index: NDArray[np.integer], low: int, size: int) -> None:
    """Refuse indices outside ``low .. size - 1``.

    Raises
    ------
    QualityError
        Naming the first, and how many there are.
    """
    strangers = (index < low) | (index >= size)
    if strangers.any():
        at = int(np.argmax(strangers))
        raise QualityError(
            f"batch {batch!r}: {name} {index[at]} (row {at}) is outside {low}.."
            f"{size - 1}; {int(strangers.sum())} such rows in all"
        )
