"""Hyperscan over the texts of a batch, block by block, on all cores where there is much to do."""

import pickle
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

from labeling.rules.cores import usable_cores
from labeling.rules.matching import scan_worker
from labeling.rules.matching.blocks import Block
from labeling.rules.matching.byte_patterns import Node, emit, sequence
from labeling.rules.matching.density import DENSE, density
from labeling.rules.matching.literals import Neighbours, alternatives, as_literal
from labeling.rules.matching.scan_worker import Programs

TRIAL_S = 0.25
"""Seconds after which the scanner looks how much is left."""

WORTH_S = 1.0
"""Seconds that must be left for starting other processes."""

MANY_LITERALS = 2000
"""Literals from which their neighbours are checked apart, to compile them in reasonable time."""

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
        pairs = [(i, one) for i, node in enumerate(nodes) for one in alternatives(node)]
        literals = [(i, one) for i, node in pairs if (one := as_literal(node)) is not None]
        neighbours = None
        if len(literals) > MANY_LITERALS:
            neighbours = Neighbours.of([one for _, one in literals])
        if neighbours is None:
            literals = []
        else:
            pairs = [(i, node) for i, node in pairs if as_literal(node) is None]
        often = [density(node) > DENSE for _, node in pairs]
        dense = [pair for pair, many in zip(pairs, often, strict=True) if many]
        sparse = [pair for pair, many in zip(pairs, often, strict=True) if not many]
        bare = [(i, sequence(list(one.core))) for i, one in literals]
        self._owner = np.array([i for i, _ in [*sparse, *dense, *bare]], dtype=np.int64)
        refused: set[int] = set()
        once, at = hyperscan.HS_FLAG_SINGLEMATCH, len(sparse) + len(dense)
        self._programs = Programs(
            _compile([one for _, one in sparse], 0, 0, refused),
            _compile([one for _, one in bare], at, 0, refused),
            _compile([one for _, one in dense], len(sparse), once, refused),
            neighbours,
            at,
        )
        self.unsupported = sorted({int(self._owner[one]) for one in refused})

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
        return self._split(self._programs.cells(block.data, block.starts), block)

    def _elsewhere(self, blocks: Iterator[Block]) -> Iterator[Found]:
        """Let a process of its own scan the blocks, one after the other."""
        command = [sys.executable, "-c", f"from {scan_worker.__name__} import main; main()"]
        with subprocess.Popen(  # noqa: S603 - our own module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as worker:
            to, back = worker.stdin, worker.stdout
            if to is None or back is None:  # pragma: no cover - both are pipes
                return
            pickle.dump(self._programs, to)
            for block in blocks:
                pickle.dump((block.data, block.starts), to)
                to.flush()
                yield self._split(pickle.load(back), block)  # noqa: S301 - ours
            pickle.dump(None, to)

    def _split(self, cells: NDArray[np.int64], block: Block) -> Found:
        n_texts = max(len(block.rows), 1)
        numbers, where = np.divmod(cells, n_texts)
        cells = np.sort(self._owner[numbers] * n_texts + where)
        cells = cells[np.append(True, cells[1:] != cells[:-1])] if len(cells) else cells
        numbers, where = np.divmod(cells, n_texts)
        return numbers, block.rows[where]


def _compile(nodes: Sequence[Node], first: int, flags: int, refused: set[int]) -> Any:
    """Compile patterns with the numbers ``first, first + 1, …``; note those that cannot be."""
    written = [(first + i, emit(one).encode()) for i, one in enumerate(nodes)]
    try:
        return _database(written, flags)
    except hyperscan.error:
        bad = {number for number, text in written if not _compiles(number, text, flags)}
        refused |= bad
        return _database([pair for pair in written if pair[0] not in bad], flags)


def _database(pairs: Sequence[tuple[int, bytes]], flags: int) -> Any:
    if not pairs:
        return None
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
