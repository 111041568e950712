"""What kinds share whose answers say yes or no of each class; a unit is an item and a class."""

from abc import abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.kind import UNDECIDED, Answers, Cast, Kind
from labeling.kinds.units import Units

NO, YES = 0, 1


@dataclass(frozen=True, slots=True)
class Said:
    """What one answer says of the classes.

    Parameters
    ----------
    yes, no : frozenset of str
        Classes that it names, and that it denies in so many words.
    whole : bool
        Whether it denies every class that it does not name.
    """

    yes: frozenset[str]
    no: frozenset[str] = frozenset()
    whole: bool = False

    def of(self, name: str) -> bool | None:
        """Tell whether a class applies; None if the answer says nothing of it."""
        if name in self.yes:
            return True
        return False if self.whole or name in self.no else None


class EachClass(Kind):
    """A yes-or-no question about each class of an item."""

    @abstractmethod
    def says(self, answer: str, classes: Collection[str]) -> Said:
        """Return what an answer says of the classes."""

    def answers(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return no and yes."""
        del classes
        return ("no", "yes")

    def questions(self, classes: Sequence[str]) -> tuple[str, ...]:
        """Return the classes."""
        return tuple(classes)

    def units(self, n_items: int, rows: Answers, classes: Sequence[str]) -> Units:
        """Return a unit for each item and class, the classes of an item together."""
        del rows
        return Units.each(n_items, len(classes))

    def cast(self, units: Units, rows: Answers, classes: Sequence[str]) -> Cast:
        """Return a vote for each class that an answer names or denies."""
        del units
        n_classes = len(classes)
        meaning = np.full((len(rows.texts), n_classes), UNDECIDED, dtype=np.int32)
        known = frozenset(classes)
        for at, text in enumerate(rows.texts):
            one = self.says(text, known)
            for question, name in enumerate(classes):
                of = one.of(name)
                meaning[at, question] = UNDECIDED if of is None else int(of)
        votes = meaning[rows.said]
        row, question = np.nonzero(votes != UNDECIDED)
        return Cast(row, rows.item[row] * n_classes + question, votes[row, question])

    def heard(self, units: Units, voted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return all units of items on which somebody voted: silence about a class is an answer."""
        spoken = np.bincount(units.item[voted], minlength=units.n_items) > 0
        return spoken[units.item]

    def certainty(self, units: Units, confidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how likely the whole set is right, where classes are independent."""
        if not units.n_items:
            return np.zeros(0)
        return confidence.reshape(units.n_items, -1).prod(axis=1)

    def by_class(self, posterior: NDArray[np.float64], n_classes: int) -> NDArray[np.float64]:
        """Return how likely each class applies; rows need not sum to 1."""
        return posterior[:, YES].reshape(-1, n_classes)

    def believed(self, by_class: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the posterior of no and yes of each unit."""
        yes = np.clip(by_class.ravel(), 0.0, 1.0)
        return np.column_stack([1 - yes, yes])

    def naming(self, answers: Sequence[str], classes: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which classes each answer names."""
        known = frozenset(classes)
        yes = [self.says(text, known).yes for text in answers]
        return np.array([[name in one for name in classes] for one in yes], dtype=np.bool_).reshape(
            len(answers), len(classes)
        )
