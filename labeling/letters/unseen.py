"""Signs in a term that nobody sees, and with which it is found in no text that is written without them."""

import unicodedata

from labeling.letters.alphabet import EXTEND, flags_of
from labeling.letters.letters import letters

UNSEEN = frozenset(
    {0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF}
    | {*range(0x202A, 0x202F), *range(0x2060, 0x2070)}
)
"""Soft hyphen, zero-width space and word joiner, marks of direction: of Unicode's default ignorable
code points those that are no part of how a word is spelled, as joiners are."""

JOINERS = frozenset({0x200C, 0x200D})
"""Signs that spell words, but stand between two letters."""


def unseen_in(term: str) -> str | None:
    r"""Say what keeps a term from being found; None if nothing does.

    Examples
    --------
    >>> unseen_in("data\N{SOFT HYPHEN}base")
    'an invisible sign (U+00AD SOFT HYPHEN) behind its character 4'
    >>> unseen_in("\N{COMBINING ACUTE ACCENT}e")
    'a mark without its letter (U+0301 COMBINING ACUTE ACCENT) at its beginning'
    >>> unseen_in("می\N{ZERO WIDTH NON-JOINER}خواهم") is unseen_in("café") is None
    True
    """
    for at, sign in enumerate(term):
        if ord(sign) in UNSEEN or (ord(sign) in JOINERS and at == len(term) - 1):
            where = f"behind its character {at}" if at else "at its beginning"
            return f"an invisible sign ({_named(sign)}) {where}"
    if term and flags_of(letters([term]).codes)[0] & EXTEND:
        return f"a mark without its letter ({_named(term[0])}) at its beginning"
    return None


def _named(sign: str) -> str:
    return f"U+{ord(sign):04X} {unicodedata.name(sign, 'without a name')}"
