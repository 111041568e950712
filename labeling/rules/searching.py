"""Python's ``re`` on the rows that Hyperscan left open, in bounded time."""

import marshal
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from labeling.errors import RuleError
from labeling.rules import search_worker
from labeling.rules.backtracking import Risk, assess
from labeling.rules.cores import usable_cores
from labeling.rules.search_worker import LATE

LIMIT_S = 1.0
"""Processor time that one search may take, in seconds, before the rule abstains on the item."""

PATIENCE = 5
"""Searches of one pattern in one batch that may be late before it stops trying."""

INLINE_STEPS = 3e9
"""Bound on backtracking steps of a pattern in a batch up to which it runs in this process."""

INLINE_CHARACTERS = 400_000_000
"""Characters to search up to which one process is enough."""

HANG_S = 60.0
"""A worker that is silent for so much longer than its limits allow is killed."""


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """One pattern and the texts in which it is to be searched.

    Parameters
    ----------
    pattern, flags
        As for ``re.compile``.
    find : callable
        ``re.compile(pattern, flags).search``.
    risk : Risk
        What backtracking may cost.
    indices : int array of shape (n_indices,)
        Which of the texts.
    """

    pattern: str
    flags: int
    find: Callable[[str], re.Match[str] | None]
    risk: Risk
    indices: NDArray[np.int64]


def search_all(
    texts: list[str], lengths: NDArray[np.int64], searches: Sequence[Search]
) -> list[NDArray[np.uint8]]:
    """Search patterns in texts.

    What is cheap runs here. Patterns that may backtrack too long, or everything when it is much,
    run in worker processes on all cores, where each search has :data:`LIMIT_S` of processor time.

    Parameters
    ----------
    texts : list of n_texts str
        The texts.
    lengths : int array of shape (n_texts,)
        Their lengths, in characters or bytes.
    searches : sequence of Search
        What to do.

    Returns
    -------
    list of uint8 arrays of shape (n_indices,)
        For each search ``NO``, ``YES``, ``LATE`` or ``SKIPPED`` of
        :mod:`labeling.rules.search_worker`.
    """
    answers: list[NDArray[np.uint8] | None] = [None] * len(searches)
    much = sum(float(lengths[one.indices].sum()) for one in searches) > INLINE_CHARACTERS
    away: list[int] = []
    for i, one in enumerate(searches):
        if (much and usable_cores() > 1) or not _is_cheap(one, lengths):
            away.append(i)
            continue
        find = one.find
        wanted: list[int] = one.indices.tolist()
        found = [find(texts[k]) is not None for k in wanted]
        answers[i] = np.array(found, dtype=np.uint8)
    for i, answer in zip(away, _search_away(texts, [searches[i] for i in away]), strict=True):
        answers[i] = answer
    return [one if one is not None else np.zeros(0, dtype=np.uint8) for one in answers]


def describe(code: int) -> str:
    """Return the message of an item on which a pattern was not answered."""
    if code == LATE:
        return f"took more than {LIMIT_S:g} s in this text; the pattern backtracks too much"
    return f"not tried: the pattern ran out of time on {PATIENCE} items of the batch before"


@lru_cache(maxsize=4096)
def endless(pattern: str, flags: int) -> str | None:
    """Return a text on which ``re`` does not end in time, or None where every attack is answered.

    Examples
    --------
    >>> endless("(a+)+b", 0) is not None
    True
    """
    attacks = list(assess(pattern, flags).attacks)
    if not attacks:
        return None
    payload = (attacks, [(pattern, flags, list(range(len(attacks))))], LIMIT_S, 1)
    (codes,) = _run_worker(payload)
    late = [text for text, code in zip(attacks, codes, strict=True) if code == LATE]
    return late[0] if late else None


def _is_cheap(one: Search, lengths: NDArray[np.int64]) -> bool:
    if one.risk.unbounded:
        return False
    steps = (lengths[one.indices] + 1.0) ** (one.risk.loops + 1)
    return float(steps.sum()) <= INLINE_STEPS


def _search_away(texts: list[str], searches: Sequence[Search]) -> list[NDArray[np.uint8]]:
    if not searches:
        return []
    n_workers = usable_cores()
    shares = [[one.indices[part::n_workers] for one in searches] for part in range(n_workers)]

    def run(share: list[NDArray[np.int64]]) -> list[bytes]:
        needed = np.unique(np.concatenate(share))
        chosen: list[int] = needed.tolist()
        some = [texts[k] for k in chosen]
        jobs = [
            (one.pattern, one.flags, np.searchsorted(needed, indices).tolist())
            for one, indices in zip(searches, share, strict=True)
        ]
        return _run_worker((some, jobs, LIMIT_S, PATIENCE))

    with ThreadPoolExecutor(n_workers) as pool:
        parts = list(pool.map(run, shares))
    answers: list[NDArray[np.uint8]] = []
    for i, one in enumerate(searches):
        answer = np.zeros(len(one.indices), dtype=np.uint8)
        for part in range(n_workers):
            answer[part::n_workers] = np.frombuffer(parts[part][i], dtype=np.uint8)
        answers.append(answer)
    return answers


def _run_worker(
    payload: tuple[list[str], list[tuple[str, int, list[int]]], float, int],
) -> list[bytes]:
    _, jobs, limit_s, patience = payload
    work_s = 1e-3 * sum(len(indices) for _, _, indices in jobs)
    command = [sys.executable, "-I", "-S", search_worker.__file__]
    try:
        done = subprocess.run(  # noqa: S603 - our own script
            command,
            input=marshal.dumps(payload),
            capture_output=True,
            timeout=HANG_S + work_s + 20 * limit_s * patience * len(jobs),
            check=True,
        )
    except subprocess.TimeoutExpired:
        patterns = ", ".join(repr(pattern) for pattern, _, _ in jobs[:5])
        raise RuleError(f"searching {patterns} did not end and was stopped") from None
    except subprocess.CalledProcessError as error:
        raise RuleError(f"searching failed: {error.stderr.decode(errors='replace')}") from error
    return marshal.loads(done.stdout)  # noqa: S302 - written by our own script
