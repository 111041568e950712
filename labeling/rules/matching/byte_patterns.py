"""Regular expressions over bytes: the small language that Hyperscan is given.

Only sets of bytes, sequences, choices, repeats and word boundaries: nothing on which two engines
could differ. Texts are joined by :data:`SEPARATOR`, which no UTF-8 text holds, so that anchors are
just bytes too.
"""

from dataclasses import dataclass
from functools import lru_cache

SEPARATOR = 0xFF
"""Byte before, between and after the texts of a block."""

ASCII = (1 << 128) - 1
"""Set of the ASCII bytes; a set of bytes is an int with bit ``b`` for byte ``b``."""

HIGH = ((1 << 0xF5) - 1) & ~ASCII
"""Set of the bytes that occur in UTF-8 outside ASCII."""

EDGE = 1 << SEPARATOR
"""Set that holds the separator alone."""

WORD = sum(1 << b for b in range(128) if chr(b).isalnum() or b == 0x5F)
"""Set of the ASCII letters, digits and the underscore."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """One byte out of a set; the empty set never matches."""

    mask: int


@dataclass(frozen=True, slots=True)
class Seq:
    """One after the other; empty: the empty text."""

    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Alt:
    """One of several."""

    options: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``low`` to ``high`` times; None: without end."""

    item: "Node"
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Boundary:
    r"""``\b`` (or ``\B``) between ASCII word bytes and others."""

    inside: bool = False


Node = Bytes | Seq | Alt | Repeat | Boundary

EMPTY = Seq(())
NEVER = Bytes(0)


def sequence(items: list[Node]) -> Node:
    """Join nodes, keeping :data:`NEVER` visible."""
    flat: list[Node] = []
    for one in items:
        if one == NEVER:
            return NEVER
        flat += one.items if isinstance(one, Seq) else [one]
    return flat[0] if len(flat) == 1 else Seq(tuple(flat))


def choice(options: list[Node]) -> Node:
    """Join nodes by *or*; those that never match fall out, single bytes become one set."""
    possible = [one for one in dict.fromkeys(options) if one != NEVER]
    singles = [one for one in possible if isinstance(one, Bytes)]
    if len(singles) > 1:
        mask = 0
        for one in singles:
            mask |= one.mask
        possible = [Bytes(mask), *(one for one in possible if not isinstance(one, Bytes))]
    if not possible:
        return NEVER
    return possible[0] if len(possible) == 1 else Alt(tuple(possible))


def repeat(item: Node, low: int, high: int | None) -> Node:
    """Repeat a node; what never matches can still be repeated zero times."""
    if item == NEVER:
        return EMPTY if low == 0 else NEVER
    if item == EMPTY or high == 0:
        return EMPTY
    return item if low == high == 1 else Repeat(item, low, high)


def nullable(node: Node) -> bool:
    """Tell whether the node matches the empty text."""
    match node:
        case Bytes():
            return False
        case Boundary():
            return True
        case Seq(items):
            return all(nullable(one) for one in items)
        case Alt(options):
            return any(nullable(one) for one in options)
        case Repeat(item, low, _):
            return low == 0 or nullable(item)


def edge_bytes(node: Node, *, last: bool) -> int:
    """Return the set of bytes with which a match begins (or ends, with ``last``)."""
    match node:
        case Bytes(mask):
            return mask
        case Boundary():
            return 0
        case Alt(options):
            mask = 0
            for one in options:
                mask |= edge_bytes(one, last=last)
            return mask
        case Repeat(item, _, _):
            return edge_bytes(item, last=last)
        case Seq(items):
            mask = 0
            for one in reversed(items) if last else items:
                mask |= edge_bytes(one, last=last)
                if not nullable(one):
                    break
            return mask


def size(node: Node) -> int:
    """Count the positions of the automaton: bytes, with counted repeats written out."""
    match node:
        case Bytes():
            return 1
        case Boundary():
            return 1
        case Seq(items):
            return sum(size(one) for one in items)
        case Alt(options):
            return sum(size(one) for one in options)
        case Repeat(item, low, high):
            return size(item) * max(low, high or 0, 1)


def emit(node: Node) -> str:
    r"""Write a node for Hyperscan, in hexadecimal escapes only.

    Examples
    --------
    >>> emit(Seq((Bytes(EDGE), Repeat(Bytes(0b11 << 97), 1, None))))
    '\\xff[\\x61-\\x62]+'
    """
    match node:
        case Bytes(mask):
            return _emit_set(mask)
        case Boundary(inside):
            return r"\B" if inside else r"\b"
        case Seq(items):
            return "".join(emit(one) for one in items)
        case Alt(options):
            return f"(?:{'|'.join(emit(one) for one in options)})"
        case Repeat(item, low, high):
            inner = emit(item) if isinstance(item, Bytes | Alt) else f"(?:{emit(item)})"
            counts = {(0, None): "*", (1, None): "+", (0, 1): "?"}
            limit = "" if high is None else str(high)
            return inner + counts.get((low, high), f"{{{low},{limit}}}")


@lru_cache(maxsize=4096)
def _emit_set(mask: int) -> str:
    runs: list[str] = []
    byte = 0
    while mask >> byte:
        if mask >> byte & 1:
            end = byte
            while mask >> (end + 1) & 1:
                end += 1
            runs.append(f"\\x{byte:02x}" if byte == end else f"\\x{byte:02x}-\\x{end:02x}")
            byte = end
        byte += 1
    alone = len(runs) == 1 and "-" not in runs[0]
    return runs[0] if alone else f"[{''.join(runs)}]"
