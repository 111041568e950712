"""Named SQL, read from the files in ``queries/``: one file for each asset or command that asks.

A query begins with a line that names it and the parameters it takes, and with a sentence about it::

    -- name: drawn(batch: text, most: integer)
    -- Items of the batch in the order in which chance drew them.
    select ...

SQL stands nowhere else, save in ``transforms/``; whoever needs rows says which query and with what.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("queries")
HEAD = re.compile(r"^-- name: (\w+)(?:\((.*)\))?$", re.MULTILINE)
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "text": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "time": (datetime, date),
    "texts": list,
}
"""Types of parameters; ``texts`` is a list of text, and any may be null."""


@dataclass(frozen=True)
class Query:
    """One statement.

    Parameters
    ----------
    name : str
        ``room.file.query``: ``people.queue.items`` stands in ``queries/people/queue.sql``.
    about : str
        What it gives or does, in a sentence.
    parameters : mapping of str to str
        Name to one of :data:`TYPES`; ``$name`` in the statement.
    sql : str
    """

    name: str
    about: str
    parameters: Mapping[str, str]
    sql: str

    def bind(self, given: Mapping[str, object]) -> dict[str, object]:
        """Return the parameters as given, if they are those that the query takes.

        Raises
        ------
        TypeError
            If one is missing, unknown or of another type, naming the query.
        """
        if given.keys() != self.parameters.keys():
            takes = ", ".join(self.parameters) or "none"
            raise TypeError(f"{self.name} takes {takes}; given: {', '.join(given) or 'none'}")
        for name, value in given.items():
            kind = self.parameters[name]
            if value is not None and not isinstance(value, TYPES[kind]):
                raise TypeError(f"{self.name}: {name} is {kind}, not {type(value).__name__}")
        return dict(given)


def query(name: str) -> Query:
    """Return a query by its name.

    Raises
    ------
    LookupError
        If there is none of the name.

    Examples
    --------
    >>> query("reading.opinions.of_window").parameters
    {'batch': 'text', 'classes': 'integer'}
    """
    place, _, last = name.rpartition(".")
    try:
        return _read(FOLDER.joinpath(*place.split(".")).with_suffix(".sql"), place)[last]
    except (OSError, KeyError):
        raise LookupError(f"no query {name!r} in resources/store/queries") from None


def every_query() -> list[Query]:
    """Return all queries, in the order of files and of lines."""
    found: list[Query] = []
    for path in sorted(FOLDER.rglob("*.sql")):
        place = ".".join(path.relative_to(FOLDER).with_suffix("").parts)
        found += _read(path, place).values()
    return found


@cache
def _read(path: Path, place: str) -> dict[str, Query]:
    pieces = HEAD.split(path.read_text(encoding="utf-8"))
    return {
        name: _query(f"{place}.{name}", parameters, body.strip())
        for name, parameters, body in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True)
    }


def _query(name: str, parameters: str | None, body: str) -> Query:
    lines = body.split("\n")
    n = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    about = " ".join(line.removeprefix("--").strip() for line in lines[:n])
    typed: dict[str, Any] = dict(
        re.split(r":\s*", one.strip()) for one in (parameters or "").split(",") if one.strip()
    )
    return Query(name, about, typed, "\n".join(lines[n:]).rstrip(";"))
