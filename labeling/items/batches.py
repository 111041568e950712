"""Which batch an item belongs to."""

from datetime import UTC, datetime, tzinfo

UNDATED = "undated"
"""The batch of items that carry no time."""

FORMATS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def batch_of(time: datetime | None, every: str, zone: tzinfo = UTC) -> str:
    """Name the batch of ``time`` (UTC); the names sort in the order of time.

    Days, weeks and months begin at midnight of ``zone``, so that a day has 23 or 25 hours where
    clocks change. The hour that then comes twice is two batches.

    Examples
    --------
    >>> batch_of(datetime(2026, 3, 2, 15), "day"), batch_of(datetime(2026, 3, 2), "week")
    ('2026-03-02', '2026-W10')
    >>> from zoneinfo import ZoneInfo
    >>> [batch_of(datetime(2026, 10, 25, h), "hour", ZoneInfo("Europe/Berlin")) for h in (0, 1, 2)]
    ['2026-10-25T02', '2026-10-25T02b', '2026-10-25T03']
    >>> batch_of(None, "month")
    'undated'
    """
    if time is None:
        return UNDATED
    local = time.replace(tzinfo=UTC).astimezone(zone)
    again = "b" if every == "hour" and local.fold else ""
    return local.strftime(FORMATS[every]) + again
