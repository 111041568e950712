"""A text with its spans on the way into a file of another program, and what that cannot carry."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from labeling.counted import counted
from labeling.kinds.spans.answer import Span
from resources.reviews.rows import ReviewError


@dataclass(frozen=True, slots=True)
class Document:
    """An item with the spans that it has.

    Parameters
    ----------
    item_id, batch, text : str
    spans : tuple of Span
        In their order, in characters of the text.
    """

    item_id: str
    batch: str
    text: str
    spans: tuple[Span, ...]


@dataclass(slots=True)
class Carried:
    """What was written.

    Parameters
    ----------
    documents, spans : int
    left_out : Counter of str
        Spans that the format cannot carry, by why.

    Examples
    --------
    >>> carried = Carried(documents=2, spans=3)
    >>> carried.left_out["cuts a token"] += 1
    >>> str(carried)
    '3 spans of 2 texts (1 span is left out: 1 cuts a token)'
    """

    documents: int = 0
    spans: int = 0
    left_out: Counter[str] = field(default_factory=Counter[str])

    def __str__(self) -> str:
        """Tell it in a sentence."""
        told = f"{counted(self.spans, 'span')} of {counted(self.documents, 'text')}"
        if not self.left_out:
            return told
        why = ", ".join(f"{n:,} {reason}" for reason, n in sorted(self.left_out.items()))
        return f"{told} ({counted(self.left_out.total(), 'span is', 'spans are')} left out: {why})"


def codes(classes: Sequence[str], tool: str) -> dict[str, str]:
    """Return the names of classes as formats write them that part columns by blanks.

    Raises
    ------
    ReviewError
        If two classes would share one.

    Examples
    --------
    >>> codes(["Drug", "side effect"], "brat")
    {'Drug': 'Drug', 'side effect': 'side_effect'}
    """
    named = {name: "_".join(name.split()) for name in classes}
    for name, code in named.items():
        other = next(one for one in named if named[one] == code)
        if other != name:
            raise ReviewError(
                f"{tool} writes the classes {other!r} and {name!r} both as {code!r}; rename one of them"
            )
    return named


def names_of(classes: Sequence[str]) -> dict[str, str]:
    """Return the classes by what :func:`codes` makes of them, where that is one class alone."""
    made = [("_".join(name.split()), name) for name in classes]
    counts = Counter(code for code, _ in made)
    return {code: name for code, name in made if counts[code] == 1}
