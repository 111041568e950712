"""Many texts in one piece of memory, read one or some at a time."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

pa: Any = import_module("pyarrow")
pc: Any = import_module("pyarrow.compute")


class Texts(Sequence[str]):
    """Texts as Arrow keeps them: their bytes, and no object a text; a missing one is empty.

    Parameters
    ----------
    column : pa.ChunkedArray or pa.Array of text

    Examples
    --------
    >>> texts = Texts(pa.chunked_array([["lift", None], ["desk"]]))
    >>> list(texts), texts[2], texts.take(np.array([2, 0])), texts.lengths.tolist()
    (['lift', '', 'desk'], 'desk', ['desk', 'lift'], [4, 0, 4])
    """

    def __init__(self, column: Any) -> None:
        # one chunk of text may hold 2 GB, and taking from several looks each of them up
        whole = pa.chunked_array(column if isinstance(column, pa.ChunkedArray) else [column])
        self._column: Any = pc.fill_null(whole.cast(pa.large_string()).combine_chunks(), "")

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Characters of each, shape (n_texts,)."""
        return np.asarray(pc.utf8_length(self._column).to_numpy(), dtype=np.int64)

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return self._column[at].to_pylist()
        return str(self._column[at])

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), 10_000):
            yield from self._column[start : start + 10_000].to_pylist()

    def take(self, at: NDArray[np.int64]) -> list[str]:
        """Return some of them, in the order asked for."""
        return self._column.take(pa.array(at)).to_pylist()

    def of(self, kept: NDArray[np.bool_]) -> "Texts":
        """Return those that are kept, ``kept`` of shape (n_texts,)."""
        return Texts(self._column.filter(pa.array(kept)))
