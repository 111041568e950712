"""One span rule: what it looks for, which type it marks, and the hash of its meaning."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from labeling.rules.conditions import Condition
from labeling.rules.rule import Function, Metadata, Patterns


@dataclass(frozen=True, slots=True)
class Terms:
    """Kinds ``keyword`` and ``dictionary``: each place where one of the terms stands.

    Parameters
    ----------
    terms : tuple of str
        Words and phrases; a space stands for any white space.
    types : tuple of str, optional
        The type of each term, where the rule itself has none.
    ignore_case : bool
        Compare letters whatever their case.
    whole : bool
        A term begins and ends where words do.
    """

    terms: tuple[str, ...]
    types: tuple[str, ...] | None = None
    ignore_case: bool = True
    whole: bool = True

    def meaning(self) -> object:
        """Return what the version is a hash of."""
        named = sorted(zip(self.terms, self.types or self.terms, strict=True))
        return [named, self.ignore_case, self.whole]


@dataclass(frozen=True, slots=True)
class Group:
    """Kind ``regex``: what a group of the patterns matched, at every match.

    Parameters
    ----------
    patterns : Patterns
        Python regular expressions, and their flags.
    group : int or str
        Number or name of the group; 0 is the whole match.
    """

    patterns: Patterns
    group: int | str = 0

    def meaning(self) -> object:
        """Return what the version is a hash of."""
        return [self.patterns.meaning(), self.group]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Kind ``spacy``: what a pipeline of spaCy marks, under the types that its labels stand for.

    Parameters
    ----------
    source : str
        What ``spacy.load`` takes: a whole path, or the name of a package.
    files : str
        Hash of its files; see :func:`labeling.rules.spans.pipelines.files.hash_of_files`.
    labels : tuple of (label, type)
        Labels of the pipeline, and what each means here; what has another label is not marked.
    exclude : tuple of str
        Components that are not loaded.
    spans_key : str, optional
        Marked is ``doc.spans[spans_key]``; ``doc.ents`` by default.
    batch_size : int
        Texts that go through a component together, at least 1.
    """

    source: str
    files: str
    labels: tuple[tuple[str, str], ...]
    exclude: tuple[str, ...] = ()
    spans_key: str | None = None
    batch_size: int = 64

    @property
    def types(self) -> tuple[str, ...]:
        """The types that it may mark, each once."""
        return tuple(dict.fromkeys(kind for _, kind in self.labels))

    def meaning(self) -> object:
        """Return what the version is a hash of: wherever the same files lie, it is the same."""
        return [self.files, sorted(self.labels), sorted(self.exclude), self.spans_key]


Body = Terms | Group | Function | Pipeline


@dataclass(frozen=True)
class SpanRule:
    """A voter that marks spans.

    Parameters
    ----------
    name : str
        Unique within a task; the voter is called ``rule/<name>``.
    type : str or None
        The type it marks. None where the body tells one for each span.
    kind : str
        ``keyword``, ``dictionary``, ``regex``, ``spacy`` or ``python``.
    body : Body
        What it looks for.
    against : bool
        What it marks is *not* of this type.
    when : tuple of Condition, optional
        Items on which it is applied at all.
    description, owner : str
        For people; they are not part of the meaning.
    origin : str
        Where it is written, for messages.

    Examples
    --------
    >>> one = SpanRule("sweets", "Food", "keyword", Terms(("nougat", "toffee")))
    >>> one.version == SpanRule("sugar", "Food", "keyword", Terms(("toffee", "nougat"))).version
    True
    """

    name: str
    type: str | None
    kind: str
    body: Body
    against: bool = False
    when: tuple[Condition, ...] | None = None
    description: str = ""
    owner: str = ""
    origin: str = "a rule made in Python"

    @property
    def voter(self) -> str:
        """Name of the voter."""
        return f"rule/{self.name}"

    @cached_property
    def version(self) -> str:
        """Hash of the meaning, 12 hexadecimal digits; see :class:`labeling.rules.rule.Rule`."""
        body, when = self.body, Metadata(self.when or ()).meaning()
        told = [self.type, self.against, type(body).__name__, body.meaning(), when]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:12]
