"""Reading span rules from YAML and Python, with errors that say where and what to do."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from labeling.errors import RuleError
from labeling.rules.conditions import parse_conditions
from labeling.rules.matching.searching import refuse_endless
from labeling.rules.reading.document import Entry, read_entries
from labeling.rules.reading.entries import check_top, open_entry, refuse_twins, text_of
from labeling.rules.reading.fields import (
    check_options,
    did_you_mean,
    keywords_of,
    regex_patterns,
    texts_of,
)
from labeling.rules.spans.gazetteers import read_terms, term_key
from labeling.rules.spans.keys import COMMON, KINDS, OPTIONS, TAKES
from labeling.rules.spans.pipelines.reading import read_pipeline
from labeling.rules.spans.python import read_python_span_rules
from labeling.rules.spans.rule import Body, Group, Pipeline, SpanRule, Terms


def read_span_rules(
    path: Path, types: Sequence[str], python_rules: Path | None = None
) -> list[SpanRule]:
    """Read the span rules of a task.

    Parameters
    ----------
    path : Path
        A mapping with a list ``rules:``; dictionary files are relative to it.
    types : sequence of str
        The types that rules may mark.
    python_rules : Path, optional
        A Python file with functions under :func:`labeling.rules.spans.python.span_rule`.

    Returns
    -------
    list of SpanRule
        In the order of the files, YAML first.

    Raises
    ------
    RuleError
        Naming the file, the line, the rule, the field and what is allowed; also where two rules
        have one name or one meaning.
    """
    rules = written_span_rules(path)
    if python_rules is not None:
        rules += read_python_span_rules(python_rules)
    check_span_rules(rules, types)
    return rules


def written_span_rules(path: Path) -> list[SpanRule]:
    """Read a file of span rules alone, without asking whether they can stand beside each other.

    Raises
    ------
    RuleError
        Naming the file, the line, the rule, the field and what is allowed.
    """
    entries, top = read_entries(path, "rules")
    check_top(path, top, ("rules",))
    return [_read_entry(path, number, entry) for number, entry in enumerate(entries, start=1)]


def check_span_rules(rules: Sequence[SpanRule], types: Sequence[str]) -> None:
    """Refuse types that are none, rules without one, twins, and endless patterns.

    Raises
    ------
    RuleError
        Naming the rule, or both rules.
    """
    for one in rules:
        where = f"{one.origin}, rule {one.name!r}"
        own = one.body.types if isinstance(one.body, Terms | Pipeline) else None
        if one.type is None and own is None and one.kind != "python":
            raise RuleError(f"{where}: 'type:' is missing; allowed: {', '.join(types)}")
        if one.type is not None and own is not None:
            told = "labels" if isinstance(one.body, Pipeline) else "type_column"
            raise RuleError(f"{where}: has '{told}:' beside 'type:' or 'against:'; keep one")
        for told in sorted({one.type} if one.type is not None else set(own or ())):
            if told not in types:
                raise RuleError(
                    f"{where}: {told!r} is no type; allowed: {', '.join(types)}."
                    f"{did_you_mean(told, list(types))}"
                )
        if isinstance(one.body, Group):
            refuse_endless(one.origin, one.name, one.body.patterns)
    refuse_twins((one.name, one.version, one.origin) for one in rules)


def _read_entry(path: Path, number: int, entry: Entry) -> SpanRule:
    name, kind, options = open_entry(path, number, entry, COMMON, KINDS, TAKES)
    key = kind
    try:
        body = parse_span_body(kind, entry.fields[kind].value, options, path.parent)
        key = "when"
        when = parse_conditions(entry.fields[key].value) if key in entry.fields else None
    except RuleError as error:
        raise RuleError(
            f"{path} line {entry.fields[key].line}, rule {name!r}: '{key}' {error}"
        ) from error
    kept, against = text_of(entry, "type"), text_of(entry, "against")
    if kept is not None and against is not None:
        raise RuleError(
            f"{path} line {entry.line}, rule {name!r}: 'type:' and 'against:' exclude each other; "
            "keep one"
        )
    return SpanRule(
        name=name,
        type=against if kept is None else kept,
        kind=kind,
        body=body,
        against=against is not None,
        when=when,
        description=text_of(entry, "description") or "",
        owner=text_of(entry, "owner") or "",
        origin=f"{path} line {entry.line}",
    )


def parse_span_body(kind: str, value: object, options: dict[str, Any], folder: Path) -> Body:
    """Read what stands under a kind's key; see :func:`labeling.rules.reading.fields.parse_body`.

    Raises
    ------
    RuleError
        If the value or an option is not allowed; the message begins with a verb.
    """
    check_options(options, OPTIONS)
    ignore_case = options.get("case", "ignore") == "ignore"
    whole = options.get("words", "whole") == "whole"
    parse: dict[str, Callable[[], Body]] = {
        "keyword": lambda: _keywords(keywords_of(value), ignore_case=ignore_case, whole=whole),
        "dictionary": lambda: read_terms(
            texts_of(value),
            folder,
            column=_column(options, "column"),
            type_column=_column(options, "type_column"),
            ignore_case=ignore_case,
            whole=whole,
        ),
        "regex": lambda: _group(texts_of(value), options),
        "spacy": lambda: read_pipeline(value, options, folder),
    }
    return parse[kind]()


def _keywords(terms: list[str], *, ignore_case: bool, whole: bool) -> Terms:
    unique = {term_key(one, ignore_case=ignore_case): one for one in terms}
    return Terms(tuple(unique.values()), None, ignore_case, whole)


def _column(options: dict[str, Any], key: str) -> str | None:
    given = options.get(key)
    if given is not None and (not isinstance(given, str) or not given.strip()):
        raise RuleError(f"has '{key}: {given}', but needs the name of a column")
    return given


def _group(patterns: list[str], options: dict[str, Any]) -> Group:
    group = options.get("group", 0)
    if isinstance(group, bool) or not isinstance(group, int | str):
        raise RuleError(f"has 'group: {group}'; allowed: the number or the name of a group")
    made = regex_patterns(patterns, options)
    for one in made.patterns:
        known = re.compile(one, made.flags)
        if group not in (*range(known.groups + 1), *known.groupindex):
            names = "".join(f", {name!r}" for name in known.groupindex)
            raise RuleError(
                f"has 'group: {group}', but {one!r} has the groups 0 (all of it) to "
                f"{known.groups}{names}"
            )
    return Group(made, group)
