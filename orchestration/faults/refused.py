"""What the machine refused: a full disk, a right that is missing, a folder where a file belongs.

Python's errors carry the system's number (errno), also in the text that Dagster passes on; SQLite,
DuckDB and PostgreSQL carry words alone, which are read in their errors and in nobody else's.
"""

import builtins
import errno
import re
from collections.abc import Iterator
from pathlib import Path

ROOM = "make room, then give the command again: what was finished stands"
RIGHT = "give this user the right to it, or name another folder with TOUCHSTONE_VAR"
FULL = ("the disk is full", ROOM)
CLOSED = ("it may not be read or written", RIGHT)
READ_ONLY = ("its file system is read-only", RIGHT)
TOO_LARGE = (
    "the file may not grow any more",
    "raise the limit (`ulimit -f`), then give the command again",
)
UNOPENED = (
    "a SQLite file cannot be opened: its folder is missing or closed to this user, or a folder stands there",
    "give this user the right to var, or name another folder with TOUCHSTONE_VAR",
)
NO_PLACE = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: TOO_LARGE,
    errno.EMFILE: ("too many files are open", "raise the limit (`ulimit -n`)"),
    errno.ENFILE: ("too many files are open", "close other programs, or raise the system's limit"),
}
"""What is refused whatever the file is: such an error often names none."""

AT_A_PLACE = {
    errno.EACCES: CLOSED,
    errno.EPERM: CLOSED,
    errno.EROFS: READ_ONLY,
    errno.EISDIR: ("a folder stands where the file belongs", "move the folder away"),
    errno.ENOTDIR: ("a file stands where the folder belongs", "move the file away"),
    errno.EEXIST: ("a file stands where the folder belongs", "move the file away"),
}
"""What is refused of one file: without its name it is no refusal, but a port or a bug."""

DATABASE = (
    (r"No space left on device|database or disk is full|Disk quota exceeded", FULL),
    (r"File too large", TOO_LARGE),
    (r"Permission denied|Operation not permitted|attempt to write a readonly database", CLOSED),
    (r"Read-only file system", READ_ONLY),
    (r"^unable to open database file", UNOPENED),
)
SQLITE = re.compile(r"(?:sqlite3\.)?OperationalError: (?:\(sqlite3\.\w+\) )?(.*)")
POSTGRES = re.compile(r"\(psycopg2\.(?:OperationalError|InterfaceError)\) (.*)")
DUCKDB = re.compile(r"(?:^|[\s:])(?:IO|TransactionContext|FATAL) Error: (.*)")
PYTHON = re.compile(r"(\w+): \[Errno (\d+)\] [^\n]*?(?:: '([^'\n]+)')?(?: -> '[^'\n]+')?$")


def refused(error: BaseException) -> str | None:
    """Say what the machine refused and the way out; None if something else is behind an error.

    Examples
    --------
    >>> refused(OSError(28, "No space left on device", "var/a.txt"))
    'var/a.txt: the disk is full; make room, then give the command again: what was finished stands'
    >>> refused(ValueError("an answer reads: Permission denied")) is None
    True
    """
    for one in _chain(error):
        told = (
            _of_system(one.errno, one.filename)
            if isinstance(one, OSError)
            else _passed_on(f"{type(one).__name__}: {one}")
        )
        if told:
            return told
    return None


def _passed_on(text: str) -> str | None:
    """Read an error that Dagster or dbt passes on: only its text is left, its class's name in front."""
    first = re.sub(r"^RuntimeError: (?:step \S+ failed: )?", "", text).partition("\n")[0]
    if (python := PYTHON.match(first)) and _is_of_system(python[1]):
        return _of_system(int(python[2]), python[3])
    if postgres := POSTGRES.search(first):
        return (
            f"the database, where Dagster keeps its runs, does not answer: {postgres[1]}; "
            "see that it runs, and give the command again: what was finished stands"
        )
    if sqlite := SQLITE.match(first):
        return _of_database(sqlite[1])
    for line in text.splitlines():
        if (duckdb := DUCKDB.search(line)) and (told := _of_database(duckdb[1])):
            return told
    return None


def _of_system(number: int | None, path: str | bytes | int | None) -> str | None:
    if not isinstance(path, str):
        return _sentence(NO_PLACE.get(number or 0), None)
    if number == errno.EEXIST and Path(path).is_dir():
        return None
    return _sentence((NO_PLACE | AT_A_PLACE).get(number or 0), path)


def _of_database(line: str) -> str | None:
    for words, meaning in DATABASE:
        if found := re.search(words, line):
            path = re.search(r'file "([^"\n]+)"', line[: found.start()])
            return _sentence(meaning, path and path[1])
    return None


def _sentence(meaning: tuple[str, str] | None, path: str | None) -> str | None:
    told = meaning and "; ".join(meaning)
    return f"{path}: {told}" if told and path else told


def _is_of_system(name: str) -> bool:
    named = getattr(builtins, name, None)
    return isinstance(named, type) and issubclass(named, OSError)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
