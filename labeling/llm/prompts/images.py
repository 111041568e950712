"""Images as models take them: checked for format and size, sent inside the request."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from PIL import Image, UnidentifiedImageError

from labeling.pictures import ImageError, is_address, picture_bytes

FORMATS: Mapping[str, str] = MappingProxyType(
    {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
)
"""What providers accept, by Pillow's name."""

MAX_BYTES = 5_000_000
"""The smallest limit among the large providers (Anthropic: 5 MB an image)."""

MAX_SIDE_PX = 8000
"""The smallest limit among the large providers, in pixels."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image ready to be sent.

    Parameters
    ----------
    url : str
        A ``data:`` URL, or the image's own address.
    digest : str
        Hash of its bytes, or of its address.
    """

    url: str
    digest: str


def load_picture(image: str | bytes, folder: Path | None = None) -> Picture:
    """Make an image ready.

    Parameters
    ----------
    image : str or bytes
        A path (relative to ``folder``), an ``http(s)://`` or ``data:`` URL, or the file's bytes.
    folder : Path, optional
        Where relative paths start, and outside of which nothing is read.

    Raises
    ------
    ImageError
        If the file is missing, too large, of another format or broken.

    Examples
    --------
    >>> load_picture("https://example.org/road.jpg").url
    'https://example.org/road.jpg'
    """
    if isinstance(image, str) and is_address(image):
        return Picture(image, hashlib.sha256(image.encode()).hexdigest())
    data = picture_bytes(image, folder, MAX_BYTES) if isinstance(image, str) else image
    return Picture(
        f"data:{_check(data)};base64,{base64.b64encode(data).decode()}",
        hashlib.sha256(data).hexdigest(),
    )


def _check(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise ImageError(f"image: larger than {MAX_BYTES:,} bytes")
    try:
        with Image.open(BytesIO(data)) as image:
            kind, size = image.format or "?", image.size
            if kind in FORMATS and max(size) <= MAX_SIDE_PX:
                image.load()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise ImageError("image: not an image, or a broken one") from None
    if kind not in FORMATS:
        raise ImageError(f"image: format {kind}; allowed are {', '.join(FORMATS)}")
    if max(size) > MAX_SIDE_PX:
        raise ImageError(f"image: {size[0]}x{size[1]} px; at most {MAX_SIDE_PX} a side")
    return FORMATS[kind]
