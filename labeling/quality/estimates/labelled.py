"""Labels and gold of one batch: what is told by class, and what audited batches are made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.estimates.audited import AuditedBatch, check_draw, check_range, uniform_design
from labeling.quality.family import LABELS
from labeling.sampling.audits.design import AuditDesign

MISSING = -1
"""Gold of a drawn item that nobody could judge, and label of an undecided item."""

Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledBatch:
    """The labels of a batch, the draw of its audit, and what people said.

    Parameters
    ----------
    batch : str
        Name of the batch.
    label : int array of shape (n_items,)
        The label released *before* its gold was used, ``0 .. n_classes - 1``;
        :data:`MISSING` where undecided.
    design : AuditDesign
        Strata of all these items, and reviews planned.
    drawn : int array of shape (n_drawn,)
        Items in the order they were drawn.
    gold : int array of shape (n_drawn,)
        What people settled on for each drawn item; :data:`MISSING` where they could not or did
        not yet.
    n_classes : int
        At least 2; with ``naming``, how many answers there are.
    differs : callable
        Takes labels and gold, int arrays of one shape, and tells which labels are wrong; as the
        task's kind has it (:meth:`labeling.kinds.kind.Kind.wrong`).
    naming : bool array of shape (n_answers, n_classes), optional
        Which classes each answer names, where it may be none or several. Without it an answer is a
        class.
    misses : callable, optional
        Takes a class, labels that name it, and gold, and tells which labels are wrong about the class,
        where it is not enough that gold names it too.

    Raises
    ------
    QualityError
        If lengths differ, an index is out of range, or an item was drawn twice. Reviews of items
        that are gone have to be left out before, and counted.

    Examples
    --------
    >>> batch = LabelledBatch.uniform("2026-01", [0, 0, 1, 1], drawn=[2, 0], gold=[1, 1])
    >>> batch.audited().wrong.tolist(), batch.audited(of_class=1).member.tolist()
    ([False, True], [False, False, True, True])
    """

    batch: str
    label: Codes
    design: AuditDesign
    drawn: NDArray[np.int64]
    gold: Codes
    n_classes: int = 2
    differs: Callable[[Codes, Codes], NDArray[np.bool_]] = np.not_equal
    naming: NDArray[np.bool_] | None = None
    misses: Callable[[int, Codes, Codes], NDArray[np.bool_]] | None = None

    def __post_init__(self) -> None:
        check_draw(self.batch, self.design, len(self.label), self.drawn)
        if len(self.drawn) != len(self.gold):
            raise QualityError(
                f"batch {self.batch!r} has {len(self.drawn)} drawn items, but {len(self.gold)} "
                f"gold labels; mark missing ones with {MISSING}"
            )
        check_range(self.batch, "gold", self.gold, MISSING, self.n_classes)
        check_range(self.batch, "label", self.label, MISSING, self.n_classes)

    @classmethod
    def uniform(
        cls,
        batch: str,
        label: "Codes | list[int]",
        drawn: "NDArray[np.int64] | list[int]",
        gold: "Codes | list[int]",
        n_classes: int = 2,
    ) -> "LabelledBatch":
        """Return a batch whose audit was drawn uniformly."""
        items = np.asarray(label, dtype=np.int32)
        return cls(
            batch,
            items,
            uniform_design(len(items), len(drawn)),
            np.asarray(drawn, dtype=np.int64),
            np.asarray(gold, dtype=np.int32),
            n_classes,
        )

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Whether people settled each draw, shape (n_drawn,)."""
        return self.gold != MISSING

    @property
    def reviewed(self) -> int:
        """Drawn items that people settled."""
        return int(self.judged.sum())

    def names(self, answer: Codes, of_class: int) -> NDArray[np.bool_]:
        """Tell which answers name a class, bool array of the shape of ``answer``."""
        if self.naming is None:
            return answer == of_class
        return self.naming[answer, of_class] & (answer != MISSING)

    def follows(self, vote: Codes) -> NDArray[np.bool_]:
        """Tell where the label says what a vote said, shape (n_items,)."""
        spoke = (vote != MISSING) & (self.label != MISSING)
        if self.naming is None:
            return spoke & (vote == self.label)
        return spoke & ~self.differs(vote, self.label)

    def as_class(self, of_class: int) -> "LabelledBatch":
        """Return the batch as one of its classes sees it: labels that name it, right where gold does."""
        label = np.where(self.names(self.label, of_class), self.label, MISSING).astype(np.int32)
        if self.naming is None:
            return replace(self, label=label)
        return replace(self, label=label, differs=partial(self._misses, of_class))

    def _misses(self, of_class: int, given: Codes, gold: Codes) -> NDArray[np.bool_]:
        if self.misses is not None:
            return self.misses(of_class, given, gold)
        return ~self.names(gold, of_class)

    def audited(self, answer: Codes | None = None, of_class: int | None = None) -> AuditedBatch:
        """Return what the audit says of some answers.

        Parameters
        ----------
        answer : int array of shape (n_items,), optional
            What a voter said, :data:`MISSING` where it abstained; it is judged on the items it
            voted on. The released labels without it.
        of_class : int, optional
            Only items answered with this class: the precision of the class.

        Raises
        ------
        QualityError
            If there is not one answer for each item.
        """
        given = self.label if answer is None else answer
        if len(given) != len(self.label):
            raise QualityError(
                f"batch {self.batch!r} has {len(self.label)} items, but {len(given)} answers"
            )
        member = given != MISSING if of_class is None else self.names(given, of_class)
        if of_class is None or self.naming is None:
            wrong = self.differs(given[self.drawn], self.gold)
        else:
            wrong = self._misses(of_class, given[self.drawn], self.gold)
        wrong = wrong & self.judged & member[self.drawn]
        return AuditedBatch(self.batch, self.design, member, self.drawn, self.judged, wrong)

    def about(self, of_class: int, *, given: bool = True, missed: bool = True) -> AuditedBatch:
        """Return what the audit says of one class of answers that name several, and of that class alone.

        Parameters
        ----------
        of_class : int
        given : bool
            Counts what labels name of the class and should not.
        missed : bool
            Counts what they should name of it and do not.

        Examples
        --------
        >>> both = np.array([[True, False], [True, True]])
        >>> batch = replace(LabelledBatch.uniform("a", [0, 1], [0, 1], [1, 1]), naming=both)
        >>> batch.about(0).wrong.tolist(), batch.about(1).wrong.tolist()
        ([False, False], [True, False])
        """
        label, gold = self.label[self.drawn], self.gold
        counted = wrong = np.zeros(len(gold), dtype=np.bool_)
        for asked, one, other in ((given, label, gold), (missed, gold, label)):
            if asked:
                named = self.names(one, of_class)
                counted, wrong = (
                    counted | named,
                    wrong | (named & self._misses(of_class, one, other)),
                )
        member = self.label != MISSING
        wrong = wrong & self.judged & member[self.drawn]
        return AuditedBatch(
            self.batch, self.design, member, self.drawn, self.judged, wrong, counted
        )


def judge(
    batches: Sequence[LabelledBatch],
    answers: Sequence[Codes] | None = None,
    of_class: int | None = None,
) -> list[AuditedBatch]:
    """Return what the audits of several batches say; see :meth:`LabelledBatch.audited`.

    Raises
    ------
    QualityError
        If there is not one array of answers, of the right length, for each batch.
    """
    if answers is not None and len(answers) != len(batches):
        raise QualityError(f"{len(batches)} batches need as many answers, got {len(answers)}")
    given: Sequence[Codes | None] = [None] * len(batches) if answers is None else answers
    return [batch.audited(said, of_class) for batch, said in zip(batches, given, strict=True)]


def family_of(
    batch: LabelledBatch, class_names: Sequence[str], voters: Mapping[str, Codes]
) -> dict[str, AuditedBatch]:
    """Return what is watched of a batch: the labels, each class, each voter.

    Parameters
    ----------
    batch : LabelledBatch
    class_names : sequence of str
    voters : mapping of voter to int array of shape (n_items,)
        What each said.

    Examples
    --------
    >>> batch = LabelledBatch.uniform("a", [0] * 100, range(10), [1] * 10)
    >>> list(family_of(batch, ["HAM", "SPAM"], {"rule/link": batch.label}))
    ['labels', 'class/HAM', 'class/SPAM', 'voter/rule/link']
    """
    return {
        LABELS: batch.audited(),
        **{f"class/{name}": batch.audited(of_class=at) for at, name in enumerate(class_names)},
        **{f"voter/{name}": batch.audited(said) for name, said in voters.items()},
    }
