"""Which characters one character of a pattern stands for: Python's ``re`` itself is asked."""

import importlib
import re
from functools import cache, lru_cache
from typing import Any

from labeling.rules.matching.byte_patterns import (
    ASCII,
    HIGH,
    Bytes,
    Node,
    Repeat,
    choice,
    sequence,
)

parser: Any = importlib.import_module("re._parser")
compiler: Any = importlib.import_module("re._compiler")
ops: Any = importlib.import_module("re._constants")

ONE_CHARACTER = frozenset({ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN})
"""Operations of a parsed pattern that consume exactly one character."""

MAX_LISTED = 8
"""Up to so many characters outside ASCII are written out; more are taken for any character."""

LAST_CASED = 0x1F000
"""No character from here on has an upper or lower case (Unicode 16)."""

_ASCII_TEXT = "".join(map(chr, range(128)))


class Characters:
    """What a parsed character stands for.

    Parameters
    ----------
    ascii_mask : int
        Set of the ASCII characters, exact.
    listed : tuple of str
        The characters outside ASCII, where they are few.
    any_high : bool
        Taken for any character outside ASCII instead.
    """

    __slots__ = ("any_high", "ascii_mask", "listed")

    def __init__(self, ascii_mask: int, listed: tuple[str, ...], any_high: bool) -> None:
        self.ascii_mask = ascii_mask
        self.listed = listed
        self.any_high = any_high

    def node(self, *, ascii_only: bool) -> Node:
        """Return the bytes of the character: exactly in ASCII texts, at least them in others."""
        if ascii_only:
            return Bytes(self.ascii_mask)
        high: list[Node] = [
            sequence([Bytes(1 << byte) for byte in one.encode()]) for one in self.listed
        ]
        if self.any_high:
            high = [Repeat(Bytes(HIGH), 1, 4)]
        return choice([Bytes(self.ascii_mask), *high])

    def loose_mask(self, *, ascii_only: bool) -> int:
        """Return a set with every byte of every such character."""
        more = HIGH if not ascii_only and (self.any_high or self.listed) else 0
        return self.ascii_mask | more

    def others_mask(self, *, ascii_only: bool) -> int:
        """Return a set with every byte of every *other* character."""
        return (ASCII & ~self.ascii_mask) | (0 if ascii_only else HIGH)


def characters(item: tuple[Any, Any], flags: int) -> Characters:
    """Tell which characters an item of a parsed pattern matches.

    Parameters
    ----------
    item : tuple
        Operation and argument, the operation one of :data:`ONE_CHARACTER`.
    flags : int
        Flags of :mod:`re` that hold there.
    """
    key = (repr(item), flags & (re.IGNORECASE | re.ASCII | re.UNICODE | re.DOTALL))
    if key not in _known:
        if len(_known) > 20_000:
            _known.clear()
        _known[key] = _ask(item, key[1])
    return _known[key]


_known: dict[tuple[str, int], Characters] = {}


def _ask(item: tuple[Any, Any], flags: int) -> Characters:
    state = parser.State()
    compiled = compiler.compile(parser.SubPattern(state, [item]), flags)
    mask = 0
    for found in compiled.findall(_ASCII_TEXT):
        mask |= 1 << ord(found)
    op, argument = item
    parts = [item] if op is ops.LITERAL else (argument if op is ops.IN else [])
    closed = bool(parts) and all(one[0] in (ops.LITERAL, ops.RANGE) for one in parts)
    if not closed:
        return Characters(mask, (), True)
    candidates: set[str] = set()
    for kind, value in parts:
        low, high = (value, value) if kind is ops.LITERAL else value
        if high - max(low, 128) >= MAX_LISTED:
            return Characters(mask, (), True)
        candidates.update(map(chr, range(max(low, 128), high + 1)))
    if flags & re.IGNORECASE:
        candidates.update(compiled.findall(_cased_text()))
    return Characters(mask, tuple(sorted(candidates)), len(candidates) > MAX_LISTED)


@cache
def _cased_text() -> str:
    return "".join(
        one
        for one in map(chr, range(128, LAST_CASED))
        if one.lower() != one or one.upper() != one or one.casefold() != one
    )


@lru_cache(maxsize=64)
def combine_flags(flags: int, added: int, removed: int) -> int:
    """Return the flags inside a group such as ``(?i-m:…)``."""
    kinds = re.ASCII | re.UNICODE | re.LOCALE
    if added & kinds:
        flags &= ~kinds
    return (flags | added) & ~removed
