"""One rule: what it looks at, what it votes for, and the hash of its meaning."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from labeling.rules.conditions import Condition
from labeling.rules.suggested import Suggested


@dataclass(frozen=True, slots=True)
class Patterns:
    """Rules of kind ``keyword``, ``regex`` and ``dictionary``: any of the patterns is found.

    Parameters
    ----------
    patterns : tuple of str
        Python regular expressions; the rule fires where ``re.search`` finds one of them.
    flags : int
        Flags of :mod:`re` for all of them.
    """

    patterns: tuple[str, ...]
    flags: int = 0

    def meaning(self) -> object:
        """Return what the version is a hash of."""
        return [sorted(self.patterns), self.flags]


@dataclass(frozen=True, slots=True)
class Sql:
    """Kind ``sql``: an expression over the columns of the batch.

    True votes for the rule's label; a rule without a label returns the name of a class or NULL.
    """

    expression: str

    def meaning(self) -> object:
        """Return what the version is a hash of: white space outside quotes does not count.

        Beside a comment or a quoted name it may count, so there the expression is taken as it stands.
        """
        if any(mark in self.expression for mark in ('"', "--", "/*", "$")):
            return self.expression.strip()
        parts = self.expression.split("'")
        return "'".join(p if i % 2 else " ".join(p.split()) for i, p in enumerate(parts)).strip()


@dataclass(frozen=True, slots=True)
class Nearest:
    """Kind ``nearest``: TF-IDF similarity to one of some examples.

    Parameters
    ----------
    examples : tuple of str
        Texts of the rule's class.
    at_least : float
        Cosine similarity in (0, 1] from which the rule fires.
    """

    examples: tuple[str, ...]
    at_least: float

    def meaning(self) -> object:
        """Return what the version is a hash of."""
        return [sorted(set(self.examples)), self.at_least]


@dataclass(frozen=True, slots=True)
class Metadata:
    """Kind ``metadata``: conditions on columns, all of which hold."""

    conditions: tuple[Condition, ...]

    def meaning(self) -> object:
        """Return what the version is a hash of."""
        return [[one.column, one.test, one.value] for one in self.conditions]


@dataclass(frozen=True, slots=True)
class Function:
    """Kind ``python``: a function of the columns that its parameters name.

    Parameters
    ----------
    call : callable
        Returns true or false where the rule has a label, else the name of a class or None.
    columns : tuple of str
        The columns that are handed over, in order.
    arrow : bool
        Whether it takes whole Arrow columns and returns one value for each row.
    source : str
        Its normalised source with all it refers to in its module.
    """

    call: Callable[..., Any]
    columns: tuple[str, ...]
    arrow: bool
    source: str

    def meaning(self) -> object:
        """Return what the version is a hash of."""
        return [self.source, list(self.columns), self.arrow]


Body = Patterns | Sql | Nearest | Metadata | Function


@dataclass(frozen=True)
class Rule:
    """A voter that a person wrote, or a model.

    Parameters
    ----------
    name : str
        Unique within a task; the voter is called ``rule/<name>``.
    label : str or None
        The class it votes for. None where the body itself names a class (``sql``, ``python``).
    kind : str
        ``keyword``, ``regex``, ``dictionary``, ``sql``, ``nearest``, ``metadata`` or ``python``.
    body : Body
        What it looks at.
    when : tuple of Condition, str or None
        Where it may fire at all: conditions on columns, or an SQL expression.
    description, owner : str
        For people; they are not part of the meaning.
    origin : str
        Where it is written, for messages: ``rules.yaml line 12``.
    suggested : Suggested, optional
        Of a rule that a model wrote; no part of the meaning.

    Examples
    --------
    >>> link = Rule("link", "SPAM", "regex", Patterns(("https?://",)))
    >>> link.version == Rule("link", "SPAM", "regex", Patterns(("https?://",)), owner="ann").version
    True
    """

    name: str
    label: str | None
    kind: str
    body: Body
    when: tuple[Condition, ...] | str | None = None
    description: str = ""
    owner: str = ""
    origin: str = "a rule made in Python"
    suggested: Suggested | None = None

    @property
    def voter(self) -> str:
        """Name of the voter in the vote tables."""
        return f"rule/{self.name}"

    @cached_property
    def version(self) -> str:
        """Hash of the meaning, 12 hexadecimal digits.

        The name, the description, the owner and the layout of the file do not change it; the
        label, the condition, the patterns and the content of a dictionary file do.
        """
        when = self.when
        if isinstance(when, str):
            when_meaning: object = Sql(when).meaning()
        else:
            when_meaning = Metadata(when or ()).meaning()
        body_kind = type(self.body).__name__
        meaning = json.dumps(
            [self.label, body_kind, self.body.meaning(), when_meaning], sort_keys=True, default=str
        )
        return hashlib.sha256(meaning.encode()).hexdigest()[:12]
