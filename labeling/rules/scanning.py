"""Hyperscan over the texts of a batch, block by block, on all cores where there is much to do."""

import marshal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import hyperscan
import numpy as np
from numpy.typing import NDArray

from labeling.rules import scan_worker
from labeling.rules.blocks import Block
from labeling.rules.byte_patterns import Alt, Node, emit
from labeling.rules.cores import usable_cores
from labeling.rules.density import DENSE, density

TRIAL_S = 0.25
"""Seconds after which the scanner looks how much is left."""

WORTH_S = 1.0
"""Seconds that must be left for starting other processes."""

Found = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Numbers of patterns, and rows of the batch in which they were found."""


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
        once = hyperscan.HS_FLAG_SINGLEMATCH
        self._by_block = self._compile(nodes, [i for i, d in enumerate(dense) if not d], 0)
        self._by_text = self._compile(nodes, [i for i, d in enumerate(dense) if d], once)

    def _compile(self, nodes: Sequence[Node], numbers: list[int], flags: int) -> Any:
        pairs = [(number, one) for number in numbers for one in _alternatives(nodes[number])]
        written = [(number, emit(one).encode()) for number, one in pairs]
        if not written:
            return None
        try:
            return _database(written, flags)
        except hyperscan.error:
            refused = {number for number, text in written if not _compiles(number, text, flags)}
            self.unsupported += sorted(refused)
        written = [pair for pair in written if pair[0] not in refused]
        return _database(written, flags) if written else None

    def scan(self, n_blocks: int, block: Callable[[int], Block]) -> Found:
        """Find the patterns in all blocks of a batch.

        One process begins; if after :data:`TRIAL_S` more than :data:`WORTH_S` seems to be left,
        other processes help. The answer does not depend on who found what.

        Parameters
        ----------
        n_blocks : int
            How many blocks there are.
        block : callable
            Makes the block of a number.

        Returns
        -------
        numbers, rows : int arrays of shape (n_hits,)
            Pattern and row of the batch, each pair once.
        """
        waiting = iter(range(n_blocks))
        lock = threading.Lock()
        found: list[Found] = []

        def numbers() -> Iterator[int]:
            while True:
                with lock:
                    number = next(waiting, None)
                if number is None:
                    return
                yield number

        began = time.monotonic()
        for number in numbers():
            found.append(self._here(block(number)))
            spent = time.monotonic() - began
            if spent > TRIAL_S and spent / len(found) * (n_blocks - len(found)) > WORTH_S:
                break

        def local() -> list[Found]:
            return [self._here(block(number)) for number in numbers()]

        def helped() -> list[Found]:
            return list(self._elsewhere(block(number) for number in numbers()))

        n_helpers = min(usable_cores() - 1, n_blocks - len(found))
        if n_helpers > 0:
            with ThreadPoolExecutor(n_helpers) as pool:
                others = [pool.submit(helped) for _ in range(n_helpers)]
                found += local()
                for one in others:
                    found += one.result()
        found += local()
        empty = np.zeros(0, dtype=np.int64)
        return (
            np.concatenate([empty, *(one for one, _ in found)]),
            np.concatenate([empty, *(rows for _, rows in found)]),
        )

    def _here(self, block: Block) -> Found:
        cells = scan_worker.block_cells(self._by_block, self._by_text, block.data, block.starts)
        return _split(cells, block)

    def _elsewhere(self, blocks: Iterator[Block]) -> Iterator[Found]:
        """Let a process of its own scan the blocks, one after the other."""
        compiled = tuple(
            None if one is None else hyperscan.dumpb(one) for one in (self._by_block, self._by_text)
        )
        command = [sys.executable, "-I", scan_worker.__file__]
        with subprocess.Popen(  # noqa: S603 - our own script
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as worker:
            to, back = worker.stdin, worker.stdout
            if to is None or back is None:  # pragma: no cover - both are pipes
                return
            marshal.dump(compiled, to)
            for block in blocks:
                marshal.dump((bytes(block.data), block.starts.tobytes()), to)
                to.flush()
                cells = np.frombuffer(marshal.load(back), dtype=np.int64)  # noqa: S302 - ours
                yield _split(cells, block)
            marshal.dump(None, to)


def _split(cells: NDArray[np.int64], block: Block) -> Found:
    numbers, where = np.divmod(cells, max(len(block.rows), 1))
    return numbers, block.rows[where]


def _alternatives(node: Node) -> tuple[Node, ...]:
    return node.options if isinstance(node, Alt) else (node,)


def _database(pairs: Sequence[tuple[int, bytes]], flags: int) -> Any:
    database: Any = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
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
