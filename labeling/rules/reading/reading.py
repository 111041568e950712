"""Reading ``rules.yaml`` and ``rules.py`` into rules, with errors that say where and what to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from labeling.errors import RuleError
from labeling.kinds.several.answer import NOT, denied
from labeling.rules.conditions import Condition, parse_conditions
from labeling.rules.matching.searching import refuse_endless
from labeling.rules.reading.document import Entry, Field, read_entries
from labeling.rules.reading.entries import check_top, open_entry, refuse_twins, text_of
from labeling.rules.reading.fields import did_you_mean, parse_body
from labeling.rules.reading.keys import COMMON, KINDS, TAKES, TOP_LEVEL
from labeling.rules.reading.python import read_python_rules
from labeling.rules.rule import Patterns, Rule
from labeling.rules.suggested import Suggested, parse_suggested


def read_rules(
    path: Path | Sequence[Path], classes: Sequence[str], python_rules: Path | None = None
) -> list[Rule]:
    """Read the rules of a task.

    Parameters
    ----------
    path : Path or sequence of Path
        ``rules.yaml``: a mapping with a list ``rules:``; dictionary files are relative to it.
    classes : sequence of str
        Names of the classes that rules may vote for.
    python_rules : Path, optional
        ``rules.py`` with functions under :func:`labeling.rules.reading.python.rule`.

    Returns
    -------
    list of Rule
        In the order of the files, YAML first.

    Raises
    ------
    RuleError
        Naming the file, the line, the rule, the field and what is allowed; also where two rules
        have one name or one meaning.
    """
    paths = (path,) if isinstance(path, Path) else path
    rules = [rule for one in paths for rule in written_rules(one)]
    if python_rules is not None:
        rules += read_python_rules(python_rules)
    check_rules(rules, classes)
    return rules


def written_rules(path: Path) -> list[Rule]:
    """Read a ``rules.yaml`` alone, without asking whether its rules can stand beside each other.

    Raises
    ------
    RuleError
        Naming the file, the line, the rule, the field and what is allowed.
    """
    entries, top = read_entries(path, "rules")
    check_top(path, top, tuple(TOP_LEVEL))
    return [_read_entry(path, number, entry) for number, entry in enumerate(entries, start=1)]


def read_classes(path: Path) -> list[str] | None:
    """Return the list ``classes:`` of a rules file, or None where it has none.

    Raises
    ------
    RuleError
        If it is no list of at least two different names.
    """
    _, top = read_entries(path, "rules")
    if "classes" not in top:
        return None
    given = top["classes"]
    value: Any = given.value
    names = list(given.texts)
    if not isinstance(value, list) or len(names) < len(cast("list[Any]", value)):
        names = []
    if len(names) < 2 or len(set(names)) != len(names):
        raise RuleError(
            f"{path} line {given.line}: 'classes:' is {value!r}, but must be a list of at "
            "least two different names"
        )
    return names


def check_rules(rules: Sequence[Rule], classes: Sequence[str]) -> None:
    """Refuse labels that are no class, names or meanings that stand twice, endless patterns.

    Raises
    ------
    RuleError
        Naming the rule, or both rules.
    """
    for one in rules:
        if one.label is not None and one.label not in classes:
            if one.label.startswith(NOT) and one.label.removeprefix(NOT) in classes:
                raise RuleError(
                    f"{one.origin}, rule {one.name!r}: 'against:' is for items that may have several "
                    "classes (kind: several in task.yaml); here a rule votes for a class by 'label:'"
                )
            raise RuleError(
                f"{one.origin}, rule {one.name!r}: label {one.label!r} is no class; "
                f"allowed: {', '.join(classes)}.{did_you_mean(one.label, list(classes))}"
            )
        if one.label is None and one.kind not in ("sql", "python"):
            raise RuleError(
                f"{one.origin}, rule {one.name!r}: 'label:' is missing; allowed: "
                f"{', '.join(classes)}"
            )
        if one.kind == "regex" and isinstance(one.body, Patterns):
            refuse_endless(one.origin, one.name, one.body)
    refuse_twins((one.name, one.version, one.origin) for one in rules)


def _read_entry(path: Path, number: int, entry: Entry) -> Rule:
    name, kind, options = open_entry(path, number, entry, COMMON, KINDS, TAKES)
    field = entry.fields[kind]
    try:
        body = parse_body(kind, field.value, options, path.parent)
    except RuleError as error:
        raise RuleError(f"{path} line {field.line}, rule {name!r}: '{kind}' {error}") from error
    return Rule(
        name=name,
        label=_label(entry, f"{path} line {entry.line}, rule {name!r}"),
        kind=kind,
        body=body,
        when=_when(path, name, entry.fields.get("when")),
        description=text_of(entry, "description") or "",
        owner=text_of(entry, "owner") or "",
        origin=f"{path} line {entry.line}",
        suggested=_suggested(path, name, entry.fields.get("suggested")),
    )


def _label(entry: Entry, where: str) -> str | None:
    label, against = text_of(entry, "label"), text_of(entry, "against")
    if label is not None and against is not None:
        raise RuleError(f"{where}: 'label:' and 'against:' exclude each other; keep one")
    return label if against is None else denied(against)


def _suggested(path: Path, name: str, field: Field | None) -> Suggested | None:
    if field is None:
        return None
    try:
        return parse_suggested(field.value)
    except RuleError as error:
        raise RuleError(f"{path} line {field.line}, rule {name!r}: 'suggested' {error}") from error


def _when(path: Path, name: str, field: Field | None) -> tuple[Condition, ...] | str | None:
    if field is None:
        return None
    if isinstance(field.value, str) and field.value.strip():
        return field.value.strip()
    try:
        return parse_conditions(field.value)
    except RuleError as error:
        raise RuleError(
            f"{path} line {field.line}, rule {name!r}: 'when' {error}; or an SQL expression"
        ) from error
