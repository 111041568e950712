"""Where in a text the patterns of a rule were found, for people to look at."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from labeling.rules.rule import Patterns, Rule

MOST = 40
"""Spans that are told of one text, at most; more would colour it all."""


class Span(NamedTuple):
    """Characters ``start`` to ``end`` (without it) of a text, and the rule that found them."""

    start: int
    end: int
    rule: str


def find_spans(rules: Iterable[Rule], text: str, *, at_most: int = MOST) -> list[Span]:
    r"""Tell what the patterns of the rules match.

    Rules of other kinds (``sql``, ``nearest``, ``metadata``, ``python``) look at an item as a
    whole and have no place in its text.

    Parameters
    ----------
    rules : iterable of Rule
        Those that voted on the item.
    text : str
        The item's text.
    at_most : int
        Spans to return, at most.

    Returns
    -------
    list of Span
        In the order of the text, in characters; matches of length 0 are left out.

    Examples
    --------
    >>> find_spans([Rule("link", "SPAM", "regex", Patterns((r"https?://\S+",)))], "see http://x.y now")
    [Span(start=4, end=14, rule='link')]
    """
    found = {
        Span(*match.span(), rule.name)
        for rule in rules
        if isinstance(rule.body, Patterns)
        for pattern in rule.body.patterns
        for match in _compiled(pattern, rule.body.flags).finditer(text)
        if match.end() > match.start()
    }
    return sorted(found)[:at_most]


@lru_cache(maxsize=4096)
def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    return re.compile(pattern, flags)
