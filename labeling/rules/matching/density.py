"""How often a byte pattern is likely to end, to choose how it is scanned.

Hyperscan reports every end of a match. A pattern that ends often (a digit, ``a.*[a-z]``) is
scanned text by text, with at most one report each; all others in whole blocks, which is faster.
The estimate only decides on speed, never on the answer.
"""

from functools import cache

from labeling.rules.matching.byte_patterns import Alt, Boundary, Bytes, Node, Repeat, Seq

DENSE = 0.003
"""Expected ends per byte of text from which a pattern is scanned text by text."""

TYPICAL_TEXT = 200
"""Bytes of a typical text; how far an endless repeat may carry a match."""


def _weights() -> list[float]:
    weights = [0.0002] * 256
    for byte in range(0x21, 0x7F):
        weights[byte] = 0.004
    for byte in b"abcdefghijklmnopqrstuvwxyz":
        weights[byte] = 0.01
    for byte in b"etaoinshrdl":
        weights[byte] = 0.055
    weights[0x20] = 0.16
    weights[0x0A] = weights[0xFF] = 0.006
    return weights


_WEIGHT = _weights()


@cache
def _of_bytes(mask: int) -> float:
    return min(1.0, sum(_WEIGHT[b] for b in range(256) if mask >> b & 1))


def density(node: Node) -> float:
    """Estimate the ends of matches per byte of text, with byte frequencies of common prose.

    Examples
    --------
    >>> digit, word = Bytes(0x3FF << 48), Seq(tuple(Bytes(1 << b) for b in b"goal"))
    >>> density(digit) > DENSE, density(word) > DENSE
    (True, False)
    """
    match node:
        case Bytes(mask):
            return _of_bytes(mask)
        case Boundary():
            return 0.5
        case Alt(options):
            return min(1.0, sum(density(one) for one in options))
        case Repeat(item, low, high):
            once = density(item) ** max(low, 1)
            spread = TYPICAL_TEXT if high is None else high - low + 1
            return min(1.0, once * min(spread, TYPICAL_TEXT)) if low else 1.0
        case Seq(items):
            chance = 1.0
            for one in items:
                if isinstance(one, Repeat) and one.low != one.high:
                    reach = TYPICAL_TEXT if one.high is None else one.high
                    chance = min(
                        1.0, chance * max(1.0, reach * density(one.item) ** max(one.low, 1))
                    )
                else:
                    chance *= density(one)
            return chance
