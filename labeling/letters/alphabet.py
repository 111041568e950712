"""What is known of each Unicode code point: its part in words and characters, and what it folds to.

Tables over all code points, filled for those that texts bring: the standard library knows them all,
but takes a microsecond each.
"""

import unicodedata

import numpy as np
from numpy.typing import NDArray

SEPARATOR = 0x110000
"""Stands between texts; no code point is as large."""

KNOWN, WORD, SPACE, EXTEND, JOINER, PICTURE, REGIONAL, LEADING, TRAILING, SYLLABLE = (
    1 << bit for bit in range(10)
)
"""Flags of a code point: described yet; letter, digit, underscore or mark; white space; never begins
a character; zero-width joiner; symbol that a joiner may join; half of a flag; Hangul jamo that a
syllable begins with, that one goes on with; Hangul syllable."""

HANGUL = LEADING | TRAILING | SYLLABLE

DOT_ABOVE = 0x307
_DOTTED_I = {0x130: "i", 0x131: "i"}
_MORE_EXTEND = {0x200C, 0x200D, 0xFF9E, 0xFF9F, *range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)}


class Folding:
    """Table of what code points are compared as.

    Parameters
    ----------
    ignore_case : bool
        Fold case (Unicode's full case folding; i is one letter with its dot and without, as for
        Python's ``re``), or only decompose, so that an accent is one however it is encoded.

    Attributes
    ----------
    first : uint32 array of shape (0x110001,)
        The first code point of what each folds to.
    length : uint8 array of shape (0x110001,)
        How many code points that is; 1 for most.
    longer : dict
        The whole of it where it is more than one.
    """

    def __init__(self, *, ignore_case: bool) -> None:
        self.ignore_case = ignore_case
        self.first = np.arange(SEPARATOR + 1, dtype=np.uint32)
        self.length = np.ones(SEPARATOR + 1, dtype=np.uint8)
        self.longer: dict[int, NDArray[np.uint32]] = {}

    def learn(self, code: int) -> None:
        """Fill in one code point."""
        letter = chr(code)
        folded = unicodedata.normalize("NFD", letter)
        if self.ignore_case:
            folded = unicodedata.normalize("NFD", _DOTTED_I.get(code) or folded.casefold())
        if letter.isspace():
            folded = " "
        self.first[code] = ord(folded[0])
        if len(folded) > 1:
            self.longer[code] = np.array([ord(one) for one in folded], dtype=np.uint32)
            self.length[code] = len(folded)


IGNORED = Folding(ignore_case=True)
EXACT = Folding(ignore_case=False)

_flags = np.zeros(SEPARATOR + 1, dtype=np.uint16)
_flags[SEPARATOR] = KNOWN


def flags_of(codes: NDArray[np.uint32]) -> NDArray[np.uint16]:
    """Return the flags of code points, and make sure that both foldings know them.

    Examples
    --------
    >>> text = np.array([ord(one) for one in "a \N{COMBINING ACUTE ACCENT}"])
    >>> [bool(one & WORD) for one in flags_of(text)], [bool(one & EXTEND) for one in flags_of(text)]
    ([True, False, False], [False, False, True])
    """
    flags = _flags[codes]
    if not flags.all():
        for code in np.unique(codes[flags == 0]).tolist():
            IGNORED.learn(code)
            EXACT.learn(code)
            _flags[code] = _describe(code)
        flags = _flags[codes]
    return flags


def _describe(code: int) -> int:
    letter = chr(code)
    category = unicodedata.category(letter)
    flags = KNOWN
    if category[0] == "M" or code in _MORE_EXTEND:
        return flags | EXTEND | (JOINER if code == 0x200D else 0)
    if letter.isalnum() or letter == "_":
        flags |= WORD
    if letter.isspace():
        flags |= SPACE
    if 0x1F1E6 <= code <= 0x1F1FF:
        flags |= REGIONAL
    elif category in ("So", "Sm"):
        flags |= PICTURE
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        flags |= LEADING
    if 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FB:
        flags |= TRAILING
    if 0xAC00 <= code <= 0xD7A3:
        flags |= SYLLABLE
    return flags
