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
from labeling.rules.cores import usable_cores
from labeling.rules.matching import search_worker
from labeling.rules.matching.backtracking import Risk, assess
from labeling.rules.matching.search_worker import LATE
from labeling.rules.rule import Patterns

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
        :mod:`labeling.rules.matching.search_worker`.
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


def find_all(
    texts: list[str], lengths: NDArray[np.int64], one: Search, group: int | str
) -> tuple[NDArray[np.uint8], list[list[int]]]:
    """Find every match of a pattern in texts, as bounded in time as :func:`search_all`.

    Parameters
    ----------
    texts, lengths
        As there.
    one : Search
        The pattern, and in which texts.
    group : int or str
        The group whose places are wanted.

    Returns
    -------
    uint8 array of shape (n_indices,)
        As there.
    list of list of int
        For each of the texts ``[start, end, start, end, …]``, no span of them empty.
    """
    indices: list[int] = one.indices.tolist()
    if _is_cheap(one, lengths):
        compiled = re.compile(one.pattern, one.flags)
        places = [search_worker.spans(compiled.finditer(texts[k]), group) for k in indices]
        return np.array([len(found) > 0 for found in places], dtype=np.uint8), places
    some = [texts[k] for k in indices]
    job = (one.pattern, one.flags, list(range(len(some))), group)
    ((codes, places),) = _run_worker((some, [job], LIMIT_S, PATIENCE))
    return np.frombuffer(codes, dtype=np.uint8), places


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
    payload = (attacks, [(pattern, flags, list(range(len(attacks))), None)], LIMIT_S, 1)
    ((codes, _),) = _run_worker(payload)
    late = [text for text, code in zip(attacks, codes, strict=True) if code == LATE]
    return late[0] if late else None


def refuse_endless(origin: str, name: str, body: Patterns) -> None:
    """Raise where a pattern of a rule is proven to backtrack without end.

    Raises
    ------
    RuleError
        Naming the rule, the pattern and a text that shows it.
    """
    for pattern in body.patterns:
        text = endless(pattern, body.flags)
        if text is not None:
            raise RuleError(
                f"{origin}, rule {name!r}: the pattern {pattern!r} backtracks without "
                f"end, for example on {text!r}: a repeat inside a repeat can read the same text in "
                "many ways. Make the inner repeat possessive ('++' for '+', '*+' for '*') or put it "
                "in an atomic group ('(?>…)')"
            )


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

    def run(share: list[NDArray[np.int64]]) -> list[tuple[bytes, list[list[int]]]]:
        needed = np.unique(np.concatenate(share))
        chosen: list[int] = needed.tolist()
        some = [texts[k] for k in chosen]
        jobs = [
            (one.pattern, one.flags, np.searchsorted(needed, indices).tolist(), None)
            for one, indices in zip(searches, share, strict=True)
        ]
        return _run_worker((some, jobs, LIMIT_S, PATIENCE))

    with ThreadPoolExecutor(n_workers) as pool:
        parts = list(pool.map(run, shares))
    answers: list[NDArray[np.uint8]] = []
    for i, one in enumerate(searches):
        answer = np.zeros(len(one.indices), dtype=np.uint8)
        for part in range(n_workers):
            answer[part::n_workers] = np.frombuffer(parts[part][i][0], dtype=np.uint8)
        answers.append(answer)
    return answers


def _run_worker(
    payload: tuple[list[str], Sequence[tuple[str, int, list[int], int | str | None]], float, int],
) -> list[tuple[bytes, list[list[int]]]]:
    texts, jobs, limit_s, patience = payload
    work_s = 1e-3 * sum(len(indices) for _, _, indices, _ in jobs)
    command = [sys.executable, "-I", "-S", search_worker.__file__]
    try:
        done = subprocess.run(  # noqa: S603 - our own script
            command,
            input=marshal.dumps((texts, list(jobs), limit_s, patience)),
            capture_output=True,
            timeout=HANG_S + work_s + 20 * limit_s * patience * len(jobs),
            check=True,
        )
    except subprocess.TimeoutExpired:
        patterns = ", ".join(repr(pattern) for pattern, *_ in jobs[:5])
        raise RuleError(f"searching {patterns} did not end and was stopped") from None
    except subprocess.CalledProcessError as error:
        raise RuleError(f"searching failed: {error.stderr.decode(errors='replace')}") from error
    return marshal.loads(done.stdout)  # noqa: S302 - written by our own script
