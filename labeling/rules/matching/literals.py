"""Byte patterns that are a fixed text between two neighbours: the terms of large dictionaries.

Hyperscan compiles thousands of bare literals in a moment, but takes seconds where each also has
neighbours to look at. Here the neighbours are taken off, and checked for all hits at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.rules.matching.byte_patterns import (
    EDGE,
    WORD,
    Alt,
    Boundary,
    Bytes,
    Node,
    Seq,
    sequence,
)

ANY = (1 << 256) - 1
"""Set of all bytes."""

MAX_CASES = 2
"""Bytes in a set that still counts as one letter of a literal: its two cases."""

MAX_TABLES = 256
"""Different neighbourhoods that can be told apart."""

MAX_OPTIONS = 20
"""Choices with more options are written as so many patterns."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A fixed text, and the sets of bytes that may stand before and after it."""

    core: tuple[Bytes, ...]
    before: int
    after: int


def as_literal(node: Node) -> Literal | None:
    """Take a byte pattern apart, or return None where it is none of this kind.

    Examples
    --------
    >>> word = Seq((Boundary(), Bytes(1 << 97), Bytes(1 << 98), Boundary()))
    >>> len(as_literal(word).core), as_literal(word).before == ANY & ~WORD
    (2, True)
    """
    items = list(node.items) if isinstance(node, Seq) else [node]
    first = items.pop(0) if items and not _is_letter(items[0]) else None
    last = items.pop() if items and not _is_letter(items[-1]) else None
    core = tuple(one for one in items if isinstance(one, Bytes) and _is_letter(one))
    if not core or len(core) != len(items):
        return None
    before, after = _neighbours(first, core[0]), _neighbours(last, core[-1])
    return None if before is None or after is None else Literal(core, before, after)


def _is_letter(node: Node) -> bool:
    return isinstance(node, Bytes) and node.mask.bit_count() <= MAX_CASES and not node.mask & EDGE


def _neighbours(node: Node | None, letter: Bytes) -> int | None:
    if node is None:
        return ANY
    if isinstance(node, Bytes):
        return node.mask
    if isinstance(node, Boundary):
        in_word, outside = not letter.mask & ~WORD, not letter.mask & WORD
        if in_word or outside:
            return ANY & ~WORD if in_word != node.inside else WORD
    return None


def alternatives(node: Node) -> tuple[Node, ...]:
    """Write a pattern with a long choice in it as many patterns."""
    if isinstance(node, Alt):
        return node.options
    if isinstance(node, Seq):
        long = [i for i, one in enumerate(node.items) if _is_long(one)]
        if len(long) == 1:
            before, choices, after = (
                node.items[: long[0]],
                node.items[long[0]],
                node.items[long[0] + 1 :],
            )
            if isinstance(choices, Alt):
                return tuple(sequence([*before, one, *after]) for one in choices.options)
    return (node,)


def _is_long(node: Node) -> bool:
    return isinstance(node, Alt) and len(node.options) > MAX_OPTIONS


class Neighbours:
    """Checks the neighbours of many hits at once.

    Parameters
    ----------
    lengths : int array of shape (n_literals,)
        Bytes of each literal.
    before, after : uint8 arrays of shape (n_literals,)
        Which of the tables holds for the byte before and after it.
    tables : bool array of shape (n_tables, 256)
        The allowed bytes.
    """

    def __init__(
        self,
        lengths: NDArray[np.int64],
        before: NDArray[np.uint8],
        after: NDArray[np.uint8],
        tables: NDArray[np.bool_],
    ) -> None:
        self._lengths, self._before, self._after, self._tables = lengths, before, after, tables

    @classmethod
    def of(cls, literals: Sequence[Literal]) -> "Neighbours | None":
        """Collect the neighbourhoods of literals; None where there are too many different ones."""
        masks = list(dict.fromkeys(m for one in literals for m in (one.before, one.after)))
        if len(masks) > MAX_TABLES:
            return None
        tables = np.array([[mask >> byte & 1 for byte in range(256)] for mask in masks], dtype=bool)
        number = {mask: i for i, mask in enumerate(masks)}
        return cls(
            np.array([len(one.core) for one in literals], dtype=np.int64),
            np.array([number[one.before] for one in literals], dtype=np.uint8),
            np.array([number[one.after] for one in literals], dtype=np.uint8),
            tables.reshape(-1, 256),
        )

    def fit(
        self, data: bytes, numbers: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Tell which hits have allowed neighbours.

        Parameters
        ----------
        data : bytes
            A block; it begins and ends with a separator.
        numbers, ends : int arrays of shape (n_hits,)
            The literal of each hit, and the place after it.
        """
        byte = np.frombuffer(data, dtype=np.uint8)
        before = byte[ends - self._lengths[numbers] - 1]
        allowed = self._tables[self._before[numbers], before]
        return allowed & self._tables[self._after[numbers], byte[ends]]
