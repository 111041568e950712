"""What pictures are like, in numbers and in slices that a person understands."""

import numpy as np
from numpy.typing import NDArray

NONE = "(no image)"
"""Slice of the items that have no picture, or none that could be looked at."""


def brightness(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the mean grey value of each picture, 0 (black) to 255 (white).

    Parameters
    ----------
    pixels : uint8 array of shape (n, height, width, 3)

    Examples
    --------
    >>> brightness(np.full((1, 4, 4, 3), 51, dtype=np.uint8)).tolist()
    [51.0]
    """
    return pixels.reshape(len(pixels), -1).mean(axis=1) if len(pixels) else np.empty(0)


def contrast(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the standard deviation of grey values within each picture, 0 to 127.5."""
    grey = pixels.mean(axis=-1)
    return grey.reshape(len(grey), -1).std(axis=1) if len(grey) else np.empty(0)


def picture_slices(
    pixels: NDArray[np.uint8], seen: NDArray[np.bool_]
) -> dict[str, NDArray[np.object_]]:
    """Cut items into slices by how bright their pictures are, and how much goes on in them.

    Parameters
    ----------
    pixels : uint8 array of shape (n_items, height, width, 3)
    seen : bool array of shape (n_items,)
        Which items have one.

    Returns
    -------
    dict of str to str array of shape (n_items,)
        ``brightness`` and ``contrast``: thirds of the seen ones.

    Examples
    --------
    >>> grey = np.array([10, 100, 200], dtype=np.uint8)[:, None, None, None]
    >>> found = picture_slices(np.broadcast_to(grey, (3, 4, 4, 3)), np.array([True] * 3))
    >>> found["brightness"].tolist()
    ['dark', 'medium', 'bright']
    """
    return {
        "brightness": _thirds(brightness(pixels), seen, ("dark", "medium", "bright")),
        "contrast": _thirds(contrast(pixels), seen, ("even", "medium", "rich")),
    }


def _thirds(
    value: NDArray[np.float64], seen: NDArray[np.bool_], names: tuple[str, str, str]
) -> NDArray[np.object_]:
    found = np.full(len(value), NONE, dtype=object)
    if seen.any():
        cut = np.quantile(value[seen], [1 / 3, 2 / 3])
        found[seen] = np.array(names)[np.searchsorted(cut, value[seen], side="left")]
    return found
