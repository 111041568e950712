"""The text of one value: what stood in the file, wherever the file keeps it as text."""

from math import isnan
from typing import Any


class Written(float):
    """A number of a JSON file that also remembers how it was written.

    Examples
    --------
    >>> number = Written("1.50")
    >>> number + 1, as_text(number)
    (2.5, '1.50')
    """

    text: str

    def __new__(cls, text: str) -> "Written":
        """Read the number."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def as_text(value: Any) -> str | None:
    """Return the text of an id, label or batch; None where nothing stands.

    Numbers of a typed file that are whole have no decimals: a data frame turns 7 into 7.0 where
    another cell of the column is empty. NaN is what data frames write for nothing.

    Raises
    ------
    TypeError
        If the value is a list, an object or bytes.

    Examples
    --------
    >>> as_text(True), as_text(7.0), as_text("007"), as_text(None)
    ('true', '7', '007', None)
    """
    kind = type(value).__name__
    if isinstance(value, list | dict | bytes):
        raise TypeError(f"expected text, found {kind}")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Written):
        return value.text
    if isinstance(value, float):
        return _number(value)
    return None if value is None else str(value)


def _number(value: float) -> str | None:
    if isnan(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
