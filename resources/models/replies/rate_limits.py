"""For how long a provider asks to be left alone: out of headers, and out of what it says."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from resources.models.replies.named_times import UNKNOWN_S, is_vague, named_wait_s

LONGEST_S = 40 * 86_400.0
"""Whoever names a later time means something else, in seconds."""

EPOCH_S = 1_000_000_000.0
"""Numbers from here on are points in time, in seconds since 1970."""

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
IN_WORDS = re.compile(
    rf"\b(?P<number>an?|{'|'.join(NUMBERS[1:])})(?=\s+(?:full\s+)?(?:day|week|hour|minute)s?\b)",
    re.IGNORECASE,
)
DURATION = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>milliseconds?|ms|weeks?|wks?|w|days?|d|hours?|hrs?|h|minutes?|mins?|m|"
    r"seconds?|secs?|s)(?![a-z])",
    re.IGNORECASE,
)
TOLD = re.compile(
    r"(?:(?:try again|retry\w*|wait|available|reset\w*|come back|refresh\w*|renew\w*)\W+"
    r"(?:again\W+|after\W+|in\W+|for\W+|about\W+|another\W+|at least\W+|delay\W+)*|"
    r"\b(?:again|available|back|re(?:set|new|fresh|fill|store|plenish)\w*|lift\w*|unlock\w*|resum\w*)\b"
    r"[^.!?;\n\d]{0,60}\b(?:in|after|within)\s+(?:about\s+|approximately\s+|~\s*)?)"
    r"(?P<rest>(?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*(?:and\s+)?)+)",
    re.IGNORECASE,
)
MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
FIELD = re.compile(
    r"[\"'](?:retry|reset)_?(?:after|in|at)?(?:_?(?P<unit>seconds|secs|s|ms))?[\"']\s*:\s*[\"']?"
    r"(?P<number>\d+(?:\.\d+)?)\b",
    re.IGNORECASE,
)
"""A field of an answer's body that names seconds, or a point in time."""

QUOTED_RESET = re.compile(r"x-ratelimit-reset[\w-]*\W+(\d{10,13})\b", re.IGNORECASE)
DAILY = re.compile(
    r"per[\s_-]*day|a day\b|daily|/\s*day|perday|\b[rt]pd\b|24[\s-]*hours?|tomorrow|midnight",
    re.IGNORECASE,
)
MONTHLY = re.compile(r"per[\s_-]*month|a month\b|monthly|/\s*month|permonth", re.IGNORECASE)


def asked_wait_s(headers: Mapping[str, str], text: str, now: datetime) -> float | None:
    """Return for how long a provider that says "too many requests" asks to be left alone.

    Parameters
    ----------
    headers : mapping of str to str
        Of its answer.
    text : str
        What it says.
    now : datetime
        The time, with a zone; the provider's own clock counts where it tells it.

    Returns
    -------
    float, optional
        Seconds; infinity where it tells of hours or more and nobody can read how many; ``None``
        where it does not say.

    Notes
    -----
    What it says in so many words counts most, then days and clocks that it names, then ``Retry-After``, then when limits that are used
    up are reset. Quotas of a day or a month without any of it end at midnight, UTC.

    Examples
    --------
    >>> noon = datetime(2026, 3, 3, 12, tzinfo=UTC)
    >>> asked_wait_s({"retry-after": "5"}, "", noon)
    5.0
    >>> asked_wait_s({}, "Limit of requests per day reached", noon) / 3600
    12.0
    """
    found = {str(name).casefold(): str(value).strip() for name, value in headers.items()}
    there = _date(found.get("date", "")) or now
    spoken = _spoken(text, there)
    asked = _retry_after(found, there)
    resets = _resets(found, there)
    if spoken is not None:
        return max(spoken, asked or 0.0)
    named = named_wait_s(text, there)
    if named is not None and named <= LONGEST_S:
        return max(named, asked or 0.0)
    renewed = _renewed(text, there)
    if renewed is None and (named is not None or is_vague(text)):
        renewed = UNKNOWN_S
    if renewed is not None:
        # what is refilled by the minute is of no help where the day is used up
        return max([*(x for x in (asked, resets) if x is not None and x > 3600.0)], default=renewed)
    return asked if asked is not None else resets


def _spoken(text: str, now: datetime) -> float | None:
    text = IN_WORDS.sub(lambda m: str(_count(m["number"])), text)
    told = TOLD.search(text)
    if told is not None:
        seconds = _duration(told["rest"])
        if seconds is not None and not _is_routine(text, told.start()):
            return seconds
    moments = [w for m in MOMENT.finditer(text) if (w := _until(_moment(m), now))]
    quoted = QUOTED_RESET.search(text)
    if quoted:
        moments += [x for x in (_number(quoted[1], now),) if x is not None]
    for field in FIELD.finditer(text):
        number = float(field["number"])
        if (field["unit"] or "").casefold() == "ms" and number < EPOCH_S:
            number /= 1000
        wait = _number(str(number), now)
        if wait is not None:
            moments.append(wait)
    return max(moments, default=None)


def _count(word: str) -> int:
    return NUMBERS.index(word.casefold()) if word.casefold() in NUMBERS else 1


def _is_routine(text: str, at: int) -> bool:
    """Whether a delay is the routine one that Google adds to every refusal, daily ones too."""
    return text[at:].casefold().startswith(("retrydelay", "retry in", "retry delay")) and bool(
        re.search(r"perday", text, re.IGNORECASE)
    )


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        milliseconds = _finite(headers.get(name, ""))
        if milliseconds is not None:
            return milliseconds / 1000
    value = headers.get("retry-after", "")
    if not value:
        return None
    told = _wait(value, now)
    if told is None:  # a gateway adds its own to the one of the provider behind
        several = (_number(part, now) for part in value.split(","))
        told = max((x for x in several if x is not None), default=None)
    return told if told is not None else _until(_date(value), now)


def _wait(value: str, now: datetime) -> float | None:
    """Read a wait as headers write it: a number, a duration or a point in time."""
    wait = _number(value, now)
    if wait is None:
        wait = _duration(value)
    if wait is None and (match := MOMENT.search(value)) is not None:
        wait = _until(_moment(match), now)
    return wait


def _resets(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return when the limits that are used up are reset; of those where nobody knows, the first."""
    used_up: list[float] = []
    unknown: list[float] = []
    for name, value in headers.items():
        if "ratelimit" not in name.replace("rate-limit", "ratelimit"):
            continue
        if name == "ratelimit":
            wait, left = (_field(value, *names) for names in (("reset", "t"), ("remaining", "r")))
        elif "reset" in name:
            wait = _wait(value, now)
            left = _finite(headers.get(name.replace("reset", "remaining"), ""))
        else:
            continue
        if wait is None:
            continue
        (unknown if left is None else used_up if left <= 0 else []).append(wait)
    return max(used_up, default=min(unknown, default=None))


def _field(value: str, *names: str) -> float | None:
    """Read one of the fields of a header: ``limit=100, reset=60`` or ``"default";r=0;t=60``."""
    found = re.search(rf"(?<!\w)(?:{'|'.join(names)})=(\d+)", value)
    return _finite(found[1]) if found else None


def _renewed(text: str, now: datetime) -> float | None:
    """Return how long it is until a new day or month begins, where a quota is of a day or a month."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if DAILY.search(text):
        return (midnight + timedelta(days=1) - now).total_seconds()
    if MONTHLY.search(text):
        return ((midnight.replace(day=1) + timedelta(days=32)).replace(day=1) - now).total_seconds()
    return None


def _duration(text: str) -> float | None:
    """Read "6m0s", "1 hour and 5 minutes", "350ms"; ``None`` if it is none."""
    parts = list(DURATION.finditer(text))
    if not parts:
        return None
    seconds = 0.0
    for part in parts:
        unit = part["unit"].casefold()
        name = "ms" if unit.startswith(("ms", "milli")) else unit[0]
        seconds += float(part["number"]) * UNITS[name]
    return seconds if seconds <= LONGEST_S else None


def _number(value: str, now: datetime) -> float | None:
    """Read seconds, or a point in time in seconds or milliseconds since 1970."""
    number = _finite(value)
    if number is None:
        return None
    if number >= EPOCH_S:
        number = (number / 1000 if number >= 1000 * EPOCH_S else number) - now.timestamp()
    return max(0.0, number) if number <= LONGEST_S else None


def _finite(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _date(value: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _moment(match: re.Match[str]) -> datetime | None:
    zone = (match[2] or "Z").upper().replace("UTC", "+00:00").replace("GMT", "+00:00")
    try:
        return datetime.fromisoformat(match[1].replace(" ", "T") + zone.replace("Z", "+00:00"))
    except ValueError:
        return None


def _until(when: datetime | None, now: datetime) -> float | None:
    seconds = -1.0 if when is None else (when - now).total_seconds()
    if when is not None and -LONGEST_S < seconds < 0:
        return 0.0
    return seconds if 0 <= seconds <= LONGEST_S else None
