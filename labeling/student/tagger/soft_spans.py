"""Spans with a probability, as columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.errors import LabelingError


@dataclass(frozen=True, slots=True, eq=False)
class SoftSpans:
    """Spans in some texts, and how sure each is.

    Parameters
    ----------
    item : int64 array of shape (n_spans,)
        Which of the texts.
    start, end : int32 arrays of shape (n_spans,)
        Code points of the stored text, half-open.
    type : int32 array of shape (n_spans,)
        Which of the types.
    probability : float array of shape (n_spans,)
        0..1.

    Examples
    --------
    >>> one = SoftSpans.of([0, 0], [0, 4], [3, 8], [0, 0], [1.0, 0.4])
    >>> one.checked([8], 1).probability.tolist()
    [1.0, 0.4]
    """

    item: NDArray[np.int64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    type: NDArray[np.int32]
    probability: NDArray[np.float64]

    @classmethod
    def of(
        cls, item: object, start: object, end: object, kind: object, probability: object
    ) -> "SoftSpans":
        """Bring columns into their types."""
        return cls(
            np.asarray(item, dtype=np.int64),
            np.asarray(start, dtype=np.int32),
            np.asarray(end, dtype=np.int32),
            np.asarray(kind, dtype=np.int32),
            np.asarray(probability, dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.item)

    def checked(self, lengths: object, n_types: int) -> "SoftSpans":
        """Return them if they are spans of texts of such lengths, in characters.

        Raises
        ------
        LabelingError
            Naming the first that is none, and why.
        """
        sizes = np.asarray(lengths, dtype=np.int64)
        columns = (self.start, self.end, self.type, self.probability)
        if any(len(one) != len(self) for one in columns):
            raise LabelingError(
                f"the columns of the spans have {', '.join(str(len(c)) for c in (self.item, *columns))} "
                "rows, but must have the same"
            )
        known = (self.item >= 0) & (self.item < len(sizes))
        size = np.append(sizes, 0)[np.where(known, self.item, -1)]
        wrong = {
            f"is in a text that is not there; there are {len(sizes)}": ~known,
            "begins before the text": self.start < 0,
            "ends after the text": self.end > size,
            "ends before it starts or is empty": self.end <= self.start,
            f"has a type that is none; there are {n_types}": (self.type < 0)
            | (self.type >= n_types),
            "has a probability outside 0..1": ~((self.probability >= 0) & (self.probability <= 1)),
        }
        for told, where in wrong.items():
            if where.any():
                at = int(np.flatnonzero(where)[0])
                raise LabelingError(
                    f"span {at} (text {self.item[at]}, {self.start[at]} to {self.end[at]}, type "
                    f"{self.type[at]}, probability {self.probability[at]}) {told}"
                )
        return self
