"""The student for images: layout and texture of small ones, all of it scikit-learn and scipy."""

# scikit-learn, scipy.sparse and cleanlab publish partial types or none.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler

from labeling.errors import LabelingError
from labeling.student.student import Student

MAX_COMPONENTS = 60
MAX_LANDMARKS = 400
"""Principal components of the pixels, and images that every other is compared with."""

QUANTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
"""Of each filter's answers over an image, in per cent: what there is, wherever it stands."""

SCALES = (1, 2, 4)
"""Of edges, in pixels (standard deviation of the smoothing)."""

THICKNESS = (5, 9)
"""Lines and spots thinner than this many pixels stand out."""

TEXTURE_WEIGHT = 0.2
"""Of a standardised quantile. At 0.1 a row of a hundred has the length of one of layout, 1; measured
on tiles of road, 0.2 tells texture better and costs layout little."""

AT_ONCE = 500
"""Images that are looked at together: filters take forty times the memory of the images."""


def image_features(n: int, shape: tuple[int, ...]) -> FeatureUnion:
    """Return an unfitted transformer for ``n`` images of one shape.

    Parameters
    ----------
    n : int
    shape : tuple of int
        (height, width) or (height, width, channels).

    Notes
    -----
    *Layout*: principal components of the pixels through a Gaussian kernel. *Texture*: quantiles of
    brightness, edges and top-hats (Serra 1982: what an opening or closing removes) over the image.
    Colour images add quantiles of each channel. Functions of numpy and scipy alone, so that a
    fitted one loads where this package is not installed.

    Examples
    --------
    >>> image_features(4, (8, 8)).fit_transform(np.random.default_rng(0).random((4, 8, 8))).shape
    (4, 103)
    """
    n_pixels = int(np.prod(shape))
    layout = make_pipeline(
        _apply(np.asarray, dtype=np.float32),
        _apply(np.reshape, shape=(-1, n_pixels)),
        PCA(
            min(MAX_COMPONENTS, n, n_pixels),
            iterated_power=2,  # pyright: ignore[reportArgumentType]
            random_state=0,
        ),
        Normalizer(),
        Nystroem(gamma=2.0, n_components=min(MAX_LANDMARKS, n), random_state=0),
    )
    grey = [_apply(np.mean, axis=-1)] if len(shape) == 3 else []
    parts: list[tuple[str, Any]] = [("brightness", _quantiles(*grey))]
    for scale in SCALES:
        for way, order in (("across", (0, 0, 1)), ("down", (0, 1, 0))):
            edges = _apply(ndimage.gaussian_filter, sigma=(0, scale, scale), order=order)
            parts.append((f"edges {way} {scale}", _quantiles(*grey, edges)))
    for size in THICKNESS:
        for name, hat in (("dark", ndimage.black_tophat), ("light", ndimage.white_tophat)):
            lines = _apply(hat, size=(1, size, size))
            parts.append((f"{name} lines {size}", _quantiles(*grey, lines)))
    if len(shape) == 3:
        of_each = [
            _apply(np.moveaxis, source=1, destination=0),
            _apply(np.reshape, shape=(-1, len(QUANTILES) * shape[2])),
        ]
        parts.append(("colours", make_pipeline(_percentiles(), *of_each)))
    texture = make_pipeline(FeatureUnion(parts), StandardScaler(), _apply(np.dot, b=TEXTURE_WEIGHT))
    return FeatureUnion([("layout", layout), ("texture", texture)])


def _quantiles(*steps: Any) -> Pipeline:
    as_floats = _apply(np.asarray, dtype=np.float32)
    return make_pipeline(as_floats, *steps, _percentiles(), _apply(np.transpose))


def _percentiles() -> FunctionTransformer:
    return _apply(np.percentile, q=QUANTILES, axis=(1, 2))


def _apply(function: Callable[..., Any], **arguments: Any) -> FunctionTransformer:
    return FunctionTransformer(function, kw_args=arguments)


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

    reads: ClassVar[str] = "images"

    def _features(self, items: Any) -> Any:
        if not isinstance(items, np.ndarray) or items.ndim not in (3, 4):
            shape = getattr(items, "shape", type(items).__name__)
            raise LabelingError(
                f"images come as one array of shape (n, height, width) or with channels, got "
                f"{shape}; decode and resize them first"
            )
        return image_features(len(items), items.shape[1:])

    def predict_proba(self, items: Any) -> NDArray[np.float64]:
        """Return probabilities of shape (n, n_classes); some images at a time."""
        return self.judge(self.read(items)) if len(items) else np.empty((0, self.n_classes))

    def read(self, items: Any) -> sparse.csr_matrix:
        """See :meth:`labeling.student.student.Student.read`; some images at a time."""
        parts = [
            super(ImageStudent, self).read(items[start : start + AT_ONCE])
            for start in range(0, len(items), AT_ONCE)
        ]
        return sparse.csr_matrix(sparse.vstack(parts))

    def _altered(self, items: Any, rng: np.random.Generator) -> Any:
        """Shift each image by at most one pixel either way."""
        copies = np.empty_like(items)
        down, right = rng.integers(-1, 2, size=(2, len(items)))
        for at in range(len(items)):
            padded = np.pad(items[at], [(1, 1), (1, 1)] + [(0, 0)] * (items.ndim - 3), mode="edge")
            top, left = 1 + int(down[at]), 1 + int(right[at])
            copies[at] = padded[top : top + items.shape[1], left : left + items.shape[2]]
        return copies
