"""From a Python regular expression to a byte pattern that finds at least what it finds."""

import re
from dataclasses import dataclass
from typing import Any

from labeling.rules.matching.byte_patterns import (
    ASCII,
    EDGE,
    EMPTY,
    HIGH,
    NEVER,
    WORD,
    Boundary,
    Bytes,
    Node,
    choice,
    edge_bytes,
    nullable,
    repeat,
    sequence,
    size,
)
from labeling.rules.matching.characters import ONE_CHARACTER, characters, combine_flags, ops, parser

MAX_COUNT = 64
"""Counted repeats above this are taken for endless ones (and then confirmed)."""

MAX_SIZE = 1500
"""Byte patterns with more positions than this are not built."""

NEWLINE = 1 << 10

REPEATS = frozenset({ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT})


@dataclass(frozen=True, slots=True)
class Translation:
    """A byte pattern that is found wherever the Python pattern is found.

    Parameters
    ----------
    node : Node or None
        None where there is no useful byte pattern (it would be found in every text).
    exact : bool
        It is found nowhere else either. Only ever true for ASCII texts.
    """

    node: Node | None
    exact: bool

    @property
    def never(self) -> bool:
        """No text of this alphabet can hold the pattern."""
        return self.node == NEVER


def translate(pattern: str, flags: int, *, ascii_only: bool) -> Translation:
    r"""Translate a pattern for texts in ASCII, or for any texts.

    Each item becomes the set of bytes of the characters that ``re`` itself accepts there. At the
    edges of the pattern, anchors and lookarounds of one character become bytes of the neighbouring
    text or separator, and repeats shrink to their least count, since only *whether* there is a
    match counts. What has no counterpart (backreferences, lookarounds inside, conditions) is
    dropped or widened, and the result is then not exact.

    Parameters
    ----------
    pattern : str
        A pattern that ``re.compile`` accepts.
    flags : int
        Its flags.
    ascii_only : bool
        Texts hold ASCII only: the answer can be exact. Otherwise it never is.

    Examples
    --------
    >>> from labeling.rules.matching.byte_patterns import emit
    >>> link = translate(r"https?://\S+", 0, ascii_only=True)
    >>> emit(link.node), link.exact
    ('\\x68\\x74\\x74\\x70\\x73?\\x3a\\x2f\\x2f[\\x00-\\x08\\x0e-\\x1b\\x21-\\x7f]', True)
    """
    parsed = parser.parse(pattern, flags)
    walk = _Walk(ascii_only)
    node = walk.items(list(parsed), parsed.state.flags, lead=True, trail=True)
    if node != NEVER and (nullable(node) or size(node) > MAX_SIZE):
        return Translation(None, exact=False)
    if parsed.getwidth()[0] == 0 and edge_bytes(node, last=True) & EDGE:
        return Translation(None, exact=False)  # a separator alone does not say whose edge it is
    return Translation(node, exact=walk.exact and ascii_only)


class _Walk:
    """One pass over a parsed pattern; remembers whether anything was widened."""

    def __init__(self, ascii_only: bool) -> None:
        self.ascii_only = ascii_only
        self.exact = True

    def items(self, items: list[Any], flags: int, *, lead: bool, trail: bool) -> Node:
        """Translate a sequence; ``lead`` and ``trail``: nothing stands before, after it."""
        while lead and items and self._is_optional(items[0]):
            items = items[1:]
        while trail and items and self._is_optional(items[-1]):
            items = items[:-1]
        done: list[Node] = []
        for number, item in enumerate(items):
            last = trail and number == len(items) - 1
            done.append(self.item(item, flags, lead=lead and number == 0, trail=last))
        return self._bounded(done)

    def _is_optional(self, item: Any) -> bool:
        op, argument = item
        if op is ops.POSSESSIVE_REPEAT:
            self.exact = False
        return op in REPEATS and argument[0] == 0

    def item(self, item: Any, flags: int, *, lead: bool, trail: bool) -> Node:
        """Translate one operation."""
        op, argument = item
        if op in ONE_CHARACTER:
            return characters(item, flags).node(ascii_only=self.ascii_only)
        if op is ops.SUBPATTERN:
            _, added, removed, inner = argument
            inside = combine_flags(flags, added, removed)
            return self.items(list(inner), inside, lead=lead, trail=trail)
        if op is ops.BRANCH:
            return choice(
                [self.items(list(one), flags, lead=lead, trail=trail) for one in argument[1]]
            )
        if op in REPEATS:
            return self.repeat(op, argument, flags, lead=lead, trail=trail)
        if op is ops.AT:
            return self.anchor(argument, flags, lead=lead, trail=trail)
        if op in (ops.ASSERT, ops.ASSERT_NOT):
            return self.look(op, argument, flags, lead=lead, trail=trail)
        if op is ops.ATOMIC_GROUP:
            self.exact = False
            return self.items(list(argument), flags, lead=lead, trail=trail)
        if op is ops.GROUPREF_EXISTS:
            self.exact = False
            _, yes, no = argument
            return choice(
                [self.items(list(one or []), flags, lead=False, trail=False) for one in (yes, no)]
            )
        if op is ops.FAILURE:
            return NEVER
        self.exact = False
        return self._anything()

    def repeat(self, op: Any, argument: Any, flags: int, *, lead: bool, trail: bool) -> Node:
        """Translate a repeat; at an edge of the pattern its least count is enough."""
        low, high, inner = argument
        high = None if high is ops.MAXREPEAT else high
        if op is ops.POSSESSIVE_REPEAT:
            self.exact = False
        if lead or trail:
            high = low
        if low > MAX_COUNT or (high is not None and high > MAX_COUNT):
            self.exact = False
            low, high = min(low, MAX_COUNT), None
        items = list(inner)
        alone = low == high == 1
        if len(items) == 1 and items[0][0] in ONE_CHARACTER and not alone:
            found = characters(items[0], flags)
            loose = found.loose_mask(ascii_only=self.ascii_only)
            most = high if high is None or not loose & HIGH else 4 * high
            return repeat(Bytes(loose), low, most)
        node = self.items(items, flags, lead=lead and alone, trail=trail and alone)
        if nullable(node) and not alone:
            self.exact = False
        return repeat(node, low, high)

    def anchor(self, where: Any, flags: int, *, lead: bool, trail: bool) -> Node:
        """Translate an anchor: separators and newlines at the edges, else it is dropped."""
        many = bool(flags & re.MULTILINE)
        if where is ops.AT_BOUNDARY:
            return Boundary()
        if where is ops.AT_NON_BOUNDARY:
            return Boundary(inside=True)
        if lead and where in (ops.AT_BEGINNING, ops.AT_BEGINNING_STRING):
            return Bytes(EDGE | (NEWLINE if many and where is ops.AT_BEGINNING else 0))
        if trail and where is ops.AT_END_STRING:
            return Bytes(EDGE)
        if trail and where is ops.AT_END:
            last_line = sequence([Bytes(NEWLINE), Bytes(EDGE)])
            return Bytes(EDGE | NEWLINE) if many else choice([Bytes(EDGE), last_line])
        self.exact = False
        return EMPTY

    def look(self, op: Any, argument: Any, flags: int, *, lead: bool, trail: bool) -> Node:
        """Translate a lookaround at an edge of the pattern; elsewhere it is dropped."""
        direction, inner = argument
        at_edge = trail if direction > 0 else lead
        items = list(inner)
        if at_edge and op is ops.ASSERT:
            return self.items(items, flags, lead=lead, trail=trail)
        if at_edge and len(items) == 1 and items[0][0] in ONE_CHARACTER:
            others = characters(items[0], flags).others_mask(ascii_only=self.ascii_only)
            return Bytes(others | EDGE)
        self.exact = False
        return EMPTY

    def _anything(self) -> Node:
        return repeat(Bytes(ASCII if self.ascii_only else ASCII | HIGH), 0, None)

    def _bounded(self, nodes: list[Node]) -> Node:
        """Drop word boundaries that bytes outside ASCII could hide."""
        kept: list[Node] = []
        for number, one in enumerate(nodes):
            if isinstance(one, Boundary) and not self.ascii_only:
                before = number > 0 and _is_word(nodes[number - 1], last=True)
                after = number + 1 < len(nodes) and _is_word(nodes[number + 1], last=False)
                if one.inside or not (before or after):
                    self.exact = False
                    continue
            kept.append(one)
        return sequence(kept)


def _is_word(node: Node, *, last: bool) -> bool:
    mask = edge_bytes(node, last=last)
    return not nullable(node) and mask != 0 and mask & ~WORD == 0
