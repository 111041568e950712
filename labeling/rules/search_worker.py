"""A process of its own that searches texts with ``re`` and gives up in time.

It is run as a script by :mod:`labeling.rules.searching` and imports the standard library only, so
that it starts in some 20 ms and can be killed at any time.

Input, one marshalled tuple: ``texts``, ``jobs`` of ``(pattern, flags, indices)``, the processor time
allowed for one search in seconds, and how many searches of a job may run out of it. Output: for
each job, bytes with :data:`NO`, :data:`YES`, :data:`LATE` or :data:`SKIPPED` for each index.
"""

import marshal
import re
import signal
import sys
from typing import Any

NO, YES, LATE, SKIPPED = range(4)
"""Not found; found; not answered in time; not tried since too many were late before."""


class LateError(Exception):
    """A search ran out of time; ``re`` lets signals interrupt it."""


def _late(_signal: int, _frame: Any) -> None:
    raise LateError


def search(
    job: tuple[str, int, list[int]], texts: list[str], limit_s: float, patience: int
) -> bytes:
    """Search one pattern in some texts; see the module."""
    pattern, flags, indices = job
    find = re.compile(pattern, flags).search
    answers = bytearray()
    for index in indices:
        if patience <= 0:
            answers.append(SKIPPED)
            continue
        try:
            signal.setitimer(signal.ITIMER_PROF, limit_s)
            found = find(texts[index]) is not None
            signal.setitimer(signal.ITIMER_PROF, 0)
            answer = YES if found else NO
        except LateError:
            answer = LATE
            patience -= 1
        answers.append(answer)
    return bytes(answers)


def main() -> None:
    """Read the jobs, answer them."""
    signal.signal(signal.SIGPROF, _late)
    texts, jobs, limit_s, patience = marshal.loads(sys.stdin.buffer.read())  # noqa: S302 - our own
    answers = [search(job, texts, limit_s, patience) for job in jobs]
    sys.stdout.buffer.write(marshal.dumps(answers))


if __name__ == "__main__":
    main()
