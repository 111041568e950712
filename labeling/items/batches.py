"""Which batch an item belongs to."""

from datetime import datetime

UNDATED = "undated"
"""The batch of items that carry no time."""

FORMATS = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def batch_of(time: datetime | None, every: str) -> str:
    """Name the batch of ``time`` (UTC); the names sort in the order of time.

    Examples
    --------
    >>> batch_of(datetime(2026, 3, 2, 15), "day"), batch_of(datetime(2026, 3, 2), "week")
    ('2026-03-02', '2026-W10')
    >>> batch_of(None, "month")
    'undated'
    """
    return UNDATED if time is None else time.strftime(FORMATS[every])
