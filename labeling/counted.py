"""Numbers of things, as people say them."""

import re

SIBILANT = re.compile(r"(s|x|z|ch|sh)$")
Y_AFTER_CONSONANT = re.compile(r"(?<![aeiou])y$")


def counted(n: int, one: str, many: str | None = None) -> str:
    """Return how many of something there are, in the singular or the plural.

    Parameters
    ----------
    n : int
        How many.
    one, many : str
        What one is called, and several, with the verb if there is one; the usual plural if not said.

    Examples
    --------
    >>> counted(1, "row"), counted(0, "row"), counted(12345, "batch"), counted(2, "query")
    ('1 row', '0 rows', '12,345 batches', '2 queries')
    >>> counted(1, "row is", "rows are"), counted(2, "row is", "rows are")
    ('1 row is', '2 rows are')
    """
    return f"{n:,} {one if n == 1 else many or plural(one)}"


def plural(one: str) -> str:
    """Return the usual plural of a word.

    Examples
    --------
    >>> plural("item"), plural("class"), plural("canary"), plural("day")
    ('items', 'classes', 'canaries', 'days')
    """
    if SIBILANT.search(one):
        return f"{one}es"
    return Y_AFTER_CONSONANT.sub("ie", one) + "s"
