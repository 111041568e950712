"""Pictures of items: their bytes from where an item names them, and a small copy to learn from."""

import base64
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from labeling.errors import LabelingError

SIDE = 32
"""Pixels a side of a small copy: enough for texture, colour and layout, 3 kB an item."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""What small copies are made of, by Pillow's name."""

MAX_BYTES = 20_000_000
MAX_PIXELS = 60_000_000
"""Above these a file is taken for a bomb."""


class ImageError(LabelingError):
    """A picture that cannot be used; whoever wanted it does without, and says so."""


def is_address(image: str) -> bool:
    """Whether an item's picture lies in the network.

    Examples
    --------
    >>> is_address("https://example.org/road.jpg"), is_address("tiles/road.jpg")
    (True, False)
    """
    return image.startswith(("http://", "https://"))


def picture_bytes(image: str, folder: Path | None = None, most: int = MAX_BYTES) -> bytes:
    """Read a picture that is at hand: a file, or what a ``data:`` URL holds.

    Parameters
    ----------
    image : str
        A path (relative to ``folder``) or a ``data:`` URL.
    folder : Path, optional
        Where relative paths start, and outside of which nothing is read.
    most : int
        Bytes allowed.

    Raises
    ------
    ImageError
        If it is missing, too large, outside the folder or in the network: nothing is fetched.

    Examples
    --------
    >>> picture_bytes("data:image/png;base64,aGVsbG8=")
    b'hello'
    """
    if is_address(image):
        raise ImageError("image: it lies in the network, and is not fetched")
    if image.startswith("data:"):
        try:
            data = base64.b64decode(image.partition(",")[2], validate=True)
        except ValueError:
            raise ImageError("image: the data URL is not valid base64") from None
        if len(data) > most:
            raise ImageError(f"image: larger than {most:,} bytes")
        return data
    path = _inside(image, folder)
    try:
        size, is_file = path.stat().st_size, path.is_file()
        data = path.read_bytes() if is_file and size <= most else b""
    except OSError as error:
        raise ImageError(f"image: the file cannot be read ({error.strerror})") from None
    except ValueError:
        raise ImageError("image: this is no path") from None
    if not is_file:
        raise ImageError("image: a folder, a pipe or a device, and no file")
    if size > most:
        raise ImageError(f"image: larger than {most:,} bytes")
    return data


def _inside(image: str, folder: Path | None) -> Path:
    if folder is None:
        return Path(image)
    try:
        path, inside = (folder / image).resolve(), folder.resolve()
    except (OSError, RuntimeError, ValueError):  # a NUL, 5,000 characters, or links in a circle
        raise ImageError("image: this is no path") from None
    if not path.is_relative_to(inside):
        raise ImageError("image: the path leads out of the task's image folder")
    return path


def small_copy(data: bytes, side: int = SIDE) -> NDArray[np.uint8]:
    """Make the small copy of a picture that students learn from.

    Parameters
    ----------
    data : bytes
        A file of one of :data:`FORMATS`.
    side : int
        Pixels a side.

    Returns
    -------
    uint8 array of shape (side, side, 3)
        Red, green and blue; upright as the camera was held, stretched to a square.

    Raises
    ------
    ImageError
        If it is no such file, broken or too large.

    Examples
    --------
    >>> file = BytesIO()
    >>> Image.new("RGB", (80, 60), (200, 0, 0)).save(file, "PNG")
    >>> small_copy(file.getvalue())[0, 0].tolist()
    [200, 0, 0]
    """
    image = open_picture(data, 4 * side)
    return np.asarray(image.resize((side, side), Image.Resampling.BOX), dtype=np.uint8)


def open_picture(data: bytes, at_least: int | None = None) -> Image.Image:
    """Decode a picture: red, green and blue, upright as the camera was held.

    Parameters
    ----------
    data : bytes
        A file of one of :data:`FORMATS`.
    at_least : int, optional
        Pixels a side that are enough: a larger JPEG is decoded at a half, a quarter or an eighth.

    Raises
    ------
    ImageError
        If it is no such file, broken or too large.
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if at_least is not None:
                image.draft("RGB", (at_least, at_least))
            upright = None
            if width * height <= MAX_PIXELS:
                upright = ImageOps.exif_transpose(image).convert("RGB")
    except (
        UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError,
    ):  # fmt: skip
        raise ImageError("image: not an image, or a broken one") from None
    if upright is None:
        raise ImageError(f"image: {width} x {height} px are too many")
    return upright
