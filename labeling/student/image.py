"""The student for small images: pixels through a kernel map, all of it scikit-learn."""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer

from labeling.errors import LabelingError
from labeling.student.student import Student

MAX_COMPONENTS = 60
MAX_LANDMARKS = 400
"""Principal components of the pixels, and images that every other is compared with."""


class ImageStudent(Student):
    """A :class:`~labeling.student.student.Student` of images, all of one size.

    Items are arrays of shape (n, height, width) or (n, height, width, channels).

    Examples
    --------
    >>> images = np.zeros((4, 8, 8))
    >>> images[2:, :, 4:] = 1.0
    >>> soft = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]])
    >>> ImageStudent(2, classes=["dark", "half"]).fit(images, soft).predict(images[[0, 3]]).tolist()
    ['dark', 'half']
    """

    def _features(self, items: Any) -> Any:
        if not isinstance(items, np.ndarray) or items.ndim not in (3, 4):
            shape = getattr(items, "shape", type(items).__name__)
            raise LabelingError(
                f"images come as one array of shape (n, height, width) or with channels, got "
                f"{shape}; decode and resize them first"
            )
        n, n_pixels = len(items), int(np.prod(items.shape[1:]))
        return Pipeline(
            [
                ("flat", FunctionTransformer(np.reshape, kw_args={"shape": (-1, n_pixels)})),
                ("components", PCA(min(MAX_COMPONENTS, n, n_pixels), random_state=0)),
                ("scale", Normalizer()),
                ("kernel", Nystroem(gamma=2.0, n_components=min(MAX_LANDMARKS, n), random_state=0)),
            ]
        )

    def _altered(self, items: Any, rng: np.random.Generator) -> Any:
        """Shift each image by at most one pixel either way."""
        copies = np.empty_like(items)
        down, right = rng.integers(-1, 2, size=(2, len(items)))
        for at in range(len(items)):
            padded = np.pad(items[at], [(1, 1), (1, 1)] + [(0, 0)] * (items.ndim - 3), mode="edge")
            top, left = 1 + int(down[at]), 1 + int(right[at])
            copies[at] = padded[top : top + items.shape[1], left : left + items.shape[2]]
        return copies
