"""A process of its own that searches texts with ``re`` and gives up in time.

It is run as a script by :mod:`labeling.rules.matching.searching` and imports the standard library only, so
that it starts in some 20 ms and can be killed at any time.

Input, one marshalled tuple: ``texts``, ``jobs`` of ``(pattern, flags, indices, group)``, the processor
time allowed for one text in seconds, and how many texts of a job may run out of it. Output: for
each job, bytes with :data:`NO`, :data:`YES`, :data:`LATE` or :data:`SKIPPED` for each index, and for
each index where the group was matched, as ``[start, end, start, end, …]``; nowhere where the group
is None.
"""

import marshal
import re
import signal
import sys
from collections.abc import Iterable
from typing import Any

NO, YES, LATE, SKIPPED = range(4)
"""Not found; found; not answered in time; not tried since too many were late before."""


class LateError(Exception):
    """A search ran out of time; ``re`` lets signals interrupt it."""


def _late(_signal: int, _frame: Any) -> None:
    raise LateError


def spans(found: Iterable[re.Match[str]], group: int | str) -> list[int]:
    """Return start and end of a group in each match, one after the other; none of them empty."""
    ends = (match.span(group) for match in found)
    return [place for start, end in ends if end > start for place in (start, end)]


def search(
    job: tuple[str, int, list[int], int | str | None],
    texts: list[str],
    limit_s: float,
    patience: int,
) -> tuple[bytes, list[list[int]]]:
    """Search one pattern in some texts; see the module."""
    pattern, flags, indices, group = job
    compiled = re.compile(pattern, flags)
    answers, places = bytearray(), list[list[int]]()
    for index in indices:
        if patience <= 0:
            answers.append(SKIPPED)
            places.append([])
            continue
        found = list[int]()
        try:
            signal.setitimer(signal.ITIMER_PROF, limit_s)
            if group is None:
                answer = NO if compiled.search(texts[index]) is None else YES
            else:
                found = spans(compiled.finditer(texts[index]), group)
                answer = YES if found else NO
            signal.setitimer(signal.ITIMER_PROF, 0)
        except LateError:
            answer, found = LATE, []
            patience -= 1
        answers.append(answer)
        places.append(found)
    return bytes(answers), places


def main() -> None:
    """Read the jobs, answer them."""
    signal.signal(signal.SIGPROF, _late)
    texts, jobs, limit_s, patience = marshal.loads(sys.stdin.buffer.read())  # noqa: S302 - our own
    answers = [search(job, texts, limit_s, patience) for job in jobs]
    sys.stdout.buffer.write(marshal.dumps(answers))


if __name__ == "__main__":
    main()
