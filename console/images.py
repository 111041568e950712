"""Images of items: out of the task's folder or a ``data:`` URL, and only if they are images."""

import base64
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from labeling.pictures import ImageError, is_address, picture_bytes
from resources.reviews.rows import ReviewError

SERVED = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}
"""What browsers show and what cannot carry scripts (SVG can)."""

LARGEST_BYTES = 20_000_000
LARGEST_PIXELS = 60_000_000
"""Above these a phone would be asked to decode a bomb."""

SENT_BYTES = 1_000_000
"""A larger file is made smaller before it is sent inside something else."""

SENT_SIDE_PX = 1_600
"""Pixels a side of an image that was made smaller."""


def read_image(root: Path | None, name: str) -> tuple[bytes, str]:
    """Return the bytes and the media type of ``root/name``, or of what a ``data:`` URL holds.

    Raises
    ------
    ReviewError
        ``no_image`` if there is no such file under ``root``, ``not_an_image`` if it is not one of
        :data:`SERVED` or is too large; the message says which.
    """
    inside = name.startswith("data:")
    told = "in the data: URL" if inside else repr(name)
    if root is None and not inside:
        raise ReviewError(
            f"item names the image {name!r}, but the task has no image folder", "no_image"
        )
    path = None if inside or root is None else _inside(root.resolve(), name)
    if path is None and not inside:
        raise ReviewError(f"the image {name!r} is not in the task's image folder", "no_image")
    size = len(name) if path is None else path.stat().st_size
    if size > LARGEST_BYTES:
        raise ReviewError(
            f"the image {told} has {size} bytes; {LARGEST_BYTES} are allowed", "not_an_image"
        )
    try:
        data = picture_bytes(name) if path is None else path.read_bytes()
        with Image.open(BytesIO(data)) as image:
            kind, (width, height) = image.format or "", image.size
            image.verify()
    except (ImageError, UnidentifiedImageError, OSError, SyntaxError, ValueError,
            Image.DecompressionBombError):  # fmt: skip
        raise ReviewError(f"the file {told} is not an image", "not_an_image") from None
    if kind not in SERVED:
        raise ReviewError(
            f"the image {told} is {kind}; shown are {', '.join(SERVED)}", "not_an_image"
        )
    if width * height > LARGEST_PIXELS:
        raise ReviewError(
            f"the image {told} is {width} x {height}; {LARGEST_PIXELS} pixels are allowed",
            "not_an_image",
        )
    return data, SERVED[kind]


def as_url(root: Path | None, name: str) -> str:
    """Return an image as an address that any program can show: its own, or a ``data:`` URL.

    A file above :data:`SENT_BYTES` is sent as a JPEG of at most :data:`SENT_SIDE_PX` a side.

    Raises
    ------
    ReviewError
        As :func:`read_image`.
    """
    if is_address(name):
        return name
    data, kind = read_image(root, name)
    if len(data) > SENT_BYTES:
        data, kind = _smaller(data, SENT_SIDE_PX), SERVED["JPEG"]
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def thumbnail_url(root: Path | None, name: str, side: int) -> str:
    """Return a ``data:`` URL of an image at most ``side`` pixels wide and high.

    Raises
    ------
    ReviewError
        As :func:`read_image`.
    """
    small = base64.b64encode(_smaller(read_image(root, name)[0], side)).decode()
    return f"data:{SERVED['JPEG']};base64,{small}"


def _smaller(data: bytes, side: int) -> bytes:
    out = BytesIO()
    try:
        with Image.open(BytesIO(data)) as image:
            image.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((side, side))
        upright.save(out, "JPEG", quality=85)
    except (OSError, SyntaxError, ValueError):
        raise ReviewError("the image is broken", "not_an_image") from None
    return out.getvalue()


def _inside(folder: Path, name: str) -> Path | None:
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # a NUL, 5,000 characters, links in a circle
        return None
