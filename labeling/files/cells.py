"""The text of one value: what stood in the file, wherever the file keeps it as text."""

import base64
import json
from math import isnan
from typing import Any

LONGEST_NUMBER = 4_000
"""Digits of a whole number that is counted with; a longer one is only ever a text."""


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
        If the value is a list, an object or bytes, or text that no file can hold.

    Examples
    --------
    >>> as_text(True), as_text(7.0), as_text("007"), as_text(None)
    ('true', '7', '007', None)
    """
    if type(value) is str and value.isascii():
        return value
    kind = type(value).__name__
    if isinstance(value, list | dict | bytes):
        raise TypeError(f"expected text, found {kind}")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Written):
        return None if isnan(value) else value.text
    if isinstance(value, float):
        return _number(value)
    if value is None:
        return None
    text = str(value)
    if (
        not text.isascii()
        and not text.isprintable()
        and any("\ud800" <= c <= "\udfff" for c in text)
    ):
        raise TypeError("half a surrogate pair, which is no character")
    return text


def as_json(value: object) -> str:
    r"""Stand in for what JSON has no form of; give it to ``json.dumps`` as ``default``.

    Bytes are their text, or base64 where they are none that can be read.

    Examples
    --------
    >>> as_json(b"caf\xc3\xa9"), as_json(b"\xff\x00")
    ('café', '/wA=')
    """
    if not isinstance(value, bytes):
        return str(value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    readable = all(c.isprintable() or c in "\t\r\n" for c in text)
    return text if readable else base64.b64encode(value).decode()


def parse_json(text: str) -> Any:
    """Read JSON and forget nothing of it: numbers keep how they are written, no name comes twice.

    Raises
    ------
    ValueError
        If it is no JSON, or an object says one name twice.

    Examples
    --------
    >>> [as_text(one) for one in parse_json('[1.50, -0, 1e400, Infinity, NaN]')]
    ['1.50', '-0', '1e400', 'Infinity', None]
    """
    return _JSON.decode(text)


def _whole(text: str) -> int | Written:
    return Written(text) if text == "-0" or len(text) > LONGEST_NUMBER else int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return found


_JSON = json.JSONDecoder(
    parse_float=Written, parse_int=_whole, parse_constant=Written, object_pairs_hook=_once
)


def _number(value: float) -> str | None:
    if isnan(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
