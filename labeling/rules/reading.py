"""Reading ``rules.yaml`` and ``rules.py`` into rules, with errors that say where and what to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from labeling.errors import RuleError
from labeling.kinds.several.answer import NOT, denied
from labeling.rules.conditions import Condition, parse_conditions
from labeling.rules.document import Entry, Field, read_entries
from labeling.rules.fields import did_you_mean, parse_body
from labeling.rules.keys import COMMON, KINDS, TAKES, TOP_LEVEL
from labeling.rules.python import read_python_rules
from labeling.rules.rule import Patterns, Rule
from labeling.rules.searching import endless


def read_rules(path: Path, classes: Sequence[str], python_rules: Path | None = None) -> list[Rule]:
    """Read the rules of a task.

    Parameters
    ----------
    path : Path
        ``rules.yaml``: a mapping with a list ``rules:``; dictionary files are relative to it.
    classes : sequence of str
        Names of the classes that rules may vote for.
    python_rules : Path, optional
        ``rules.py`` with functions under :func:`labeling.rules.python.rule`.

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
    rules = written_rules(path)
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
    for key, found in top.items():
        if key not in TOP_LEVEL:
            raise RuleError(
                f"{path} line {found.line}: unknown key '{key}'; allowed: {', '.join(TOP_LEVEL)}."
                f"{did_you_mean(key, list(TOP_LEVEL))}"
            )
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
    names: dict[str, Rule] = {}
    versions: dict[str, Rule] = {}
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
        if (first := names.setdefault(one.name, one)) is not one:
            raise RuleError(
                f"rule {one.name!r} stands twice: {first.origin} and {one.origin}; rename one"
            )
        if (first := versions.setdefault(one.version, one)) is not one:
            raise RuleError(
                f"rules {first.name!r} ({first.origin}) and {one.name!r} ({one.origin}) mean the "
                "same, so their vote would count twice; delete one"
            )
        if one.kind == "regex" and isinstance(one.body, Patterns):
            _refuse_endless(one, one.body)


def _refuse_endless(rule: Rule, body: Patterns) -> None:
    for pattern in body.patterns:
        text = endless(pattern, body.flags)
        if text is not None:
            raise RuleError(
                f"{rule.origin}, rule {rule.name!r}: the pattern {pattern!r} backtracks without "
                f"end, for example on {text!r}: a repeat inside a repeat can read the same text in "
                "many ways. Make the inner repeat possessive ('++' for '+', '*+' for '*') or put it "
                "in an atomic group ('(?>…)')"
            )


def _read_entry(path: Path, number: int, entry: Entry) -> Rule:
    named = entry.fields.get("name")
    name = (named.text or "").strip() if named else ""
    where = f"{path} line {entry.line}, rule {name!r}" if name else f"{path} line {entry.line}"
    if not name:
        raise RuleError(f"{where}: rule number {number} has no 'name:'")
    kinds = [key for key in entry.fields if key in KINDS]
    allowed = [*COMMON, *KINDS, *(TAKES[kinds[0]] if kinds else ())]
    for key, found in entry.fields.items():
        if key not in allowed:
            raise RuleError(
                f"{path} line {found.line}, rule {name!r}: unknown key '{key}'; allowed: "
                f"{', '.join(allowed)}.{did_you_mean(key, allowed)}"
            )
    if len(kinds) != 1:
        found_kinds = " and ".join(f"'{kind}'" for kind in kinds) or "none"
        raise RuleError(
            f"{where}: exactly one kind is needed of {', '.join(KINDS)}; found {found_kinds}"
        )
    (kind,) = kinds
    options = {key: entry.fields[key].value for key in TAKES[kind] if key in entry.fields}
    field = entry.fields[kind]
    try:
        body = parse_body(kind, field.value, options, path.parent)
    except RuleError as error:
        raise RuleError(f"{path} line {field.line}, rule {name!r}: '{kind}' {error}") from error
    return Rule(
        name=name,
        label=_label(entry, where),
        kind=kind,
        body=body,
        when=_when(path, name, entry.fields.get("when")),
        description=_text(entry, "description") or "",
        owner=_text(entry, "owner") or "",
        origin=f"{path} line {entry.line}",
    )


def _label(entry: Entry, where: str) -> str | None:
    label, against = _text(entry, "label"), _text(entry, "against")
    if label is not None and against is not None:
        raise RuleError(f"{where}: 'label:' and 'against:' exclude each other; keep one")
    return label if against is None else denied(against)


def _text(entry: Entry, key: str) -> str | None:
    found = entry.fields.get(key)
    return None if found is None else (found.text if found.text is not None else str(found.value))


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
