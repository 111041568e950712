"""Take secrets and personal data out of what arrived, before anything of it is stored."""

from collections.abc import Callable

import pyarrow as pa

from labeling.items.columns import Arrived

ROW_FIELDS = ("text", "metadata")
REJECTED_FIELDS = ("reason", "content")
"""What a row that was set aside shows of itself; its reason may quote it."""


def redacted(arrived: Arrived, redact: Callable[[str], str]) -> Arrived:
    """Return the same rows with texts and metadata redacted, those set aside too.

    Ids, images and times stay as they are.

    Examples
    --------
    >>> from labeling.items.columns import Columns
    >>> from labeling.items.reading import check_records
    >>> arrived = check_records([(1, {"item_id": "a", "text": "ask ann"})], Columns())
    >>> redacted(arrived, lambda text: text.replace("ann", "[name]")).rows["text"].to_pylist()
    ['ask [name]']
    """
    return Arrived(
        _each(arrived.rows, ROW_FIELDS, redact), _each(arrived.rejected, REJECTED_FIELDS, redact)
    )


def _each(table: pa.Table, fields: tuple[str, ...], redact: Callable[[str], str]) -> pa.Table:
    for name in fields:
        values = [None if v is None else redact(str(v)) for v in table[name].to_pylist()]
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, pa.array(values, pa.string()))
    return table
