"""Rules that look at the picture: a crack is a dark line that goes on.

The limits were chosen on roads 001 to 040; README.md tells what they are worth on the others.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from labeling.rules.reading.python import rule

GRAIN_PX = 1.5
SURROUNDINGS_PX = 12.0
"""What is smaller than the first is a stone, what is larger than the second is a shadow."""

DARK, VERY_DARK = 2.0, 3.0
"""Below the surroundings, in standard deviations of how uneven the road is elsewhere."""


class Dark(NamedTuple):
    """What is dark in a picture.

    ``line_px`` and ``deep_px`` are how far the longest dark and very dark patch reaches, ``patch_px``
    is the size of the former, ``depth`` is how dark the darkest hundredth is.
    """

    line_px: int
    deep_px: int
    patch_px: int
    depth: float


def dark(picture: Image.Image) -> Dark:
    """Measure what is dark in a picture; once, though several rules ask."""
    return _measured(picture.convert("L").tobytes(), picture.size)


@lru_cache(maxsize=512)
def _measured(grey: bytes, size: tuple[int, int]) -> Dark:
    pixels = np.frombuffer(grey, dtype=np.uint8).reshape(size[::-1]).astype(np.float32)
    smooth = ndimage.gaussian_filter(pixels, GRAIN_PX)
    below = ndimage.gaussian_filter(pixels, SURROUNDINGS_PX) - smooth
    uneven = 1.4826 * float(np.median(np.abs(below))) or 1.0
    line, patch = _longest(below > DARK * uneven)
    deep, _ = _longest(below > VERY_DARK * uneven)
    return Dark(line, deep, patch, float(np.percentile(below, 99)) / uneven)


def _longest(mask: np.ndarray) -> tuple[int, int]:
    """Return height or width, and number of pixels, of the patch that reaches furthest."""
    patches, n = ndimage.label(mask, structure=np.ones((3, 3)))
    if not n:
        return 0, 0
    reach = [max(s.stop - s.start for s in box) for box in ndimage.find_objects(patches)]
    furthest = int(np.argmax(reach))
    return reach[furthest], int(np.count_nonzero(patches == furthest + 1))


@rule(label="crack")
def long_dark_line(picture: Image.Image) -> bool:
    """See a dark line that goes on for a sixth of the picture."""
    return dark(picture).line_px >= 26


@rule(label="crack")
def deep_line(picture: Image.Image) -> bool:
    """See a shorter line that is very dark."""
    return dark(picture).deep_px >= 18


@rule(label="crack")
def much_dark(picture: Image.Image) -> bool:
    """See a dark line that branches, or is wide."""
    return dark(picture).patch_px >= 200


@rule(label="crack")
def darker_than_gaps(picture: Image.Image) -> bool:
    """See something darker than gaps between stones are."""
    return dark(picture).depth >= 3.7


@rule(label="clean")
def no_line(picture: Image.Image) -> bool:
    """See nothing dark that goes on for a tenth of the picture."""
    return dark(picture).line_px <= 16


@rule(label="clean")
def nothing_deep(picture: Image.Image) -> bool:
    """See nothing very dark that is larger than a stone."""
    return dark(picture).deep_px <= 7
