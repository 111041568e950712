"""What must hold of a table: suites as the YAML files say them, with what a task says filled in."""

from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import yaml

from resources.task.task import Task

SUITES = Path(__file__).parent / "suites"


@dataclass(frozen=True, slots=True)
class Expected:
    """One entry of a suite file.

    Parameters
    ----------
    check, description : str
        Its name, and what holds where it passes.
    critical : bool
        Whether a failure blocks what is made of the rows.
    query : str or None
        Name of the query to judge instead of the table's own rows.
    type, kwargs : str, dict
        The expectation.
    told : str, optional
        What to say of a row of ``query`` that fails: its columns and ``allowed`` in braces.
    remedy : str
        What to do; may be empty where it is critical.
    rows : str, optional
        Name of the query of rows at fault, where ``query`` only counts them.
    """

    check: str
    description: str
    critical: bool
    query: str | None
    type: str
    kwargs: dict[str, Any]
    told: str | None = None
    remedy: str = ""
    rows: str | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite file: what must hold of a table."""

    table: str
    columns: list[str]
    expected: dict[str, Expected]


def read_suite(path: Path, task: Task) -> Suite:
    """Read a suite; ``$task``, ``$classes`` and ``$section.field`` stand for what the task says.

    What ``quality.unchecked`` names is left out.

    Raises
    ------
    ValueError
        If an entry does not hold exactly one ``expect_...`` key.
    """
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    expected: dict[str, Expected] = {}
    for entry in raw["checks"]:
        rules = [key for key in entry if key.startswith("expect_")]
        if len(rules) != 1:
            raise ValueError(
                f"{path.name}: {entry['check']!r} needs one expect_... key, has {rules}"
            )
        if entry["check"] in task.spec.quality.unchecked:
            continue
        expected[entry["check"]] = Expected(
            entry["check"],
            entry["why"],
            entry["severity"] == "critical",
            _named(path, entry, "query"),
            rules[0],
            {key: _filled(value, task) for key, value in entry[rules[0]].items()},
            entry.get("told"),
            entry.get("remedy", "").replace("$task", task.name),
            _named(path, entry, "rows"),
        )
    return Suite(raw["table"], raw["columns"], expected)


def _named(path: Path, entry: dict[str, Any], what: str) -> str | None:
    """Name a query in full; a suite's stand in a file of the suite's name."""
    return f"expectations.{path.stem}.{entry[what]}" if what in entry else None


def _filled(value: Any, task: Task) -> Any:
    """Put what task.yaml says in the place of ``$classes`` or ``$section.field``."""
    if not (isinstance(value, str) and value.startswith("$")):
        return value
    if value == "$classes":
        return list(task.classes)
    return attrgetter(value[1:])(task.spec)
