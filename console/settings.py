"""What the console needs to know about a task, and which key answers which class."""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from labeling.state.place import Place
from resources.reviews.rows import ReviewError
from resources.reviews.writing.leases import Mix

KEYS = "1234567890" + string.ascii_lowercase + string.ascii_uppercase
"""Keys given to classes that ask for none, in this order. Further classes are found by search."""

RESERVED = {"/": "search", ".": "skip", "?": "not sure", ",": "note", " ": "scrolling"}
"""Keys with a meaning of their own; Backspace, Enter, Escape and the arrows have one, too."""

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Names under which only this machine reaches the console."""


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """One class as people see it. ``key`` is one character, or ``None`` to be given one."""

    name: str
    description: str = ""
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """Settings of one console.

    Parameters
    ----------
    task : str
        Name of the task.
    classes : list of ClassInfo
        At least 2; 1 where the kind marks stretches of a text.
    store_path : Place or Path
        The review store; a path names a file of SQLite.
    guidelines : str
        Markdown; HTML in it is shown as text.
    report_path : Path, optional
        The published report, served as ``/dashboard`` once it exists.
    image_root : Path, optional
        The folder that images are read from; nothing outside it is ever served.
    blind : bool
        Whether queue items, too, show no machine label and no rule matches. Audits never do.
    audit_rate, check_rate, overlap_share : float
        Shares, in [0, 1], of audit items and of hidden gold in what a person gets, and of items
        that a second person is asked about.
    hint_share : float
        Where ``blind`` is off: share of the queue items that show hints. Below 1, so that an item
        without hints need not be an audit.
    lease_s : float
        Seconds until an item goes back to the others.
    sign_in : bool
        Whether people need a token. Without, everybody who reaches the console is
        ``local_reviewer``, in the role of an admin.
    hosts : tuple of str
        Host names that the console answers to; others are refused (DNS rebinding).
    secure_cookie : bool
        Whether the session cookie is for HTTPS only.
    requests_per_s : float
        Requests that one person may make, on average; ten times as many at once.
    ahead : int
        Items that are preloaded.
    seed : int, optional
        Of the mixing of the streams.
    former : frozenset of str
        Names that classes had before: answers that were under way may come with them.
    changes : int
        Changes of classes that ``classes`` are the outcome of. An answer from a page that knew
        fewer, or from a console that was not started again, is read as what became of its class.
    kind : Kind
        What people are asked about an item, and which page part asks it.

    Raises
    ------
    ReviewError
        If classes are too few or stand twice, or two of them want one key.

    Examples
    --------
    >>> settings = ConsoleSettings(
    ...     task="spam", classes=[ClassInfo("HAM"), ClassInfo("SPAM", key="s")],
    ...     store_path=Path("reviews.sqlite"))
    >>> [(c.name, c.key) for c in settings.classes]
    [('HAM', '1'), ('SPAM', 's')]
    """

    task: str
    classes: list[ClassInfo]
    store_path: Place | Path
    guidelines: str = ""
    report_path: Path | None = None
    image_root: Path | None = None
    blind: bool = True
    audit_rate: float = 0.2
    check_rate: float = 0.05
    overlap_share: float = 0.1
    hint_share: float = 0.5
    lease_s: float = 600.0
    local_reviewer: str = "local"
    sign_in: bool = False
    hosts: tuple[str, ...] = LOOPBACK
    secure_cookie: bool = False
    requests_per_s: float = 50.0
    ahead: int = 24
    seed: int | None = None
    former: frozenset[str] = frozenset()
    changes: int = 0
    kind: Kind = SINGLE
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = [c.name for c in self.classes]
        fewest = 1 if self.kind.marks_text else 2
        if len(set(names)) < fewest or len(set(names)) != len(names):
            least = "a class" if fewest == 1 else "at least 2 classes"
            raise ReviewError(f"a console needs {least}, each once; got {', '.join(names)}")
        object.__setattr__(self, "classes", _with_keys(self.classes, self.kind.page_keys))
        object.__setattr__(self, "names", (*names, *sorted(self.former.difference(names))))

    @property
    def mix(self) -> Mix:
        """How the streams of work are mixed."""
        return Mix(
            audit=self.audit_rate,
            check=self.check_rate,
            overlap=self.overlap_share,
            hints=0.0 if self.blind else self.hint_share,
        )


def _with_keys(classes: list[ClassInfo], of_kind: Mapping[str, str]) -> list[ClassInfo]:
    reserved = {**RESERVED, **of_kind}
    wanted = [c.key for c in classes if c.key is not None]
    for info in classes:
        if info.key is None:
            continue
        if len(info.key) != 1 or not info.key.isprintable() or info.key in reserved:
            taken = ", ".join(f"{key!r} ({what})" for key, what in reserved.items())
            raise ReviewError(
                f"class {info.name!r} wants the key {info.key!r}; a key is one printable "
                f"character, and these are taken: {taken}"
            )
        if wanted.count(info.key) > 1:
            rivals = [c.name for c in classes if c.key == info.key]
            raise ReviewError(f"classes {' and '.join(rivals)} want the same key {info.key!r}")
    free = iter([key for key in KEYS if key not in wanted and key not in reserved])
    return [
        c if c.key is not None else ClassInfo(c.name, c.description, next(free, None))
        for c in classes
    ]
