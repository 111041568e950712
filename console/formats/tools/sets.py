"""Sets of classes in tables that have a column of 0 and 1 for each class."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.files.cells import as_text
from resources.reviews.rows import ReviewError

COLUMNS = "a column a class"
"""What the answer is called where each class has a column."""

FLAGS = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False, "": None}
"""What may stand in the column of a class, in any case."""


def flag_columns(
    columns: Sequence[str], source: str, classes: Sequence[str], former: Mapping[str, str]
) -> dict[str, str]:
    """Return the columns that stand for a class each, and the class; empty where none does.

    Raises
    ------
    ReviewError
        If some classes have a column and others have none.
    """
    found = {name: former.get(name, name) for name in columns}
    found = {name: today for name, today in found.items() if today in classes}
    missing = [name for name in classes if name not in found.values()]
    if found and missing:
        raise ReviewError(
            f"{source}: there is a column for {', '.join(found)}, but none for {', '.join(missing)}; "
            f"an answer says of every class whether it applies: add a column of 0 and 1 for each, or "
            f"a column label with lists"
        )
    return found


def flags_in(record: Mapping[str, Any], columns: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the classes whose columns say so; None where all are empty.

    Raises
    ------
    ValueError
        If some are empty, or hold something else than 0 and 1.

    Examples
    --------
    >>> flags_in({"late": "1", "broken": 0}, {"late": "late", "broken": "broken"})
    ('late',)
    """
    said: dict[str, bool | None] = {}
    for name in columns:
        text = (as_text(record.get(name)) or "").strip()
        if text.casefold() not in FLAGS:
            raise ValueError(f"{name} is {text!r}, but the column of a class holds 0 or 1")
        said[name] = FLAGS[text.casefold()]
    silent = [name for name, flag in said.items() if flag is None]
    if silent and len(silent) < len(said):
        raise ValueError(
            f"{silent[0]} is empty, and others are not; 0 says that a class does not apply"
        )
    return None if silent else tuple(columns[name] for name, flag in said.items() if flag)
