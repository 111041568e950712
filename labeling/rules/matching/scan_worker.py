"""Running Hyperscan over a block of texts, here or in a process of its own.

As a process it reads compiled patterns and then blocks from its input, and writes the cells found
in each block to its output, all pickled. Processes and not threads, because every hit is
reported through the interpreter lock, for which threads would fight. It imports little, so that it
starts quickly.
"""

import pickle
import sys
from array import array
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import hyperscan
import numpy as np
from numpy.typing import NDArray


class Programs:
    """Compiled patterns by the way they are scanned.

    Parameters
    ----------
    by_block, by_literal, by_text : hyperscan.Database or None
        Patterns that are looked for in a whole block; bare literals, likewise; patterns that are
        looked for text by text, since they would be reported too often.
    neighbours : Neighbours or None
        What must stand around the literals. Their numbers begin at ``first_literal``.
    first_literal : int
        See there.
    """

    def __init__(
        self, by_block: Any, by_literal: Any, by_text: Any, neighbours: Any, first_literal: int
    ) -> None:
        self.by_block, self.by_literal, self.by_text = by_block, by_literal, by_text
        self.neighbours, self.first_literal = neighbours, first_literal

    def __getstate__(self) -> tuple[Any, ...]:
        databases = (self.by_block, self.by_literal, self.by_text)
        written = [None if one is None else hyperscan.dumpb(one) for one in databases]
        return (*written, self.neighbours, self.first_literal)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        *written, self.neighbours, self.first_literal = state
        self.by_block, self.by_literal, self.by_text = map(_load, written)

    def cells(self, data: bytes, starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Scan a block.

        Parameters
        ----------
        data : bytes of shape (n_bytes,)
            Separator, text, separator, text, …, separator.
        starts : int array of shape (n_texts + 1,)
            Where each text begins; the last entry is one past the data.

        Returns
        -------
        int array
            ``pattern * n_texts + text`` of each hit.
        """
        found: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        for database in (self.by_block, self.by_literal):
            if database is not None:
                numbers, ends = _scan_whole(database, data)
                if database is self.by_literal:
                    fits = self.neighbours.fit(data, numbers - self.first_literal, ends)
                    numbers, ends = numbers[fits], ends[fits]
                text = np.searchsorted(starts, ends - 1, "right") - 1
                found.append(numbers * (len(starts) - 1) + text)
        if self.by_text is not None:
            found.append(_scan_each(self.by_text, data, starts))
        return np.concatenate(found)


def _load(compiled: bytes | None) -> Any:
    if compiled is None:
        return None
    database: Any = hyperscan.loadb(compiled, hyperscan.HS_MODE_BLOCK)
    database.scratch = hyperscan.Scratch(database)
    return database


def _scan_whole(database: Any, data: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    numbers, ends = array("q"), array("q")
    add_end = ends.append

    def report(number: int, _start: int, end: int, _flags: int, add: Callable[[int], None]) -> None:
        add(number)
        add_end(end)

    database.scan(data, report, 0, numbers.append, database.scratch.clone())
    return np.frombuffer(numbers, dtype=np.int64), np.frombuffer(ends, dtype=np.int64)


def _scan_each(database: Any, data: bytes, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    cells = array("q")
    add, n_texts = cells.append, len(starts) - 1

    def report(number: int, _start: int, _end: int, _flags: int, text: int) -> None:
        add(number * n_texts + text)

    scan, scratch, view = database.scan, database.scratch.clone(), memoryview(data)
    for text, (start, stop) in enumerate(pairwise(starts.tolist())):
        scan(view[start - 1 : stop], report, 0, text, scratch)
    return np.frombuffer(cells, dtype=np.int64)


def main() -> None:
    """Answer blocks until the input ends."""
    read, write = sys.stdin.buffer, sys.stdout.buffer
    programs: Programs = pickle.load(read)  # noqa: S301 - written by our own parent
    while (block := pickle.load(read)) is not None:  # noqa: S301
        data, starts = block
        pickle.dump(programs.cells(data, starts), write)
        write.flush()
