"""How one value of a published table is shown in a cell; nothing for null."""

from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]


def text(name: str) -> Callable[[Row], str]:
    """Show a value as it is; nothing for null."""
    return lambda row: "" if row.get(name) is None else str(row[name])


class Picture(str):
    """A ``data:`` URL that the page shows as a picture."""

    __slots__ = ()


def picture(name: str) -> Callable[[Row], str]:
    """Show a ``data:`` URL as a picture; nothing for any other address, which would be loaded."""

    def show(row: Row) -> str:
        value = str(row.get(name) or "")
        return Picture(value) if value.startswith("data:image/") else ""

    return show


def count(name: str) -> Callable[[Row], str]:
    """Show a count."""
    return lambda row: "" if row.get(name) is None else f"{row[name]:,.0f}"


def share(name: str) -> Callable[[Row], str]:
    """Show a share (0..1) in percent."""
    return lambda row: "" if row.get(name) is None else f"{100 * row[name]:.1f} %"


def interval(low: str, high: str) -> Callable[[Row], str]:
    """Show an interval of shares in percent."""

    def show(row: Row) -> str:
        if row.get(low) is None or row.get(high) is None:
            return ""
        return f"{100 * row[low]:.1f} to {100 * row[high]:.1f} %"

    return show


def number(name: str) -> Callable[[Row], str]:
    """Show a number to three digits."""
    return lambda row: "" if row.get(name) is None else f"{row[name]:.3g}"


def words(name: str, yes: str, no: str = "") -> Callable[[Row], str]:
    """Show a truth value in words."""
    return lambda row: yes if row.get(name) else no


def moment(name: str) -> Callable[[Row], str]:
    """Show a time to the minute, in UTC."""
    return lambda row: "" if row.get(name) is None else f"{row[name]:%Y-%m-%d %H:%M}"
