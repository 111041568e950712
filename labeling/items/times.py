"""When an item is from: times as files write them."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from labeling.files.cells import as_text

_NUMBER = re.compile(r"-?(\d{8,10}|\d{13,14}|\d{16}|\d{19})(\.\d+)?", re.ASCII)
_ISO = re.compile(r"\d{4}(-|/)\d\d\1\d\d($|[Tt ]\d\d)|\d{8}[Tt]\d\d|\d{4}-?W\d\d", re.ASCII)
_MAIL = re.compile(r"([A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d", re.ASCII)
_ZONE = re.compile(r"(?:\s+|\[|(?<=\d)(?=UTC|GMT))([A-Za-z][A-Za-z0-9_+\-/]*)\]?$")

DIGITS_OF = {9: 1, 10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
"""Digits of a number that counts from 1970, before the point: how many it counts in a second."""

OTHERWISE = (
    "is not a time that can be read: allowed are ISO 8601 with or without a zone "
    "(2026-03-02 08:15:00 UTC), seconds or milliseconds since 1970, and what source.time_format says"
)


def read_time(value: object, zone: tzinfo = UTC, form: str | None = None) -> datetime | None:
    """Read a time as UTC without a zone; None where nothing stands.

    Parameters
    ----------
    value : object
        A time, a text or a number.
    zone : tzinfo
        Where times without a zone are from. Of the hour that comes twice when clocks go back the
        first is meant.
    form : str, optional
        How texts are written, as ``datetime.strptime`` takes it; only so then.

    Raises
    ------
    ValueError
        If it is no time, or one that could be read in several ways.

    Examples
    --------
    >>> str(read_time("2026-03-02 08:15:00 UTC")), str(read_time("1611021112233"))
    ('2026-03-02 08:15:00', '2021-01-19 01:51:52.233000')
    >>> str(read_time("02.03.2026 08:15", ZoneInfo("Europe/Berlin"), "%d.%m.%Y %H:%M"))
    '2026-03-02 07:15:00'
    """
    if isinstance(value, datetime):
        try:
            return _in_utc(value, zone)
        except OverflowError:
            raise ValueError(f"{str(value)!r} {OTHERWISE}") from None
    try:
        text = (as_text(value) or "").strip()
    except TypeError:
        raise ValueError(f"{value!r} {OTHERWISE}") from None
    if not text:
        return None
    try:
        time = datetime.strptime(text, form) if form else _read(text)  # noqa: DTZ007
        return _in_utc(time, zone)
    except (ValueError, OverflowError, OSError):
        told = f"is not written as source.time_format says, {form!r}" if form else OTHERWISE
        raise ValueError(f"{text!r} {told}") from None


def _read(text: str) -> datetime:
    number = _NUMBER.fullmatch(text)
    if number is not None and len(number[1]) in DIGITS_OF:
        micros = Decimal(text) * 1_000_000 / DIGITS_OF[len(number[1])]
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))
    if number is not None:
        return datetime.strptime(text, "%Y%m%d" if len(text) == 8 else "%Y%m%d%H%M%S")  # noqa: DTZ007
    if _MAIL.match(text):
        return parsedate_to_datetime(text)
    if not _ISO.match(text):
        raise ValueError(text)
    text = text.replace("/", "-", 2) if text[4] == "/" else text
    named = _ZONE.search(text)
    if named is None:
        return datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
    time = datetime.fromisoformat(text[: named.start()])
    # an offset goes before a name: 2026-03-02T08:15:00+01:00[Europe/Berlin]
    return time if time.tzinfo is not None else time.replace(tzinfo=_zone(named[1]))


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name.upper() in ("Z", "UTC", "GMT") else ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(name) from None


def _in_utc(time: datetime, zone: tzinfo) -> datetime:
    known = time if time.tzinfo is not None else time.replace(tzinfo=zone)
    utc = known.astimezone(UTC)
    utc.astimezone(zone)  # a batch is named by the time there, which the calendar must have
    return utc.replace(tzinfo=None)
