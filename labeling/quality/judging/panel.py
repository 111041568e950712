"""What people and models answered about the same items."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from labeling.errors import QualityError
from labeling.quality.judging.likeness import Codes, Likeness, Part
from labeling.votes import ABSTAIN


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Answers of people and of models, each a number into ``answers``.

    Parameters
    ----------
    people : int array of shape (n_items, n_people)
    models : int array of shape (n_items, n_models)
        :data:`labeling.votes.ABSTAIN` where nothing was answered.
    person_names, model_names : sequences of str
    answers : sequence of sets of Part
        A class, the classes or the spans that each number stands for.
    kind : str
        ``single``, ``several`` or ``spans``.

    Raises
    ------
    QualityError
        If shapes and names do not go together, or nobody is compared with anybody.

    Examples
    --------
    >>> panel = Panel.of([["x", "x", "y"], ["y", None, "y"]], ["x", "y"], ["Ann", "Bo", "Cy"], ["m"])
    >>> panel.people.tolist(), panel.models.tolist()
    ([[0, 0, 1], [1, -1, 1]], [[0], [1]])
    """

    people: Codes
    models: Codes
    person_names: Sequence[str]
    model_names: Sequence[str]
    answers: Sequence[frozenset[Part]]
    kind: str = "single"
    like: Likeness = field(init=False)

    def __post_init__(self) -> None:
        for who, said, names in (
            ("people", self.people, self.person_names),
            ("models", self.models, self.model_names),
        ):
            if not names:
                raise QualityError(f"there are no {who} to compare")
            if said.shape != (len(self.people), len(names)):
                raise QualityError(
                    f"{who} have answers of shape {said.shape}, but there are {len(self.people)} "
                    f"items and {len(names)} names"
                )
        object.__setattr__(self, "like", Likeness(self.kind, self.answers))

    @classmethod
    def of(
        cls,
        people: Sequence[Sequence[str | None]],
        model: Sequence[str | None],
        person_names: Sequence[str],
        model_names: Sequence[str],
    ) -> "Panel":
        """Return a panel of one class an item: a row an item of ``people``, and a lone model."""
        names = sorted({c for row in (*people, model) for c in row or () if c is not None})
        number: dict[str | None, int] = {name: at for at, name in enumerate(names)}
        number[None] = ABSTAIN
        said = np.array([[number[one] for one in row] for row in people], dtype=np.int32)
        told = np.array([[number[one]] for one in model], dtype=np.int32)
        return cls(said, told, person_names, model_names, [frozenset([name]) for name in names])

    def with_others(self, person: int) -> tuple[NDArray[np.int64], Codes, NDArray[np.bool_]]:
        """Return the items that somebody and another person answered, and what others said of them.

        Returns
        -------
        items : int array of shape (n,)
        others : int array of shape (n, n_people)
        there : bool array of shape (n, n_people)
            Whose answers count: not the person's own, and no abstention.
        """
        mine = np.flatnonzero(self.people[:, person] != ABSTAIN)
        others = self.people[mine]
        there = others != ABSTAIN
        there[:, person] = False
        met = there.any(axis=1)
        return mine[met], others[met], there[met]

    def close(self, answer: Codes, others: Codes, there: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how alike answers, shape (n,), are to all the others of their items, added up."""
        alike = self.like.of(np.maximum(answer, 0)[:, None], np.maximum(others, 0))
        return np.asarray((alike * there).sum(axis=1) * (answer != ABSTAIN), dtype=np.float64)
