"""Take secrets and personal data out of what arrived, before anything of it is stored."""

import re
from collections.abc import Callable, Mapping

import pyarrow as pa

from labeling.items.columns import Arrived
from labeling.llm.providers.redaction import PATTERNS, redactor

_PLACEHOLDER = re.compile(r"\[(\w+)\]")

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


def is_redaction_of(one: str, other: str, own: Mapping[str, str]) -> bool:
    """Whether two texts differ only by what redaction takes out, whichever of them it was taken from.

    Only what one of them names as taken out counts: texts with two e-mail addresses are two.

    Parameters
    ----------
    one, other : str
    own : mapping of str to str
        Patterns of the task; what an earlier pattern took out cannot be known any more.

    Examples
    --------
    >>> is_redaction_of("ask ann@example.org", "ask [email]", {})
    True
    >>> is_redaction_of("ask ann@example.org", "ask bob@example.org", {})
    False
    >>> is_redaction_of("ask ann@example.org", "[email] asks", {})
    False
    """
    names = set(_PLACEHOLDER.findall(one)) ^ set(_PLACEHOLDER.findall(other))
    if not names:
        return False
    redact = redactor(names & set(PATTERNS), {k: v for k, v in own.items() if k in names})
    return redact(one) == redact(other)


def _each(table: pa.Table, fields: tuple[str, ...], redact: Callable[[str], str]) -> pa.Table:
    for name in fields:
        values = [None if v is None else redact(str(v)) for v in table[name].to_pylist()]
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, pa.array(values, pa.string()))
    return table
