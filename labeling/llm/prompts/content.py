"""What of an item is shown to a model, and which items show the same."""

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from labeling.errors import LabelingError
from labeling.llm.prompts.images import ImageError, load_picture

CHUNK = 4000
"""Contents that are in memory at a time."""

DIGEST_BYTES = 16

Positions = NDArray[np.int64]
"""Which contents: ascending, in the order in which the items show them first."""


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
    items : list of str
        Ids of its items.
    flaw : str
        Why it cannot be sent; empty where it can.
    at : int
        Its position among the contents.
    """

    digest: str
    text: str
    image: str | bytes | None
    items: list[str]
    flaw: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Contents:
    """The distinct contents of items: about 30 bytes each in memory, read where the items lie.

    Attributes
    ----------
    ids : Table
        ``item_id`` alone, in one piece.
    items : Table
        ``text`` as shown, and ``image`` where there are any.
    digests : bytes
        DIGEST_BYTES of each content, in the order of their first items.
    rows : NDArray[np.int64], shape (n_items,)
        Positions of the items, content by content.
    starts : NDArray[np.int64], shape (n_contents + 1,)
        Where those of each content begin.
    flaws : dict of int to str
        Why a content cannot be sent.
    """

    ids: pa.Table
    items: pa.Table
    digests: bytes
    rows: Positions
    starts: Positions
    flaws: dict[int, str] = field(default_factory=dict[int, str])

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def all(self) -> Positions:
        """Return every position."""
        return np.arange(len(self))

    def of(self, ids: Collection[str]) -> Positions:
        """Return the contents of which at least one item is among ``ids``."""
        shown = self.ids_of(self.all).append_column(
            "at", pa.array(np.repeat(self.all, self.counts(self.all)))
        )
        item: Any = pc.field("item_id")
        named = item.isin(pa.array(list(ids), pa.large_string()))
        return np.unique(shown.filter(named)["at"].to_numpy())

    def counts(self, which: Positions) -> Positions:
        """Return how many items have each content."""
        return self.starts[which + 1] - self.starts[which]

    def rows_of(self, which: Positions) -> Positions:
        """Return the positions of the items of contents, content by content."""
        counts = self.counts(which)
        before = np.repeat(np.cumsum(counts) - counts, counts)
        return self.rows[np.repeat(self.starts[which], counts) + np.arange(len(before)) - before]

    def ids_of(self, which: Positions) -> pa.Table:
        """Return the ids of the items of contents, content by content, as ``item_id``."""
        return self.ids.take(self.rows_of(which))

    def chunks(self, which: Positions) -> Iterator[list[Content]]:
        """Read contents, CHUNK at a time."""
        for start in range(0, len(which), CHUNK):
            yield self.read(which[start : start + CHUNK])

    def read(self, which: Positions) -> list[Content]:
        """Read contents into memory."""
        if not len(which):
            return []
        first = self.rows[self.starts[which]]  # ascending, as ``which`` is
        between = self.items.slice(int(first[0]), int(first[-1] - first[0]) + 1)
        shown = between.take(first - first[0]).to_pylist()
        ids: list[Any] = self.ids_of(which)["item_id"].to_pylist()
        ends = np.cumsum(self.counts(which)).tolist()
        return [
            Content(
                self.digests[at * DIGEST_BYTES : (at + 1) * DIGEST_BYTES].hex(),
                one["text"] or "",
                one.get("image") or None,
                ids[start:end],
                self.flaws.get(at, ""),
                at,
            )
            for at, one, start, end in zip(which.tolist(), shown, [0, *ends], ends, strict=False)
        ]


def strings(table: pa.Table, column: str) -> list[str]:
    """Return a column as strings; missing values as empty ones."""
    return [value or "" for value in table.column(column).cast(pa.string()).to_pylist()]


def contents(
    items: pa.Table, redact: Callable[[str], str] | None = None, folder: Path | None = None
) -> Contents:
    """Group items by what is shown of them: the same text in two items is asked once.

    Parameters
    ----------
    items : Table
        ``item_id``, ``text`` and optionally ``image`` (path, URL or bytes).
    redact : callable, optional
        Takes out of a text what must not be sent.
    folder : Path, optional
        Where relative image paths start.

    Raises
    ------
    LabelingError
        If ``items`` lack a column.

    Examples
    --------
    >>> table = pa.table({"item_id": ["a", "b", "c"], "text": ["x", "y", "x"]})
    >>> shown = contents(table)
    >>> [content.items for content in shown.read(shown.all)]
    [['a', 'c'], ['b']]
    """
    missing = {"item_id", "text"} - set(items.column_names)
    if missing:
        raise LabelingError(
            f"items lack the column {', '.join(sorted(missing))}; "
            f"they have {', '.join(items.column_names)}"
        )
    digests, redacted, flaws = bytearray(), list[pa.RecordBatch](), dict[int, str]()
    shown = items.select([name for name in ("text", "image") if name in items.column_names])
    types = dict(zip(shown.schema.names, shown.schema.types, strict=True))
    schema = pa.schema({**types, "text": pa.large_string()})
    for start in range(0, items.num_rows, CHUNK):
        some = shown.slice(start, CHUNK).to_pylist()
        if redact:
            for one in some:
                one["text"] = redact(one["text"]) if one["text"] else ""
            redacted.append(pa.RecordBatch.from_pylist(some, schema))
        for row, one in enumerate(some, start):
            digest, flaw = _digest(one["text"] or "", one.get("image"), row, folder)
            digests += digest
            if flaw:
                flaws[row] = flaw
    every: Any = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(DIGEST_BYTES), items.num_rows, [None, pa.py_buffer(digests)]
    )
    hashed = every.dictionary_encode()
    number = hashed.indices.to_numpy()
    column: Any = items["item_id"].cast(pa.large_string())
    return Contents(
        pa.table({"item_id": pc.fill_null(column, "").combine_chunks()}),
        pa.Table.from_batches(redacted, schema) if redact else shown,
        hashed.dictionary.buffers()[1].to_pybytes(),
        np.argsort(number, kind="stable"),
        np.concatenate([[0], np.cumsum(np.bincount(number))]).astype(np.int64),
        {int(number[row]): flaw for row, flaw in flaws.items()},
    )


def _digest(
    text: str, image: str | bytes | None, row: int, folder: Path | None
) -> tuple[bytes, str]:
    """Return the hash of what is shown, and why it cannot be sent, if so."""
    picture, flaw = "", ""
    if image:
        try:
            picture = load_picture(image, folder).digest
        except ImageError as error:
            flaw = str(error)
            picture = f"{row}: {error}"
    elif not text:
        flaw = "the item has neither text nor image"
    told = hashlib.sha256(f"{len(text)}\0{text}\0{picture}".encode()).digest()
    return told[:DIGEST_BYTES], flaw
