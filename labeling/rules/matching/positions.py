"""The position automaton of a pattern: which character may follow which, and in how many ways.

Glushkov's construction, with edges counted: ``(a+)+`` has one position and *two* edges from it to
itself, one for each loop. V. M. Glushkov, "The abstract theory of automata", 1961.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from labeling.rules.matching.characters import ONE_CHARACTER, characters, combine_flags, ops

MAX_UNROLLED = 3
"""Counted repeats up to this many are written out; longer ones are taken for loops."""

MAX_POSITIONS = 4000
"""Automata stop growing here; larger patterns are never called safe."""

MAX_EDGES = 20_000
"""As many edges may be added at once."""


class TooLargeError(Exception):
    """The automaton of the pattern would be too large to look at."""


@dataclass(slots=True)
class Positions:
    """A position automaton.

    Parameters
    ----------
    masks : list of int
        The ASCII characters of each position, as a set of bits (bit 128: some other character).
    edges : list of Counter
        For each position, in how many ways each other position may come next.
    starts : Counter
        Where a match may begin.
    parts : list
        Insides of lookarounds, atomic groups and possessive repeats, with their flags: they are
        matched on their own and do not take part in the backtracking around them.
    """

    masks: list[int] = field(default_factory=list[int])
    edges: list[Counter[int]] = field(default_factory=list[Counter[int]])
    starts: Counter[int] = field(default_factory=Counter[int])
    parts: list[tuple[list[Any], int]] = field(default_factory=list[tuple[list[Any], int]])

    def add(self, mask: int) -> int:
        """Add a position."""
        if len(self.masks) >= MAX_POSITIONS:
            raise TooLargeError
        self.masks.append(mask)
        self.edges.append(Counter())
        return len(self.masks) - 1


@dataclass(slots=True)
class _Piece:
    """Part of a pattern: its first and last positions with their counts; ways to be empty."""

    first: Counter[int]
    last: Counter[int]
    empty: int


def position_automaton(items: list[Any], flags: int) -> Positions:
    """Build the automaton of a parsed pattern.

    Parameters
    ----------
    items : list
        Operations of the parsed pattern.
    flags : int
        Flags of :mod:`re` that hold there.

    Raises
    ------
    TooLargeError
        If it would pass :data:`MAX_POSITIONS` or :data:`MAX_EDGES`.
    """
    made = Positions()
    made.starts = _sequence(made, items, flags).first
    return made


def _sequence(made: Positions, items: list[Any], flags: int) -> _Piece:
    whole = _Piece(Counter(), Counter(), 1)
    for item in items:
        whole = _join(made, whole, _item(made, item, flags))
    return whole


def _item(made: Positions, item: Any, flags: int) -> _Piece:
    op, argument = item
    if op in ONE_CHARACTER:
        found = characters(item, flags)
        other = found.any_high or bool(found.listed)
        return _single(made, found.ascii_mask | (int(other) << 128))
    if op is ops.SUBPATTERN:
        _, added, removed, inner = argument
        return _sequence(made, list(inner), combine_flags(flags, added, removed))
    if op is ops.BRANCH:
        return _either([_sequence(made, list(one), flags) for one in argument[1]])
    if op is ops.GROUPREF_EXISTS:
        both = [_sequence(made, list(one or []), flags) for one in argument[1:]]
        return _either(both)
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        low, high, inner = argument
        return _repeat(made, low, high, list(inner), flags)
    if op is ops.POSSESSIVE_REPEAT:
        made.parts.append(([(ops.MAX_REPEAT, argument)], flags))
        return _opaque(made, list(argument[2]), flags, optional=argument[0] == 0)
    if op is ops.ATOMIC_GROUP:
        made.parts.append((list(argument), flags))
        return _opaque(made, list(argument), flags, optional=False)
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        made.parts.append((list(argument[1]), flags))
        return _Piece(Counter(), Counter(), 1)
    if op is ops.GROUPREF:
        piece = _single(made, (1 << 129) - 1)
        piece.empty = 1
        return piece
    return _Piece(Counter(), Counter(), 1)


def _single(made: Positions, mask: int) -> _Piece:
    position = made.add(mask)
    return _Piece(Counter({position: 1}), Counter({position: 1}), 0)


def _opaque(made: Positions, items: list[Any], flags: int, *, optional: bool) -> _Piece:
    """Stand for a part that never gives back what it took: one step, by its first characters."""
    inside = Positions()
    piece = _sequence(inside, items, flags)
    mask = 0
    for position in piece.first:
        mask |= inside.masks[position]
    single = _single(made, mask)
    single.empty = int(optional or piece.empty > 0)
    return single


def _either(options: list[_Piece]) -> _Piece:
    first, last, empty = Counter[int](), Counter[int](), 0
    for one in options:
        first.update(one.first)
        last.update(one.last)
        empty += one.empty
    return _Piece(first, last, min(empty, 2))


def _join(made: Positions, left: _Piece, right: _Piece) -> _Piece:
    _connect(made, left.last, right.first)
    first, last = Counter(left.first), Counter(right.last)
    for position, count in right.first.items():
        first[position] += count * left.empty
    for position, count in left.last.items():
        last[position] += count * right.empty
    return _Piece(+first, +last, min(left.empty * right.empty, 2))


def _connect(made: Positions, last: Counter[int], first: Counter[int]) -> None:
    if len(last) * len(first) > MAX_EDGES:
        raise TooLargeError
    for before, ways in last.items():
        for after, more in first.items():
            made.edges[before][after] += ways * more


def _repeat(made: Positions, low: int, high: Any, items: list[Any], flags: int) -> _Piece:
    endless = high is ops.MAXREPEAT or high > MAX_UNROLLED
    if high == 0:
        return _Piece(Counter(), Counter(), 1)
    if not endless:
        whole = _Piece(Counter(), Counter(), 1)
        for number in range(int(high)):
            one = _sequence(made, items, flags)
            if number >= low:
                one.empty = 1
            whole = _join(made, whole, one)
        return whole
    one = _sequence(made, items, flags)
    _connect(made, one.last, one.first)
    return _Piece(one.first, one.last, 1 if low == 0 or one.empty else 0)
