"""Keys of alarms: readable, the same at every replay, and never one for two alarms."""

from urllib.parse import unquote

_APART = str.maketrans({"%": "%25", "@": "%40", "#": "%23"})


def alarm_key(series: str, batch: str, epoch: int) -> str:
    """Return the key of the alarm that ``series`` fired in ``batch``, ``epoch`` resets after its begin.

    What stands between the parts is escaped within them (RFC 3986, 2.1), so that each key has one
    reading.

    Examples
    --------
    >>> alarm_key("class/a", "2026-03-02", 0), alarm_key("class/a@b", "2026-03-02", 0)
    ('class/a@2026-03-02#0', 'class/a%40b@2026-03-02#0')
    """
    return f"{key_prefix(series)}{batch.translate(_APART)}#{epoch}"


def key_prefix(series: str) -> str:
    """Return what the keys of all alarms of a series begin with, and of no other's.

    Examples
    --------
    >>> key_prefix("class/100%")
    'class/100%25@'
    """
    return f"{series.translate(_APART)}@"


def former_key(key: str) -> str:
    """Return the key as it was written before parts were escaped.

    Examples
    --------
    >>> former_key("class/a%40b@2026-03-02#0")
    'class/a@b@2026-03-02#0'
    """
    return unquote(key)
