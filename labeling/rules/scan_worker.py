"""Running Hyperscan over a block of texts, here or in a process of its own.

As a script it reads compiled patterns and then blocks from its input, and writes the cells found
in each block to its output, all marshalled. Processes and not threads, because every hit is
reported through the interpreter lock, for which threads would fight. It imports Hyperscan and NumPy
only, so that it starts quickly.
"""

import marshal
import sys
from array import array
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import hyperscan
import numpy as np
from numpy.typing import NDArray


def load(compiled: bytes | None) -> Any:
    """Return a Hyperscan database with its scratch space, or None."""
    if compiled is None:
        return None
    database: Any = hyperscan.loadb(compiled, hyperscan.HS_MODE_BLOCK)
    database.scratch = hyperscan.Scratch(database)
    return database


def block_cells(
    by_block: Any, by_text: Any, data: Any, starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Scan a block.

    Parameters
    ----------
    by_block, by_text : hyperscan.Database or None
        Patterns that are scanned in the whole block, and text by text.
    data : bytes-like of n_bytes
        Separator, text, separator, text, …, separator.
    starts : int array of shape (n_texts + 1,)
        Where each text begins; the last entry is one past the data.

    Returns
    -------
    int array
        ``pattern * n_texts + text`` of each hit, ascending, each once.
    """
    found: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    if by_block is not None:
        found.append(_scan_whole(by_block, data, starts))
    if by_text is not None:
        found.append(_scan_each(by_text, data, starts))
    cells = np.sort(np.concatenate(found))
    return cells[np.append(True, cells[1:] != cells[:-1])] if len(cells) else cells


def _scan_whole(database: Any, data: Any, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    numbers, ends = array("q"), array("q")
    add_end = ends.append

    def report(number: int, _start: int, end: int, _flags: int, add: Callable[[int], None]) -> None:
        add(number)
        add_end(end)

    database.scan(data, report, 0, numbers.append, database.scratch.clone())
    last = np.frombuffer(ends, dtype=np.int64) - 1
    text = np.searchsorted(starts, last, "right") - 1
    return np.frombuffer(numbers, dtype=np.int64) * (len(starts) - 1) + text


def _scan_each(database: Any, data: Any, starts: NDArray[np.int64]) -> NDArray[np.int64]:
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
    by_block, by_text = map(load, marshal.load(read))  # noqa: S302 - written by our own parent
    while (block := marshal.load(read)) is not None:  # noqa: S302
        data, starts = block
        cells = block_cells(by_block, by_text, data, np.frombuffer(starts, dtype=np.int64))
        marshal.dump(cells.tobytes(), write)
        write.flush()


if __name__ == "__main__":
    main()
