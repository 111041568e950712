"""Images of items: only from the task's folder, and only if they are images."""

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from orchestration.resources.review_rows import ReviewError

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


def read_image(root: Path | None, name: str) -> tuple[bytes, str]:
    """Return the bytes and the media type of ``root/name``.

    Raises
    ------
    ReviewError
        ``no_image`` if there is no such file under ``root``, ``not_an_image`` if it is not one of
        :data:`SERVED` or is too large; the message says which.
    """
    if root is None:
        raise ReviewError(
            f"item names the image {name!r}, but the task has no image folder", "no_image"
        )
    path = _inside(root.resolve(), name)
    if path is None:
        raise ReviewError(f"the image {name!r} is not in the task's image folder", "no_image")
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise ReviewError(
            f"the image {name!r} has {size} bytes; {LARGEST_BYTES} are allowed", "not_an_image"
        )
    try:
        with Image.open(path) as image:
            kind, (width, height) = image.format or "", image.size
            image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ReviewError(f"the file {name!r} is not an image", "not_an_image") from None
    if kind not in SERVED:
        raise ReviewError(
            f"the image {name!r} is {kind}; shown are {', '.join(SERVED)}", "not_an_image"
        )
    if width * height > LARGEST_PIXELS:
        raise ReviewError(
            f"the image {name!r} is {width} x {height}; {LARGEST_PIXELS} pixels are allowed",
            "not_an_image",
        )
    return path.read_bytes(), SERVED[kind]


def _inside(folder: Path, name: str) -> Path | None:
    try:
        path = (folder / name).resolve()
        return path if path.is_relative_to(folder) and path.is_file() else None
    except (OSError, ValueError):  # a NUL or 5,000 characters in a name
        return None
