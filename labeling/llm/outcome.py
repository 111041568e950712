"""What became of asking one voter about one content, and about all contents of a batch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FILTERED = "the provider's content filter held the answer back"
WAITS = "some answers are still to come from a provider's batch"
AGAIN = "; asked again in the next run"

MOST_RUNS = 5
"""Runs that ask for an answer which does not come; after that it is left at the reason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One voter on one content: a label, or why there is none.

    ``failed`` says that no answer came, ``again`` that the next run asks once more.
    """

    label: str | None
    confidence: float | None = None
    reason: str = ""
    version: str = ""
    again: bool = False
    failed: bool = False


class Outcomes:
    """What one voter said of the contents of a batch: 12 bytes each, and what was said once.

    Parameters
    ----------
    n_contents : int

    Attributes
    ----------
    codes : NDArray[np.int32], shape (n_contents,)
        Position in ``distinct``; -1 where nothing is known.
    confidences : NDArray[np.float64], shape (n_contents,)
        In [0, 1]; NaN where there is none.
    distinct : list of Outcome
        Without confidences.

    Examples
    --------
    >>> said = Outcomes(3)
    >>> said.put(2, Outcome("spam", 0.9))
    >>> said.put(0, Outcome("spam"))
    >>> said.codes.tolist(), len(said.distinct), said.n_known
    ([0, -1, 0], 1, 2)
    """

    def __init__(self, n_contents: int) -> None:
        self.codes: NDArray[np.int32] = np.full(n_contents, -1, np.int32)
        self.confidences: NDArray[np.float64] = np.full(n_contents, np.nan)
        self.distinct: list[Outcome] = []
        self.n_known = 0
        self._code: dict[Outcome, int] = {}

    def put(self, at: int, outcome: Outcome) -> None:
        """Take note of what was said of the content at a position."""
        plain = outcome if outcome.confidence is None else replace(outcome, confidence=None)
        code = self._code.setdefault(plain, len(self.distinct))
        if code == len(self.distinct):
            self.distinct.append(plain)
        self.n_known += int(self.codes[at] < 0)
        self.codes[at] = code
        self.confidences[at] = np.nan if outcome.confidence is None else outcome.confidence

    def counts(
        self, which: NDArray[np.int64], weights: NDArray[np.int64]
    ) -> Iterator[tuple[Outcome | None, int]]:
        """Yield each thing said of the contents ``which``, and the sum of their ``weights``; None for nothing."""
        sums = np.bincount(self.codes[which] + 1, weights, len(self.distinct) + 1).astype(int)
        for outcome, n in zip([None, *self.distinct], sums.tolist(), strict=True):
            if n:
                yield outcome, n

    def unsure(self, which: NDArray[np.int64], below: float) -> NDArray[np.int64]:
        """Return those of ``which`` that got no class, or one with a confidence lower than ``below``."""
        silent = np.array([True, *(one.label is None for one in self.distinct)])
        codes, confidences = self.codes[which], np.nan_to_num(self.confidences[which])
        return which[(codes >= 0) & (silent[codes + 1] | (confidences < below))]
