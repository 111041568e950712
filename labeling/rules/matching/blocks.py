"""Texts of a batch joined into blocks of bytes, without touching a row in Python."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.rules.arrow import Array, pa, pc
from labeling.rules.matching.byte_patterns import SEPARATOR

BLOCK_BYTES = 1 << 20
"""Blocks are about this large (or one text, if that is larger)."""

_SEPARATOR = bytes([SEPARATOR])


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Texts joined into one buffer: separator, text, separator, text, …, separator.

    Parameters
    ----------
    data : bytes of shape (n_bytes,)
        The bytes.
    starts : int array of shape (n_rows + 1,)
        Where each text begins; the last entry is one past the buffer.
    rows : int array of shape (n_rows,)
        The rows of the batch that the texts are.
    """

    data: bytes
    starts: NDArray[np.int64]
    rows: NDArray[np.int64]


def join(texts: Array, rows: NDArray[np.int64]) -> Block:
    """Join texts without nulls into a block.

    Parameters
    ----------
    texts : pa.Array of n_rows strings
        Any UTF-8.
    rows : int array of shape (n_rows,)
        Their numbers in the batch.

    Examples
    --------
    >>> block = join(pa.array(["ab", "", "c"], pa.large_string()), np.arange(3))
    >>> block.data.hex(" "), block.starts.tolist()
    ('ff 61 62 ff ff 63 ff', [1, 4, 5, 7])
    """
    ended = pc.binary_join_element_wise(
        texts.cast(pa.large_binary()),
        pa.scalar(b"", pa.large_binary()),
        pa.scalar(_SEPARATOR, pa.large_binary()),
    )
    _, offsets, data = ended.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[ended.offset : ended.offset + len(ended) + 1]
    body = memoryview(data)[starts[0] : starts[-1]] if data is not None else b""
    return Block(b"".join((_SEPARATOR, body)), starts - starts[0] + 1, rows)


def split(texts: Array, rows: NDArray[np.int64]) -> tuple[int, Callable[[int], Block]]:
    """Cut some rows of a batch into blocks.

    Parameters
    ----------
    texts : pa.Array of large strings
        The batch.
    rows : int array
        Which rows; none of them is null.

    Returns
    -------
    int
        How many blocks there are.
    callable
        Makes the block of a number ``0 .. n - 1``.
    """
    if len(rows) != len(texts):
        texts = texts.take(pa.array(rows))
    whole = np.frombuffer(texts.buffers()[1], dtype=np.int64)
    offsets = whole[texts.offset :][: len(texts) + 1]
    marks = np.arange(int(offsets[0]), int(offsets[-1]), BLOCK_BYTES)
    inner = np.searchsorted(offsets[:-1], marks)
    cuts = np.unique(np.concatenate([[0], inner, [len(rows)]]))

    def block(number: int) -> Block:
        start, stop = int(cuts[number]), int(cuts[number + 1])
        return join(texts.slice(start, stop - start), rows[start:stop])

    return len(cuts) - 1, block
