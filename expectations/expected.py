"""What must hold of a table: suites as the YAML files say them, with what a task says filled in."""

import json
import re
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

    What ``quality.unchecked`` names is left out, and entries whose ``kinds`` do not name the task's.

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
        if task.spec.kind not in entry.get("kinds", [task.spec.kind]):
            continue
        judged, arguments = _of_answers(rules[0], entry[rules[0]], task)
        expected[entry["check"]] = Expected(
            entry["check"],
            entry["why"],
            entry["severity"] == "critical",
            _named(path, entry, "query"),
            judged,
            {key: _filled(value, task) for key, value in arguments.items()},
            entry.get("told"),
            entry.get("remedy", "").replace("$task", task.name),
            _named(path, entry, "rows"),
        )
    return Suite(raw["table"], raw["columns"], expected)


def _named(path: Path, entry: dict[str, Any], what: str) -> str | None:
    """Name a query in full; a suite's stand in a file of the suite's name."""
    return f"expectations.{path.stem}.{entry[what]}" if what in entry else None


def _of_answers(judged: str, arguments: dict[str, Any], task: Task) -> tuple[str, dict[str, Any]]:
    """Judge answers that are lists by how they are written: there are too many to name each."""
    if arguments.get("value_set") != "$classes" or not task.kind.composed(task.classes):
        return judged, arguments
    name = "|".join(re.escape(json.dumps(one, ensure_ascii=False)) for one in task.classes)
    kept = {key: value for key, value in arguments.items() if key != "value_set"}
    if task.kind.marks_text:
        span = rf"\[\d+, \d+, (?:{name})\]"
        spans = rf"\[(?:{span}(?:, {span})*)?\]"
        found = rf'\{{"(?:found|denied)": {spans}(?:, "denied": {spans})?\}}'
        regex = f"^(?:{spans}|{found})$"
    else:
        vote = "|".join(re.escape(one) for one in task.kind.marks(task.classes))
        regex = rf"^(?:\[\]|\[(?:{name})(?:, (?:{name}))*\]|{vote})$"
    return "expect_column_values_to_match_regex", {**kept, "regex": regex}


def _filled(value: Any, task: Task) -> Any:
    """Put what task.yaml says in the place of ``$classes`` or ``$section.field``."""
    if not (isinstance(value, str) and value.startswith("$")):
        return value
    if value == "$classes":
        return list(task.classes)
    return attrgetter(value[1:])(task.spec)
