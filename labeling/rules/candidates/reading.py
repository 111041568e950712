"""A model's answer read into rules; whatever is none is refused with the reason, and nothing of it runs."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from labeling.errors import RuleError
from labeling.kinds.thoughts import spoken
from labeling.rules.candidates.asking import KINDS
from labeling.rules.reading.fields import did_you_mean, parse_body, texts_of
from labeling.rules.reading.reading import check_rules
from labeling.rules.rule import Rule

FIELDS = ("name", "label", *KINDS, "texts")

UNWRITABLE = yaml.reader.Reader.NON_PRINTABLE

NAME = re.compile(r"[A-Za-z]\w{0,59}", re.ASCII)
"""What a model may call a rule."""

MOST_PATTERNS, LONGEST_PATTERN = 50, 300
"""Patterns of one rule, and characters of each, at most."""

LONGEST_ANSWER = 100_000
"""Characters of an answer that are read: some four times those of its tokens, and reading takes seconds."""

LONGEST_WHY = 300
"""Characters of a reason that are told: a model's words may be in it."""

DEEPEST = 10
"""Lists and mappings in each other that are read; a list of rules takes four."""

ORIGIN = "the answer"

EMPTY: tuple[object, ...] = (None, [], "", "null", "~")
"""What a model writes for a kind that its rule is not of."""

FENCED = re.compile(r"\A```\w*\s*\n(.*?)\n?```\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that a model wrote, with the ids of the items that made it."""

    rule: Rule
    texts: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """What is no rule, or not admitted, and why."""

    name: str
    why: str


def read_answer(
    answer: str,
    classes: Sequence[str],
    shown: Mapping[str, str],
    taken: Sequence[Rule],
    count: int,
) -> tuple[list[Candidate], list[Refused]]:
    """Read what a model answered.

    Parameters
    ----------
    answer : str
        JSON or YAML.
    classes : sequence of str
    shown : mapping of str to str
        The number that each text was shown under, as ``t1``, and the id of its item.
    taken : sequence of Rule
        Those that there are: no candidate has the name or the meaning of one.
    count : int
        Rules that were asked for; what comes after them is refused.

    Raises
    ------
    RuleError
        If the answer as a whole is no list of rules.

    Examples
    --------
    >>> said = "rules: [{name: wins, label: SPAM, keyword: [win], regex: [], texts: [t1]}, {sql: '1'}]"
    >>> found, refused = read_answer(said, ["HAM", "SPAM"], {"t1": "a"}, [], 5)
    >>> found[0].rule.name, found[0].texts, refused[0].why[:19]
    ('wins', ('a',), "says 'sql', but a r")
    """
    entries = entries_of(answer)
    known = list(taken)
    found: list[Candidate] = []
    refused: list[Refused] = []
    for number, entry in enumerate(entries, start=1):
        name = _name(entry, number)
        if number > count:
            refused.append(Refused(name, f"comes after the {count} that were asked for"))
            continue
        try:
            candidate = _candidate(entry, classes, shown)
            _refuse_twin(candidate.rule, known)
        except RuleError as error:
            why = str(error).removeprefix(f"{ORIGIN}, rule {name!r}: ")
            refused.append(
                Refused(name, why if len(why) <= LONGEST_WHY else f"{why[:LONGEST_WHY]} …")
            )
            continue
        known.append(candidate.rule)
        found.append(candidate)
    return found, refused


def entries_of(answer: str) -> list[Any]:
    """Return what an answer lists as rules, each unread.

    Raises
    ------
    RuleError
        If it is no list of rules.

    Examples
    --------
    >>> entries_of("rules: [{name: wins}, 7]")
    [{'name': 'wins'}, '7']
    """
    if len(answer) > LONGEST_ANSWER:
        raise RuleError(f"it has {len(answer):,} characters; allowed: {LONGEST_ANSWER:,}")
    text = spoken(answer) or ""
    fenced = FENCED.match(text.strip())
    text = fenced[1] if fenced else text
    try:
        said = _said(text)
    except RuleError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise RuleError(f"it is no YAML{line}") from None
    rules: Any = cast("dict[Any, Any]", said).get("rules") if isinstance(said, dict) else None
    if not isinstance(rules, list):
        raise RuleError("it holds no list under 'rules:'")
    return cast("list[Any]", rules)


def _said(text: str) -> Any:
    try:  # JSON is YAML but for characters beyond U+FFFF, which it writes as two
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (json.JSONDecodeError, RecursionError):
        _refuse_more_than_texts(text)
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  texts alone


def _refuse_more_than_texts(text: str) -> None:
    depth = 0
    events: Iterable[Any] = cast("Any", yaml).parse(text)
    for one in events:  # read one by one: the time that nesting takes grows with its square
        if getattr(one, "tag", None) or isinstance(one, yaml.AliasEvent):
            raise RuleError(
                "it holds a tag or an alias of YAML, and a rule is texts alone, never code"
            )
        depth += isinstance(one, yaml.CollectionStartEvent)
        depth -= isinstance(one, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise RuleError(f"it holds lists in lists, more than {DEEPEST} deep")


def _name(entry: Any, number: int) -> str:
    said = cast("dict[Any, Any]", entry).get("name") if isinstance(entry, dict) else None
    if isinstance(said, str) and said.strip() and said.isprintable():
        return said[:60]
    return f"(number {number})"


def _candidate(entry: Any, classes: Sequence[str], shown: Mapping[str, str]) -> Candidate:
    if not isinstance(entry, dict):
        raise RuleError("is no mapping of fields")
    fields = cast("dict[Any, Any]", entry)
    strange = [str(key) for key in fields if key not in FIELDS]
    if strange:
        raise RuleError(
            f"says {strange[0]!r}, but a rule of a model says only {', '.join(FIELDS)}, and is never code"
        )
    name, label = fields.get("name"), fields.get("label")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise RuleError(
            f"has the name {name!r}; allowed: letters, digits and underscores, at most 60"
        )
    if not isinstance(label, str) or label not in classes:
        guess = did_you_mean(str(label), list(classes))
        raise RuleError(
            f"votes for {label!r}, which is no class; allowed: {', '.join(classes)}.{guess}"
        )
    kinds = [kind for kind in KINDS if fields.get(kind) not in EMPTY]
    if len(kinds) != 1:
        raise RuleError(
            f"says {' and '.join(kinds) or 'neither'} of {', '.join(KINDS)}, not exactly one"
        )
    (kind,) = kinds
    patterns = texts_of(fields[kind])
    if len(patterns) > MOST_PATTERNS or max(map(len, patterns)) > LONGEST_PATTERN:
        raise RuleError(
            f"holds {len(patterns)} patterns of up to {max(map(len, patterns))} characters; allowed: "
            f"{MOST_PATTERNS} of {LONGEST_PATTERN}"
        )
    if any(UNWRITABLE.search(one) for one in patterns):
        raise RuleError("holds a character that no YAML file can hold")
    rule = rule_of(name, label, kind, patterns)
    check_rules([rule], classes)
    return Candidate(rule, _texts(fields.get("texts"), shown), tuple(patterns))


def rule_of(name: str, label: str, kind: str, patterns: Sequence[str]) -> Rule:
    """Return the rule as rules.yaml would say it; any case counts.

    Raises
    ------
    RuleError
        If a pattern is none; the message begins with a verb.
    """
    body = parse_body(kind, list(patterns), {"case": "ignore"}, Path())
    return Rule(name, label, kind, body, origin=ORIGIN)


def _texts(said: Any, shown: Mapping[str, str]) -> tuple[str, ...]:
    named: Collection[Any] = cast("list[Any]", said) if isinstance(said, list) else ()
    found = tuple(dict.fromkeys(shown[str(one)] for one in named if str(one) in shown))
    if not found:
        raise RuleError("names no text that made it, of those that were shown")
    return found


def _refuse_twin(rule: Rule, known: Sequence[Rule]) -> None:
    for other in known:
        if other.name == rule.name:
            raise RuleError("has the name of another rule")
        if other.version == rule.version:
            raise RuleError(f"means the same as {other.name}")
