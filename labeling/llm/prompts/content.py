"""What of an item is shown to a model, and which items show the same."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from labeling.errors import LabelingError
from labeling.llm.prompts.images import ImageError, load_picture


@dataclass(slots=True)
class Content:
    """One text, image or both, and the items that have it.

    Parameters
    ----------
    digest : str
        Hash of text and image.
    text : str
        After redaction.
    image : str or bytes, optional
        As given; loaded again when it is sent, so that pictures do not pile up in memory.
    rows : list of int
        Positions of its items in the table.
    flaw : str
        Why it cannot be sent; empty where it can.
    """

    digest: str
    text: str
    image: str | bytes | None
    rows: list[int]
    flaw: str = ""


def strings(table: pa.Table, column: str) -> list[str]:
    """Return a column as strings; missing values as empty ones."""
    return [value or "" for value in table.column(column).cast(pa.string()).to_pylist()]


def contents(
    items: pa.Table, redact: Callable[[str], str] | None = None, folder: Path | None = None
) -> list[Content]:
    """Group items by what is shown of them: the same text in two items is asked once.

    Parameters
    ----------
    items : Table
        ``item_id``, ``text`` and optionally ``image`` (path, URL or bytes).
    redact : callable, optional
        Takes out of a text what must not be sent.
    folder : Path, optional
        Where relative image paths start.

    Examples
    --------
    >>> table = pa.table({"item_id": ["a", "b", "c"], "text": ["x", "y", "x"]})
    >>> [content.rows for content in contents(table)]
    [[0, 2], [1]]
    """
    missing = {"item_id", "text"} - set(items.column_names)
    if missing:
        raise LabelingError(
            f"items lack the column {', '.join(sorted(missing))}; "
            f"they have {', '.join(items.column_names)}"
        )
    texts = items.column("text").to_pylist()
    has_images = "image" in items.column_names
    images = items.column("image").to_pylist() if has_images else [None] * len(texts)
    found: dict[str, Content] = {}
    for row, (raw, image) in enumerate(zip(texts, images, strict=True)):
        text = redact(raw) if redact and raw else (raw or "")
        image_digest, flaw = "", ""
        if image is not None and image != "":
            try:
                image_digest = load_picture(image, folder).digest
            except ImageError as error:
                flaw = str(error)
                image_digest = f"{row}: {error}"
        elif not text:
            flaw = "the item has neither text nor image"
        digest = hashlib.sha256(f"{len(text)}\0{text}\0{image_digest}".encode()).hexdigest()[:32]
        if digest in found:
            found[digest].rows.append(row)
        else:
            found[digest] = Content(digest, text, image or None, [row], flaw)
    return list(found.values())
