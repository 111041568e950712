"""Times as people call them ("Monday", "9pm UTC", "tomorrow", "the 1st"), in what a provider says.

Only what can be read in one way is: a clock needs a zone, a day of the month a name. What tells of a
wait of unknown length ("weekly limit", "at 9pm") is told apart from what tells of none.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

UNKNOWN_S = float("inf")
"""A wait of hours or more, of which nobody can say how long it is."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ZONES = {
    "pt": "America/Los_Angeles", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "pacific": "America/Los_Angeles", "et": "America/New_York", "est": "America/New_York",
    "edt": "America/New_York", "eastern": "America/New_York", "cet": "Europe/Berlin",
    "cest": "Europe/Berlin", "utc": "UTC", "gmt": "UTC", "z": "UTC",
}  # fmt: skip
"""Names of zones that mean one place; CST, IST and BST mean several."""

_DAY = r"(?P<day>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
CUE = re.compile(
    r"\b(?:re(?:set|new|fresh|fill|store|plenish)\w*|until|till|again|available|back|lift\w*|retry|next|"
    r"resum\w*|unlock\w*|regain)\b(?P<rest>[^.!?;\n\"]{0,80}(?:\.\d[^.!?;\n\"]{0,40})?)",
    re.IGNORECASE,
)
"""What tells of the end of a wait, and the rest of its sentence."""

CLOCK = re.compile(
    r"(?<![\d:-])(?:(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?\s*(?P<half>[ap]m\b)?|"
    r"(?P<bare>\d{1,2})\s*(?P<bare_half>[ap]m\b)|(?P<word>midnight|noon))"
    r"\s*(?P<zone>\(?[a-z]+/[a-z_]+\)?|\(?[+-]\d\d:?\d\d\)?|\(?(?:utc|gmt|z|p[sd]?t|e[sd]?t|cest|cet|pacific|"
    r"eastern)\b\)?)?",
    re.IGNORECASE,
)
HALF = re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE)
WEEKDAY = re.compile(rf"\b{_DAY}", re.IGNORECASE)
DATE = re.compile(
    rf"\b(?:{_MONTH}\s+(?P<of>\d{{1,2}})(?:st|nd|rd|th)?|(?P<before>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?"
    rf"{_MONTH.replace('month', 'month_after')})(?:,?\s+(?P<year>\d{{4}}))?",
    re.IGNORECASE,
)
ISO_DATE = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b(?![T ]\d)")
FIRST = re.compile(
    r"\b(?:1st|first(?=\s+(?:day\s+)?of\s))\b|next month|"
    r"end of (?:the|this) month",
    re.IGNORECASE,
)
VAGUE = re.compile(
    r"per[\s_-]*week|a week\b|weekly|/\s*week|perweek|next week|end of (?:the|this) week|per[\s_-]*year|"
    r"yearly|annual\w*|later today|tonight",
    re.IGNORECASE,
)


def named_wait_s(text: str, now: datetime) -> float | None:
    """Return how long it is until the time that a text names as the end of a wait.

    Parameters
    ----------
    text : str
        What a provider says.
    now : datetime
        The time, with a zone.

    Returns
    -------
    float, optional
        Seconds; :data:`UNKNOWN_S` where a time is named that can be read in several ways; ``None``
        where none is.

    Examples
    --------
    >>> noon = datetime(2026, 3, 3, 12, tzinfo=UTC)  # a Tuesday
    >>> named_wait_s("Your limit resets Thursday.", noon) / 3600
    36.0
    >>> named_wait_s("resets at 9pm", noon), named_wait_s("You sent 9 on Monday", noon)
    (inf, None)
    """
    text = HALF.sub(r"\1m", text)
    waits = [wait for cue in CUE.finditer(text) for wait in _named(cue["rest"], now)]
    return max(waits, default=None)


def is_vague(text: str) -> bool:
    """Whether a text tells of a limit of long that does not say when it ends.

    Examples
    --------
    >>> is_vague("You have reached your weekly limit"), is_vague("30 requests per minute")
    (True, False)
    """
    return VAGUE.search(text) is not None


def _named(words: str, now: datetime) -> Iterator[float]:
    clock = next((c for c in CLOCK.finditer(words) if _minutes(c) is not None), None)
    zone = UTC if clock is None else _zone(clock["zone"])
    day = _day(words, now.astimezone(zone or UTC))
    if clock is None and day is None:
        return
    if zone is None:
        # a day is long enough to be known without the hour: the wait ends at the latest zone's time
        yield UNKNOWN_S if day is None else _seconds(day, 0, UTC, now)
        return
    minutes = 0 if clock is None else _minutes(clock) or 0
    today = now.astimezone(zone)
    wait = _seconds(day or today, minutes, zone, now)
    if wait <= 0 and day is None:
        wait = _seconds(today + timedelta(days=1), minutes, zone, now)
    if wait <= 0:  # the very day: nobody says at which hour, or that hour has passed
        wait = _seconds(today + timedelta(days=1), 0, zone, now)
    yield wait


def _day(words: str, today: datetime) -> datetime | None:
    """Return the day that is named, at any hour."""
    if (date := ISO_DATE.search(words)) is not None:
        return _date(today, int(date[1]), int(date[2]), int(date[3]))
    if (date := DATE.search(words)) is not None:
        month = MONTHS.index((date["month"] or date["month_after"])[:3].casefold()) + 1
        day = int(date["of"] or date["before"])
        found = _date(today, int(date["year"] or today.year), month, day)
        passed = found is not None and found.date() < today.date()
        return _date(today, today.year + 1, month, day) if passed and not date["year"] else found
    if (weekday := WEEKDAY.search(words)) is not None:
        ahead = (DAYS.index(weekday["day"][:3].casefold()) - today.weekday()) % 7
        return today + timedelta(days=ahead)
    if FIRST.search(words):
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    if re.search(r"\btomorrow\b", words, re.IGNORECASE):
        return today + timedelta(days=1)
    return None


def _date(today: datetime, year: int, month: int, day: int) -> datetime | None:
    try:
        return today.replace(year=year, month=month, day=day)
    except ValueError:
        return None


def _seconds(day: datetime, minutes: int, zone: tzinfo, now: datetime) -> float:
    then = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)
    return (then.astimezone(UTC) - now.astimezone(UTC)).total_seconds()


def _minutes(clock: re.Match[str]) -> int | None:
    """Return the minutes since midnight; ``None`` where it is no time of the day."""
    if clock["word"]:
        return 0 if clock["word"].casefold() == "midnight" else 720
    hour, minute = int(clock["hour"] or clock["bare"]), int(clock["minute"] or 0)
    half = (clock["half"] or clock["bare_half"] or "").casefold()
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return hour * 60 + minute if hour < 24 and minute < 60 else None


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    name = name.strip("()")
    if name[0] in "+-":
        return datetime.strptime(name.replace(":", ""), "%z").tzinfo
    try:
        return ZoneInfo(ZONES.get(name.casefold(), name))
    except (KeyError, ValueError):
        return None
