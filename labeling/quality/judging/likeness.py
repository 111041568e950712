"""How alike two answers are, whatever they are: classes, sets of classes, spans."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labeling.kinds.spans.answer import Span
from labeling.quality.several.agreement import masi_distance

Part = str | Span
"""What an answer is put together of: a class, or a span."""

Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Compares answers by their numbers.

    Parameters
    ----------
    kind : str
        ``single``: 1 for the same class, else 0. ``several``: 1 less the MASI distance
        (:func:`labeling.quality.several.agreement.masi_distance`). ``spans``: F1 of exact spans, 1
        where neither marks anything.
    answers : sequence of sets of Part
        What each number stands for.

    Examples
    --------
    >>> like = Likeness("several", [frozenset("a"), frozenset("ab"), frozenset()])
    >>> like.of(np.array([0, 0, 2]), np.array([0, 1, 1])).round(3).tolist()
    [1.0, 0.333, 0.0]
    """

    kind: str
    answers: Sequence[frozenset[Part]]
    parts: Any = field(init=False)
    """Sparse 0 and 1 of shape (n_answers, n_parts): which answer holds which part."""
    part_names: list[Part] = field(init=False)

    def __post_init__(self) -> None:
        number: dict[Part, int] = {}
        rows = [
            sorted(number.setdefault(part, len(number)) for part in one) for one in self.answers
        ]
        ends = np.cumsum([0, *map(len, rows)])
        columns = np.array([at for row in rows for at in row], dtype=np.int64)
        shape = (len(rows), max(len(number), 1))
        held = sparse.csr_array((np.ones(len(columns)), columns, ends), shape=shape)
        object.__setattr__(self, "parts", held)
        object.__setattr__(self, "part_names", list(number))

    def of(self, one: Codes, other: Codes) -> NDArray[np.float64]:
        """Return 0..1 for numbers of answers in shapes that go together."""
        if self.kind == "single":
            return np.asarray(one == other, dtype=np.float64)
        one, other = np.broadcast_arrays(one, other)
        key = one.ravel().astype(np.int64) * len(self.answers) + other.ravel()
        pairs, place = np.unique(key, return_inverse=True)
        left, right = np.divmod(pairs, len(self.answers))
        parts = self.parts
        if self.kind == "several":
            held = parts.toarray() > 0
            alike = 1 - masi_distance(held[left], held[right])
        else:
            size = np.asarray(parts.sum(axis=1)).ravel()
            both = np.asarray(parts[left].multiply(parts[right]).sum(axis=1)).ravel()
            marked = size[left] + size[right]
            alike = np.where(marked > 0, 2 * both / np.maximum(marked, 1), 1.0)
        return np.asarray(alike[place].reshape(one.shape), dtype=np.float64)
