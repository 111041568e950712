"""Hyperscan over blocks of texts: which pattern is found in which row."""

import itertools
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import hyperscan
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from labeling.rules.byte_patterns import SEPARATOR, Alt, Node, emit
from labeling.rules.density import DENSE, density

_Add = Callable[[int], None]

_SEPARATOR = bytes([SEPARATOR])


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Texts joined into one buffer: separator, text, separator, text, …, separator.

    Parameters
    ----------
    data : memoryview of n_bytes
        The bytes.
    starts : int array of shape (n_rows + 1,)
        Where each text begins; the last entry is one past the buffer.
    rows : int array of shape (n_rows,)
        The rows of the batch that the texts are.
    """

    data: memoryview
    starts: NDArray[np.int64]
    rows: NDArray[np.int64]


def join(texts: pa.Array, rows: NDArray[np.int64]) -> Block:
    """Join texts without nulls into a block.

    Parameters
    ----------
    texts : pa.Array of n_rows strings
        Any UTF-8.
    rows : int array of shape (n_rows,)
        Their numbers in the batch.
    """
    ended = pc.binary_join_element_wise(
        texts.cast(pa.large_binary()),
        pa.scalar(b"", pa.large_binary()),
        pa.scalar(_SEPARATOR, pa.large_binary()),
    )
    _, offsets, data = ended.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[ended.offset : ended.offset + len(ended) + 1]
    body = memoryview(data)[starts[0] : starts[-1]] if data is not None else memoryview(b"")
    joined = memoryview(b"".join((_SEPARATOR, body)))
    return Block(joined, starts - starts[0] + 1, rows)


class Scanner:
    """Compiled byte patterns.

    Parameters
    ----------
    nodes : sequence of Node
        Byte patterns; the index of each is its number in the answer.

    Attributes
    ----------
    unsupported : list of int
        Numbers of the patterns that Hyperscan cannot take (they are not scanned for).
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.unsupported: list[int] = []
        dense = [density(one) > DENSE for one in nodes]
        flags = hyperscan.HS_FLAG_SINGLEMATCH
        self._by_block = self._compile(nodes, [i for i, d in enumerate(dense) if not d], 0)
        self._by_text = self._compile(nodes, [i for i, d in enumerate(dense) if d], flags)

    def _compile(
        self, nodes: Sequence[Node], numbers: list[int], flags: int
    ) -> hyperscan.Database | None:
        pairs = [
            (number, emit(one).encode())
            for number in numbers
            for one in _alternatives(nodes[number])
        ]
        if not pairs:
            return None
        try:
            return _database(pairs, flags)
        except hyperscan.error:
            refused = {number for number, text in pairs if not _compiles(number, text, flags)}
            self.unsupported += sorted(refused)
        pairs = [pair for pair in pairs if pair[0] not in refused]
        return _database(pairs, flags) if pairs else None

    def scan(self, block: Block) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the patterns in a block.

        Safe to call from several threads at once; Hyperscan runs without the interpreter lock.

        Returns
        -------
        numbers, rows : int arrays of shape (n_hits,)
            Pattern and row of the batch, each pair once, sorted by pattern and row.
        """
        in_block = self._scan_block(block)
        in_texts = self._scan_texts(block)
        cells = np.sort(np.concatenate([in_block, in_texts]))
        cells = cells[np.append(True, cells[1:] != cells[:-1])] if len(cells) else cells
        numbers, where = np.divmod(cells, max(len(block.rows), 1))
        return numbers, block.rows[where]

    def _scan_block(self, block: Block) -> NDArray[np.int64]:
        if self._by_block is None:
            return np.zeros(0, dtype=np.int64)
        numbers, ends = array("q"), array("q")

        def report(number: int, _start: int, end: int, _flags: int, add: _Add) -> None:
            add(number)
            add_end(end)

        add_end = ends.append
        self._by_block.scan(block.data, report, 0, numbers.append, self._by_block.scratch.clone())
        last = np.frombuffer(ends, dtype=np.int64) - 1
        where = np.searchsorted(block.starts, last, "right") - 1
        return np.frombuffer(numbers, dtype=np.int64) * len(block.rows) + where

    def _scan_texts(self, block: Block) -> NDArray[np.int64]:
        if self._by_text is None:
            return np.zeros(0, dtype=np.int64)
        cells = array("q")
        add, n_rows = cells.append, len(block.rows)

        def report(number: int, _start: int, _end: int, _flags: int, row: int) -> None:
            add(number * n_rows + row)

        scan, data, scratch = self._by_text.scan, block.data, self._by_text.scratch.clone()
        starts = block.starts.tolist()
        for row, (start, stop) in enumerate(itertools.pairwise(starts)):
            scan(data[start - 1 : stop], report, 0, row, scratch)
        return np.frombuffer(cells, dtype=np.int64)


def _alternatives(node: Node) -> tuple[Node, ...]:
    return node.options if isinstance(node, Alt) else (node,)


def _database(pairs: Sequence[tuple[int, bytes]], flags: int) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        [text for _, text in pairs], ids=[number for number, _ in pairs], flags=[flags] * len(pairs)
    )
    database.scratch = hyperscan.Scratch(database)
    return database


def _compiles(number: int, text: bytes, flags: int) -> bool:
    try:
        _database([(number, text)], flags)
    except hyperscan.error:
        return False
    return True
