"""Near-duplicates among pictures: the same one again, recoded, resized or a little brighter."""

# scipy.sparse publishes partial types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

GRID = 16
"""Fields a side that pictures are compared by: what recoding changes is averaged out."""

OF_CONTRAST = 0.35
"""Difference of two pictures, as a share of the smaller one's own contrast, up to which they are the
same. Tiles of road that are saved again at half the size and quality differ by 0.2 (0.37 at most),
different ones by 0.76 at least."""

LEAST = 1.5
"""Grey levels (of 255) by which even pictures of one colour differ when they are saved again."""

AT_ONCE = 1_000
"""Pictures that are compared with all others together."""


def near_pictures(pixels: NDArray[np.uint8]) -> sparse.csr_matrix:
    """Find the pairs of pictures that show the same.

    Parameters
    ----------
    pixels : uint8 array of shape (n, side, side, 3)
        Small copies, see :func:`labeling.pictures.small_copy`; the side a multiple of :data:`GRID`.

    Returns
    -------
    csr_matrix of bool, shape (n, n)
        Symmetric, nothing on the diagonal.

    Notes
    -----
    Root mean square difference of grey values on a coarse grid; quadratic in time, linear in
    memory.

    Examples
    --------
    >>> scene = np.random.default_rng(0).integers(0, 200, (3, 32, 32, 3)).astype(np.uint8)
    >>> scene[2] = scene[0] + 1
    >>> near_pictures(scene).nonzero()[0].tolist()
    [0, 2]
    """
    n, step = len(pixels), pixels.shape[1] // GRID
    grey = pixels.reshape(n, GRID, step, GRID, step, 3).mean(axis=(2, 4, 5)).reshape(n, GRID * GRID)
    contrast, power = grey.std(axis=1), np.einsum("ij,ij->i", grey, grey)
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    for start in range(0, n, AT_ONCE):
        part = slice(start, start + AT_ONCE)
        squared = power[part, None] + power[None, :] - 2 * grey[part] @ grey.T
        difference = np.sqrt(np.maximum(squared, 0) / grey.shape[1])
        smaller = np.minimum(contrast[part, None], contrast[None, :])
        row, column = np.nonzero(difference <= np.maximum(LEAST, OF_CONTRAST * smaller))
        apart = row + start != column
        rows.append(row[apart] + start)
        columns.append(column[apart])
    row, column = (np.concatenate(some) if some else np.empty(0, int) for some in (rows, columns))
    return sparse.csr_matrix((np.ones(len(row), dtype=bool), (row, column)), shape=(n, n))
