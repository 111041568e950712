"""Rules that look at pictures: take a picture, tell whether the rule votes for its class.

A parameter named ``picture`` is the opened picture, in Pillow's form, red, green and blue; other
parameters name columns.
"""

import numpy as np
from PIL import Image

from labeling.rules.reading.python import rule

NEARLY_BLACK = 60
"""Of 255. A wall is lighter, even in the shade."""


def darkest(picture: Image.Image) -> float:
    """Return the grey value that one pixel in fifty is darker than."""
    return float(np.percentile(np.asarray(picture.convert("L")), 2))


@rule(label="cracked")
def dark_line(picture: Image.Image) -> bool:
    """Some of it is nearly black."""
    return darkest(picture) < NEARLY_BLACK


@rule(label="whole")
def nothing_dark(picture: Image.Image) -> bool:
    """None of it is dark."""
    return darkest(picture) > 1.3 * NEARLY_BLACK
