"""One entry of a file of rules: its name, the one thing that it looks for, and what else it may say."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labeling.errors import RuleError
from labeling.rules.reading.document import Entry
from labeling.rules.reading.fields import did_you_mean


def open_entry(
    path: Path,
    number: int,
    entry: Entry,
    common: Mapping[str, Any],
    kinds: Mapping[str, Any],
    takes: Mapping[str, tuple[str, ...]],
) -> tuple[str, str, dict[str, Any]]:
    """Return the name of an entry, its kind and the options of that kind.

    Parameters
    ----------
    path : Path
        The file, for messages.
    number : int
        Which entry it is, from 1.
    entry : Entry
        The entry.
    common, kinds, takes : mapping
        Keys of any rule; keys one of which is needed; which further ones each of these takes.

    Raises
    ------
    RuleError
        If the name is missing, a key is unknown, or there is not exactly one kind.
    """
    named = entry.fields.get("name")
    name = (named.text or "").strip() if named else ""
    where = f"{path} line {entry.line}, rule {name!r}" if name else f"{path} line {entry.line}"
    if not name:
        raise RuleError(f"{where}: rule number {number} has no 'name:'")
    found = [key for key in entry.fields if key in kinds]
    allowed = [*common, *kinds, *(takes[found[0]] if found else ())]
    for key, field in entry.fields.items():
        if key not in allowed:
            raise RuleError(
                f"{path} line {field.line}, rule {name!r}: unknown key '{key}'; allowed: "
                f"{', '.join(allowed)}.{did_you_mean(key, allowed)}"
            )
    if len(found) != 1:
        told = " and ".join(f"'{kind}'" for kind in found) or "none"
        raise RuleError(f"{where}: exactly one kind is needed of {', '.join(kinds)}; found {told}")
    (kind,) = found
    return name, kind, {key: entry.fields[key].value for key in takes[kind] if key in entry.fields}


def check_top(path: Path, top: Mapping[str, Any], allowed: Sequence[str]) -> None:
    """Refuse a key at the top of a file of rules that is none.

    Raises
    ------
    RuleError
        Naming the file, the line, the key and what is allowed.
    """
    for key, found in top.items():
        if key not in allowed:
            raise RuleError(
                f"{path} line {found.line}: unknown key '{key}'; allowed: {', '.join(allowed)}."
                f"{did_you_mean(key, list(allowed))}"
            )


def text_of(entry: Entry, key: str) -> str | None:
    """Return a field as it is written, or None where it is not there."""
    found = entry.fields.get(key)
    return None if found is None else (found.text if found.text is not None else str(found.value))


def refuse_twins(rules: Iterable[tuple[str, str, str]]) -> None:
    """Refuse names and meanings that stand twice.

    Parameters
    ----------
    rules : iterable of (name, version, origin)
        The version is a hash of the meaning.

    Raises
    ------
    RuleError
        Naming both rules.
    """
    names: dict[str, str] = {}
    versions: dict[str, tuple[str, str]] = {}
    for name, version, origin in rules:
        if name in names:
            raise RuleError(f"rule {name!r} stands twice: {names[name]} and {origin}; rename one")
        if version in versions:
            first, place = versions[version]
            raise RuleError(
                f"rules {first!r} ({place}) and {name!r} ({origin}) mean the "
                "same, so their vote would count twice; delete one"
            )
        names[name], versions[version] = origin, (name, origin)
