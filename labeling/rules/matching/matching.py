"""All pattern rules of a batch at once, with exactly the answer of Python's ``re``.

Texts are split into those in ASCII and others, joined into blocks and scanned by Hyperscan for all
patterns in one pass, several blocks at a time. A hit in an ASCII text by an exact translation is a
match; every other hit is confirmed by ``re``. What has no byte pattern goes to ``re`` alone.
"""

import itertools
import re
import threading
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from labeling.rules.arrow import Array, pa, pc
from labeling.rules.hits import Failure
from labeling.rules.matching.backtracking import Risk, assess
from labeling.rules.matching.blocks import split
from labeling.rules.matching.byte_patterns import Node
from labeling.rules.matching.scanning import Scanner
from labeling.rules.matching.search_worker import YES
from labeling.rules.matching.searching import Search, describe, search_all
from labeling.rules.matching.translation import translate
from labeling.rules.rule import Patterns


class Side:
    """The patterns, compiled for texts in ASCII or for any texts.

    Parameters
    ----------
    patterns : sequence of (pattern, flags)
        All patterns of a matcher.
    ascii_only : bool
        Which texts.

    Attributes
    ----------
    exact : bool array of shape (n_patterns,)
        Hits of these need no confirmation.
    unscanned : list of int
        Patterns that only ``re`` can answer.
    """

    def __init__(self, patterns: Sequence[tuple[str, int]], *, ascii_only: bool) -> None:
        made = [translate(text, flags, ascii_only=ascii_only) for text, flags in patterns]
        nodes: list[Node] = []
        self._numbers: list[int] = []
        for number, one in enumerate(made):
            if one.node is not None and not (one.never and one.exact):
                nodes.append(one.node)
                self._numbers.append(number)
        self._scanner = Scanner(nodes)
        refused = [self._numbers[i] for i in self._scanner.unsupported]
        self.exact = np.array([one.exact for one in made], dtype=np.bool_)
        self.unscanned = sorted([i for i, one in enumerate(made) if one.node is None] + refused)
        self._lookup = np.array(self._numbers, dtype=np.int64)

    def scan(
        self, texts: Array, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return numbers of patterns and rows of the batch, each pair once."""
        n_blocks, block = split(texts, rows)
        found, where = self._scanner.scan(n_blocks, block)
        return self._lookup[found], where


class Matcher:
    r"""Pattern rules, compiled together.

    Parameters
    ----------
    bodies : sequence of Patterns
        One for each rule.

    Examples
    --------
    >>> matcher = Matcher([Patterns(("https?://",)), Patterns((r"\bsong\b",), re.IGNORECASE)])
    >>> rows, failures = matcher.match(pa.array(["Song at http://x", "songs", None, "my SONG"]))
    >>> [one.tolist() for one in rows]
    [[0], [0, 3]]
    """

    def __init__(self, bodies: Sequence[Patterns]) -> None:
        self._patterns = [(text, body.flags) for body in bodies for text in body.patterns]
        owners = [i for i, body in enumerate(bodies) for _ in body.patterns]
        self._owner = np.array(owners, dtype=np.int64)
        self._n_rules = len(bodies)
        self._known: dict[int, tuple[re.Pattern[str], Risk]] = {}

    @cached_property
    def _ascii(self) -> Side:
        return Side(self._patterns, ascii_only=True)

    @cached_property
    def _any(self) -> Side:
        return Side(self._patterns, ascii_only=False)

    def match(self, texts: Array) -> tuple[list[NDArray[np.int64]], list[list[Failure]]]:
        """Find the rows in which one of a rule's patterns is found.

        Parameters
        ----------
        texts : pa.Array of n_rows strings
            The batch; nothing is found in a null.

        Returns
        -------
        list of int arrays
            For each rule, the rows where it fires, ascending.
        list of list of Failure
            For each rule, where it ran out of time and did not fire either.
        """
        n_rows = len(texts)
        if not self._patterns or texts.null_count == n_rows:
            return [np.zeros(0, dtype=np.int64) for _ in range(self._n_rules)], [
                [] for _ in range(self._n_rules)
            ]
        texts = texts.cast(pa.large_string())
        valid = _mask(pc.is_valid(texts))
        plain = _mask(pc.fill_null(pc.string_is_ascii(texts), False))
        sure: list[NDArray[np.int64]] = []
        open_numbers: list[NDArray[np.int64]] = []
        open_rows: list[NDArray[np.int64]] = []
        for side_name, rows in (
            ("_ascii", np.flatnonzero(plain)),
            ("_any", np.flatnonzero(valid & ~plain)),
        ):
            if not len(rows):
                continue
            side: Side = getattr(self, side_name)
            numbers, found = side.scan(texts, rows)
            exact = side.exact[numbers]
            sure.append(self._owner[numbers[exact]] * n_rows + found[exact])
            open_numbers += [
                numbers[~exact],
                np.repeat(np.array(side.unscanned, dtype=np.int64), len(rows)),
            ]
            open_rows += [found[~exact], np.tile(rows, len(side.unscanned))]
        fired = _distinct(np.concatenate(sure))
        numbers, rows = np.concatenate(open_numbers), np.concatenate(open_rows)
        undecided = ~_contains(fired, self._owner[numbers] * n_rows + rows)
        more, late = self._confirm(texts, numbers[undecided], rows[undecided])
        fired = _distinct(np.concatenate([fired, more]))
        cuts = np.searchsorted(fired, np.arange(self._n_rules + 1) * n_rows)
        rows_of = [fired[a:b] - i * n_rows for i, (a, b) in enumerate(itertools.pairwise(cuts))]
        failures: list[list[Failure]] = [[] for _ in range(self._n_rules)]
        cells = np.array(sorted(late), dtype=np.int64)
        still_late: list[int] = cells[~_contains(fired, cells)].tolist()
        for cell in still_late:
            failures[cell // n_rows].append(Failure(cell % n_rows, describe(late[cell])))
        return rows_of, failures

    def _confirm(
        self, texts: Array, numbers: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], dict[int, int]]:
        """Ask ``re`` about pairs of patterns and rows; return cells that fired and that are late."""
        if not len(numbers):
            return np.zeros(0, dtype=np.int64), {}
        needed = _distinct(rows)
        some = texts.take(pa.array(needed))
        values: list[str] = some.to_pylist()
        lengths = np.asarray(pc.binary_length(some).to_numpy(zero_copy_only=False), dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        numbers, rows = numbers[order], rows[order]
        used = _distinct(numbers)
        cuts = np.searchsorted(numbers, np.append(used, len(self._patterns)))
        parts = [rows[a:b] for a, b in itertools.pairwise(cuts)]
        searches: list[Search] = []
        numbers_used: list[int] = used.tolist()
        for number, part in zip(numbers_used, parts, strict=True):
            text, flags = self._patterns[number]
            if number not in self._known:
                self._known[number] = (re.compile(text, flags), assess(text, flags))
            compiled, risk = self._known[number]
            indices = np.searchsorted(needed, part)
            searches.append(Search(text, flags, compiled.search, risk, indices))
        fired: list[NDArray[np.int64]] = []
        late: dict[int, int] = {}
        answers = search_all(values, lengths, searches)
        for number, part, answer in zip(numbers_used, parts, answers, strict=True):
            cells = self._owner[number] * len(texts) + part
            fired.append(cells[answer == YES])
            open_still = answer > YES
            late.update(zip(cells[open_still].tolist(), answer[open_still].tolist(), strict=True))
        return np.concatenate(fired), late


def matcher(bodies: tuple[Patterns, ...]) -> Matcher:
    """Return pattern rules compiled, anew only where they have changed since they were last used.

    Compiling a hundred rules takes as long as applying them to a thousand texts, and every batch of
    a run applies the same ones.
    """
    return _compiled(threading.get_ident(), bodies)


@lru_cache(maxsize=2)
def _compiled(thread: int, bodies: tuple[Patterns, ...]) -> Matcher:
    del thread  # what Hyperscan scribbles on while it scans is not to be shared
    return Matcher(bodies)


def _mask(values: Array) -> NDArray[np.bool_]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sort and drop repeats; ``np.unique`` hashes, which is twenty times slower here."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _contains(ordered: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which values are among ordered ones."""
    if not len(ordered):
        return np.zeros(len(values), dtype=np.bool_)
    at = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return ordered[at] == values
