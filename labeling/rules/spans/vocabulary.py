"""The terms of all rules together: each looked for once, whosoever it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.letters.alphabet import EXACT, IGNORED, Folding
from labeling.letters.letters import Letters, Places
from labeling.rules.spans.folded import Folded, fold
from labeling.rules.spans.gazetteers import term_key
from labeling.rules.spans.rule import SpanRule, Terms
from labeling.rules.spans.terms import TermTable


@dataclass(frozen=True, slots=True, eq=False)
class FoundTerms:
    """Where terms of rules stand: rule, type, and places in the texts, of shape (n_found,) each."""

    rules: NDArray[np.int64]
    types: NDArray[np.int64]
    starts: Places
    ends: Places


class Vocabulary:
    """Terms of rules, in a table for each way of comparing.

    Parameters
    ----------
    rules : sequence of SpanRule
        Those with terms are taken.
    types : sequence of str
        Names of the types.
    """

    def __init__(self, rules: Sequence[SpanRule], types: Sequence[str]) -> None:
        number = {name: i for i, name in enumerate(types)}
        owners: dict[tuple[bool, bool], dict[str, list[tuple[int, int]]]] = {}
        for i, rule in enumerate(rules):
            body = rule.body
            if isinstance(body, Terms):
                mine = owners.setdefault((body.ignore_case, body.whole), {})
                kinds = body.types or (str(rule.type),) * len(body.terms)
                for term, kind in zip(body.terms, kinds, strict=True):
                    key = term_key(term, ignore_case=body.ignore_case)
                    mine.setdefault(key, []).append((i, number[kind]))
        self._tables = [
            _Shared(mine, ignore_case=ignore_case, whole=whole)
            for (ignore_case, whole), mine in owners.items()
        ]

    def find(self, some: Letters) -> FoundTerms:
        """Find every term in texts, overlapping ones too."""
        folded: dict[Folding, Folded] = {}
        empty = np.zeros(0, dtype=np.int64)
        found = [FoundTerms(empty, empty, empty, empty)]
        for one in self._tables:
            if one.folding not in folded:
                folded[one.folding] = fold(some, one.folding)
            found.append(one.find(some, folded[one.folding]))
        names = ("rules", "types", "starts", "ends")
        return FoundTerms(*(np.concatenate([getattr(one, n) for one in found]) for n in names))


class _Shared:
    """Terms that are compared in one way, with the rules that have each."""

    def __init__(
        self, owners: dict[str, list[tuple[int, int]]], *, ignore_case: bool, whole: bool
    ) -> None:
        self.folding = IGNORED if ignore_case else EXACT
        self._table = TermTable(list(owners), self.folding, whole=whole)
        pairs = np.array([pair for many in owners.values() for pair in many], dtype=np.int64)
        self._pairs = pairs.reshape(-1, 2)
        self._counts = np.array([len(many) for many in owners.values()], dtype=np.int64)
        self._first = np.cumsum(self._counts) - self._counts

    def find(self, some: Letters, folded: Folded) -> FoundTerms:
        """Find the terms, once for each rule that has them."""
        found = self._table.find(some, folded)
        counts = self._counts[found.terms]
        at = np.repeat(self._first[found.terms] - np.cumsum(counts) + counts, counts)
        pairs = self._pairs[at + np.arange(len(at))]
        starts, ends = np.repeat(found.starts, counts), np.repeat(found.ends, counts)
        return FoundTerms(pairs[:, 0], pairs[:, 1], starts, ends)
