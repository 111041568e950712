"""What the machine refused: a full disk, a right that is missing, a folder where a file belongs.

Such an error comes from Python, SQLite, DuckDB or dbt, in Dagster's words around it; what all of them
pass on is the text of the system's own error, and that is what is read here.
"""

import re
from collections.abc import Iterator

ROOM = "make room, then give the command again: what was finished stands"
RIGHT = "give this user the right to it, or name another folder with TOUCHSTONE_VAR"
KINDS = (
    (r"No space left on device|database or disk is full|Disk quota exceeded", "the disk is full", ROOM),
    (
        r"File too large",
        "the file may not grow any more",
        "raise the limit (`ulimit -f`), then give the command again",
    ),
    (r"Too many open files", "too many files are open", "raise the limit (`ulimit -n`)"),
    (
        r"Permission denied|Operation not permitted|attempt to write a readonly database",
        "it may not be read or written",
        RIGHT,
    ),
    (r"Read-only file system", "its file system is read-only", RIGHT),
    (r"Is a directory", "a folder stands where the file belongs", "move the folder away"),
    (
        r"Not a directory|File exists",
        "a file stands where the folder belongs",
        "move the file away",
    ),
)  # fmt: skip
"""The system's words (errno(3), SQLite), what they mean, and the way out."""


def refused(error: BaseException) -> str | None:
    """Say what the machine refused and the way out; None if something else is behind an error.

    Examples
    --------
    >>> refused(OSError(28, "No space left on device", "var/a.txt"))
    'var/a.txt: the disk is full; make room, then give the command again: what was finished stands'
    >>> refused(ZeroDivisionError("a bug")) is None
    True
    """
    for text in _told(error):
        for line in text.splitlines():
            for words, meaning, remedy in KINDS:
                if (found := re.search(words, line)) is None:
                    continue
                path = _path(line, found)
                return f"{path}: {meaning}; {remedy}" if path else f"{meaning}; {remedy}"
    return None


def _path(line: str, found: re.Match[str]) -> str | None:
    """Return the path of a line: Python puts it behind the system's words, DuckDB before them."""
    after = re.match(r": '([^'\n]+)'", line[found.end() :])
    before = re.search(r'file "([^"\n]+)"', line[: found.start()])
    return after[1] if after else before[1] if before else None


def _told(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield str(error)
        error = error.__cause__ or error.__context__
