"""Answers that were given when the classes were others: read as they were then, and not paid for again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from labeling.kinds.asking import Reader
from labeling.kinds.classes import ClassSpec
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from labeling.llm.ledger.rows import Stored
from labeling.llm.prompts.prompt import Prompt


@dataclass(frozen=True)
class Former:
    """The classes of a task before a change.

    Parameters
    ----------
    classes : tuple of ClassSpec
        As models were told about them.
    versions : mapping of str to str
        Version that a prompt had then, by its name.
    today : mapping of str to str or None
        What each class means now; None where nobody can say: such an item is asked about again.
    kind : Kind
        What was asked.

    Examples
    --------
    >>> from labeling.llm.providers.transport import Reply
    >>> then = Former((ClassSpec("late"), ClassSpec("rude")), {}, {"late": "delay"})
    >>> then.read(Stored("k", Reply("late"), False, 0.0, 0.0), stated=False).said
    ('delay', None)
    """

    classes: tuple[ClassSpec, ...]
    versions: Mapping[str, str]
    today: Mapping[str, str | None]
    kind: Kind = SINGLE

    @cached_property
    def reader(self) -> Reader:
        """Reads answers into the classes of then."""
        return self.kind.reader(self.classes)

    def versions_of(self, prompt: Prompt) -> Iterator[str]:
        """Yield the versions under which the ledger may know a prompt's answers."""
        yield prompt.version(self.classes)
        if prompt.name in self.versions:
            yield self.versions[prompt.name]

    def read(self, known: Stored, text: str = "", *, stated: bool) -> Stored | None:
        """Return the answer with what it says today; None if it has to be asked for again.

        An answer that named no class stays one.
        """
        reply = known.reply
        if known.filtered:
            return known
        parsed = self.reader.read(reply.text, reply.refusal, reply.finish_reason, text)
        if parsed.label is None:
            return known
        label = self.kind.carried(parsed.label, lambda name: self.today.get(name, name))
        if label is None:
            return None
        confidence = parsed.confidence if stated else None
        if reply.tokens:
            confidence = self.kind.confidence(reply.tokens, parsed.label, self.classes)
        return replace(known, said=(label, confidence))
