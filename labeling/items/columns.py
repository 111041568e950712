"""Which columns of an input are which, and the two tables a file becomes."""

from dataclasses import dataclass
from datetime import UTC, tzinfo

import pyarrow as pa

ROWS = pa.schema(
    [
        ("row", pa.int64()),
        ("item_id", pa.string()),
        ("text", pa.string()),
        ("image", pa.string()),
        ("time", pa.timestamp("us")),
        ("metadata", pa.string()),
    ]
)
"""Rows that can be used. ``row`` counts from 1 and is the line in a jsonl file, the record
(without its header) in csv and parquet; ``metadata`` is a JSON object; ``time`` is in UTC."""

REJECTED = pa.schema(
    [
        ("row", pa.int64()),
        ("field", pa.string()),
        ("reason", pa.string()),
        ("content", pa.string()),
    ]
)
"""Rows set aside. ``row`` is null where the whole file is; ``content`` is what stood there."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns of an input.

    Parameters
    ----------
    id, text : str
        Must be there. Either text or image must be filled in each row.
    image, time : str, optional
        Read if named.
    metadata : tuple of str
        Kept beside each item, for rules and slices.
    zone : tzinfo
        Where times without a zone are from.
    time_format : str, optional
        How times are written, as ``datetime.strptime`` takes it.
    """

    id: str = "item_id"
    text: str = "text"
    image: str | None = None
    time: str | None = None
    metadata: tuple[str, ...] = ()
    zone: tzinfo = UTC
    time_format: str | None = None

    @property
    def required(self) -> tuple[str, ...]:
        """Every column that a file must have, in a stable order."""
        optional = [c for c in (self.image, self.time) if c is not None]
        content = [] if self.image is not None else [self.text]
        return tuple(dict.fromkeys([self.id, *content, *optional, *self.metadata]))

    @property
    def used(self) -> tuple[str, ...]:
        """Every column that is read where it is there."""
        return tuple(dict.fromkeys([*self.required, self.text]))


@dataclass(frozen=True, slots=True)
class Arrived:
    """What one file held.

    Parameters
    ----------
    rows : pa.Table
        As :data:`ROWS`.
    rejected : pa.Table
        As :data:`REJECTED`. Every row of the file is in one of the two.
    """

    rows: pa.Table
    rejected: pa.Table
