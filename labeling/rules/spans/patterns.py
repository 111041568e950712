"""Span rules of kind ``regex``: where they match at all is asked of all at once, and then where."""

import re
from collections.abc import Sequence

import numpy as np

from labeling.letters.letters import Places
from labeling.rules.arrow import Array
from labeling.rules.hits import Failure
from labeling.rules.matching.backtracking import assess
from labeling.rules.matching.matching import matcher
from labeling.rules.matching.search_worker import YES
from labeling.rules.matching.searching import Search, describe, find_all
from labeling.rules.spans.rule import Group


def find_groups(
    texts: Array, values: list[str], bodies: Sequence[Group]
) -> tuple[list[tuple[Places, Places, Places]], list[list[Failure]]]:
    """Find every match of patterns in the texts of a batch.

    Parameters
    ----------
    texts : pa.Array of n_rows strings
        The texts; nothing is found in a null.
    values : list of n_rows str
        The same, empty where they are null.
    bodies : sequence of Group
        One for each rule.

    Returns
    -------
    list of (rows, starts, ends)
        For each rule what its group matched; matches of its patterns may overlap.
    list of list of Failure
        For each rule the rows on which a pattern ran out of time: nothing is found there.
    """
    lengths = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
    rows_of, failures = matcher(tuple(one.patterns for one in bodies)).match(texts)
    found: list[tuple[Places, Places, Places]] = []
    for body, rows, failed in zip(bodies, rows_of, failures, strict=True):
        flags, cells = body.patterns.flags, list[tuple[Places, Places, Places]]()
        late: dict[int, str] = {}
        for pattern in body.patterns.patterns:
            compiled = re.compile(pattern, flags)
            search = Search(pattern, flags, compiled.search, assess(pattern, flags), rows)
            codes, places = find_all(values, lengths, search, body.group)
            counts = np.fromiter(map(len, places), dtype=np.int64, count=len(places)) // 2
            flat = np.array([one for many in places for one in many], dtype=np.int64).reshape(-1, 2)
            cells.append((np.repeat(rows, counts), flat[:, 0], flat[:, 1]))
            late |= {int(rows[at]): describe(codes[at]) for at in np.flatnonzero(codes > YES)}
        columns = [np.concatenate([one[i] for one in cells]) for i in range(3)]
        answered = ~np.isin(columns[0], list(late))
        found.append((columns[0][answered], columns[1][answered], columns[2][answered]))
        failed += [Failure(row, message) for row, message in late.items()]
        failed.sort(key=lambda one: one.row)
    return found, failures
