"""Short forms: what a text introduces in brackets behind a span stands for it in the rest of the text."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labeling.spans import Spans

INTRODUCED = re.compile(r"\s?\(\s?([^\s()]{2,10})\s?[);,]")
"""What stands behind a span that is given a short form: brackets, and two to ten characters in them."""


def with_short_forms(spans: Spans, texts: Sequence[str]) -> tuple[Spans, NDArray[np.int64]]:
    """Add the short forms that an item's text introduces for its spans, wherever they stand in it.

    ``deep vein thrombosis (DVT)`` with the first three words marked makes every ``DVT`` of that text
    a span of that type, unless something marked is in the way. Voters that go by dictionaries miss
    short forms; the text says what they mean. The test of a pair is that of Schwartz and Hearst
    (2003), *Pacific Symposium on Biocomputing* 8: the letters of the short form are found in the
    long one from right to left, the first at the beginning of a word.

    Parameters
    ----------
    spans : Spans
        A legal set; offsets count characters of ``texts``.
    texts : sequence of str
        The text of each item.

    Returns
    -------
    spans : Spans
        Those given, followed by those added; a legal set.
    source : int array of shape (n_spans,)
        Which given span each one is, or stands for.

    Examples
    --------
    >>> text = "Deep vein thrombosis (DVT) is rare; DVT prophylaxis is not."
    >>> marked = Spans.of([(0, 0, 20, 0)], n_items=1, n_types=1)
    >>> found, source = with_short_forms(marked, [text])
    >>> [text[start:end] for _, start, end, _ in found.rows()], source.tolist()
    (['Deep vein thrombosis', 'DVT', 'DVT'], [0, 0, 0])
    """
    introduced: dict[int, dict[str, int]] = {}
    for at, (item, start, end, _) in enumerate(spans.rows()):
        text = texts[item]
        if "(" not in text[end : end + 2]:
            continue
        found = INTRODUCED.match(text, end)
        if found and is_short_for(found[1], text[start:end]):
            introduced.setdefault(item, {}).setdefault(found[1], at)
    added, source = list[tuple[int, int, int, int]](), list(range(spans.n_spans))
    for item, forms in introduced.items():
        here = np.flatnonzero(spans.item == item)
        taken = [(int(spans.start[at]), int(spans.end[at])) for at in here]
        for form, at in forms.items():
            for found in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", texts[item]):
                start, end = found.span()
                if all(end <= first or start >= last for first, last in taken):
                    taken.append((start, end))
                    added.append((item, start, end, int(spans.type[at])))
                    source.append(at)
    more = Spans.of(added, spans.n_items, spans.n_types)
    return spans.joined(more), np.array(source, dtype=np.int64)


def is_short_for(short: str, long: str) -> bool:
    """Tell whether one string may abbreviate the other.

    Examples
    --------
    >>> is_short_for("DVT", "deep vein thrombosis"), is_short_for("iv", "intravenous")
    (True, False)
    >>> is_short_for("TIA", "transient cough")
    False
    """
    if not any(each.isupper() for each in short):
        return False
    letters = [each for each in short.lower() if each.isalnum()]
    long, at = long.lower(), len(long)
    for number, letter in enumerate(reversed(letters)):
        at -= 1
        while at >= 0 and (
            long[at] != letter or (number == len(letters) - 1 and at > 0 and long[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return False
    return bool(letters)
