"""From the fields of one YAML entry to what a rule looks at, kind by kind."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from labeling.errors import RuleError
from labeling.letters.unseen import unseen_in
from labeling.rules.conditions import parse_conditions
from labeling.rules.reading.keys import DEFAULT_SIMILARITY, OPTIONS
from labeling.rules.rule import Body, Metadata, Nearest, Patterns, Sql


def term_pattern(term: str, *, whole: bool) -> str:
    r"""Return the regular expression of a keyword, phrase or dictionary term.

    White space in a phrase stands for any white space; a whole word is not followed or preceded
    by a letter, digit or underscore of any script.

    Examples
    --------
    >>> term_pattern("check out", whole=True)
    '(?<!\\w)check\\s+out(?!\\w)'
    """
    core = r"\s+".join(re.escape(word) for word in term.split())
    return rf"(?<!\w){core}(?!\w)" if whole else core


def check_options(options: Mapping[str, Any], known: Mapping[str, dict[str, Any]]) -> None:
    """Refuse a value that an option does not take; ``known`` is the schema of each.

    Raises
    ------
    RuleError
        Naming the option, the value and what is allowed; the message begins with a verb.
    """
    for name, given in options.items():
        allowed = known[name].get("enum")
        if allowed and given not in allowed:
            raise RuleError(f"has '{name}: {given}'; allowed: {', '.join(allowed)}")


def parse_body(kind: str, value: object, options: dict[str, Any], folder: Path) -> Body:
    """Read what stands under a kind's key.

    Parameters
    ----------
    kind : str
        A key of :data:`labeling.rules.reading.keys.KINDS`.
    value : object
        What stands there.
    options : dict
        The other keys of the entry that belong to the kind.
    folder : Path
        Where relative dictionary files are looked for.

    Raises
    ------
    RuleError
        If the value or an option is not allowed; the message begins with a verb.
    """
    check_options(options, OPTIONS)
    parse: dict[str, Callable[[], Body]] = {
        "keyword": lambda: _terms(keywords_of(value), options),
        "regex": lambda: regex_patterns(texts_of(value), options),
        "dictionary": lambda: _terms(dictionary_lines(texts_of(value), folder), options),
        "sql": lambda: Sql(_single(value)),
        "nearest": lambda: _nearest(value, options),
        "metadata": lambda: Metadata(parse_conditions(value)),
    }
    return parse[kind]()


def _single(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise RuleError(f"is {value!r}, but must be a text that is not empty")
    return value.strip()


def texts_of(value: object) -> list[str]:
    """Return a text or a list of texts as a list.

    Raises
    ------
    RuleError
        If it is anything else, or one of them is empty; the message begins with a verb.
    """
    texts: list[Any] = cast("list[Any]", value) if isinstance(value, list) else [value]
    for one in texts:
        if not isinstance(one, str) or not one.strip():
            raise RuleError(
                f"holds {one!r}, but must be a text or a list of texts, none of them empty "
                "(quote what YAML takes for a number or a truth value)"
            )
    if not texts:
        raise RuleError("is an empty list, but needs at least one text")
    return texts


def keywords_of(value: object) -> list[str]:
    """Return a keyword or a list of keywords as a list.

    Raises
    ------
    RuleError
        As :func:`texts_of`, or if one holds what nobody sees; the message begins with a verb.
    """
    terms = texts_of(value)
    for one in terms:
        if unseen := unseen_in(one.strip()):
            raise RuleError(f"holds {one!r}, which has {unseen}: {TAKE_OUT}")
    return terms


TAKE_OUT = (
    "texts without it never hold this term, so take it out; `regex:` finds it where it is meant"
)


def _terms(terms: list[str], options: dict[str, Any]) -> Patterns:
    whole = options.get("words", "whole") == "whole"
    flags = 0 if options.get("case", "ignore") == "exact" else re.IGNORECASE
    unique = {t if not flags else t.casefold(): t for t in terms}
    return Patterns(tuple(term_pattern(t, whole=whole) for t in unique.values()), int(flags))


def regex_patterns(patterns: list[str], options: dict[str, Any]) -> Patterns:
    """Return regular expressions with the flags that ``case`` asks for.

    Raises
    ------
    RuleError
        If one of them is none; the message begins with a verb.
    """
    flags = re.IGNORECASE if options.get("case", "exact") == "ignore" else 0
    for pattern in patterns:
        try:
            re.compile(pattern, flags)
        except (re.error, OverflowError, RecursionError) as error:
            raise RuleError(
                f"holds {pattern!r}, which is no regular expression: {error}"
            ) from error
    return Patterns(tuple(patterns), int(flags))


def dictionary_lines(files: list[str], folder: Path) -> list[str]:
    """Return the terms of files with one a line; empty lines and those that begin with # are none.

    Raises
    ------
    RuleError
        If a file is missing, cannot be read or holds no term, or a term holds what nobody sees; the
        message begins with a verb.
    """
    terms: list[str] = []
    for name in files:
        path = folder / name
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except FileNotFoundError:
            raise RuleError(f"names the file {path}, which does not exist") from None
        except (OSError, UnicodeDecodeError) as error:
            raise RuleError(f"names the file {path}, which cannot be read: {error}") from error
        found: list[str] = []
        for number, line in enumerate(lines, start=1):
            term = line.strip()
            if not term or line.startswith("#"):
                continue
            if unseen := unseen_in(term):
                raise RuleError(
                    f"names the file {path}, where line {number}, {term!r}, has {unseen}: {TAKE_OUT}"
                )
            found.append(term)
        if not found:
            raise RuleError(f"names the file {path}, which holds no term (one a line)")
        terms += found
    return terms


def _nearest(value: object, options: dict[str, Any]) -> Nearest:
    at_least = options.get("at_least", DEFAULT_SIMILARITY)
    if isinstance(at_least, bool) or not isinstance(at_least, int | float) or not 0 < at_least <= 1:
        raise RuleError(f"has 'at_least: {at_least}'; allowed: a number in (0, 1]")
    return Nearest(tuple(texts_of(value)), float(at_least))


def did_you_mean(word: str, allowed: tuple[str, ...] | list[str]) -> str:
    """Return `` Did you mean 'x'?`` where something allowed is near, else nothing.

    Examples
    --------
    >>> did_you_mean("labl", ["label", "name"])
    " Did you mean 'label'?"
    """
    near = get_close_matches(word, allowed, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
