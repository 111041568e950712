"""What a failed expectation says: the number, the rows and the remedy."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from expectations.expected import Expected

SHOWN_ROWS = 20
"""Rows at fault that are shown."""

SHOWN_NUMBERS = 3
"""Rows of a query that are told in the sentence itself."""


def sentence(expected: "Expected", result: dict[str, Any], frame: "pd.DataFrame") -> str:
    """Say what should hold, how far it does not, and what to do."""
    said = [expected.description, f"{_found(expected, result, frame)}.", expected.remedy]
    return " ".join(part for part in said if part)


def _found(expected: "Expected", result: dict[str, Any], frame: "pd.DataFrame") -> str:
    at = result.get("unexpected_index_list")
    if at is None:
        return f"Found {result['observed_value']}"
    column = expected.kwargs.get("column")
    if expected.told is None:
        what = column or ", ".join(expected.kwargs.get("column_list", ()))
        return f"{len(at):,} of {len(frame):,} rows break this ({what})"
    allowed = expected.kwargs.get("max_value", expected.kwargs.get("min_value"))
    wrong = frame.iloc[at].to_dict("records")
    lines = [expected.told.format(**row, allowed=allowed) for row in wrong[:SHOWN_NUMBERS]]
    more = len(wrong) - SHOWN_NUMBERS
    return "; ".join(lines) + (f"; and {more:,} more" if more > 0 else "")


def which(
    expected: "Expected",
    result: dict[str, Any],
    index: list[str],
    rows: "pd.DataFrame | None" = None,
) -> str | None:
    """List the rows at fault by id, as Markdown; texts are not shown, they may hold anything.

    ``None`` where the sentence says it all.
    """
    if rows is not None:
        return _table(list(rows.columns), rows.to_dict("records"))
    found = result.get("unexpected_index_list") or []
    if not found or not isinstance(found[0], dict):
        return None
    shown = [name for name in (*index, expected.kwargs.get("column")) if name and name != "text"]
    return _table(list(dict.fromkeys(shown)), found)


def _table(columns: list[str], rows: list[dict[Any, Any]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += [
        "| " + " | ".join(_cell(row.get(name)) for name in columns) + " |"
        for row in rows[:SHOWN_ROWS]
    ]
    more = len(rows) - SHOWN_ROWS
    return "\n".join(lines) + (f"\n\nand {more:,} more" if more > 0 else "")


def _cell(value: object) -> str:
    if value is None or value != value:
        return ""
    text = " ".join(str(value).replace("`", "'").replace("|", "\\|").split())
    return f"`{text}`"
