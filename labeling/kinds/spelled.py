"""Which class a piece of an answer spells."""

import re
from collections.abc import Sequence

from labeling.kinds.classes import ClassSpec, fold, spellings

SIGNS = re.compile(r"[\w\s\"'`*.\u2018\u2019\u201c\u201d]|(?<=\w)[-/&](?=\w)")
"""What may stand in and around a class and means nothing."""


class Spelled:
    """Knows the ways in which some classes are spelled.

    Examples
    --------
    >>> spelled = Spelled([ClassSpec("late", synonyms=("delayed",)), ClassSpec("broken")])
    >>> spelled.exactly("**Delayed**"), spelled.exactly("!late"), spelled.exactly("too late")
    ('late', None, None)
    >>> spelled.named("It is broken.")
    {'broken'}
    """

    def __init__(self, classes: Sequence[ClassSpec]) -> None:
        self.names = {spec.name for spec in classes}
        self._name = spellings(classes)
        self._signs = {
            spec.name: frozenset("".join((spec.name, *spec.synonyms))) for spec in classes
        }

    def exactly(self, piece: str) -> str | None:
        """Return the class that a piece spells; a sign that its spelling has not may deny it."""
        name = self._name.get(fold(piece))
        if name is None or set(SIGNS.sub("", piece)) - self._signs[name]:
            return None
        return name

    def named(self, text: str) -> set[str]:
        """Return the classes that a text spells anywhere."""
        folded = f" {fold(text)} "
        return {name for way, name in self._name.items() if f" {way} " in folded}
