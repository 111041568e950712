"""Files of other tools: what is asked of them, and what they say."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from console.formats.tools.entries import Entry
from console.formats.tools.sets import flag_columns
from console.formats.tools.table import LABEL, one_label
from labeling.files.records import Record
from labeling.kinds.kind import Kind
from labeling.kinds.several.cells import names_in
from labeling.kinds.spans.answer import written
from labeling.kinds.spans.cells import spans_in
from resources.reviews.rows import ReviewError

Reader = Callable[[Sequence[Record], str], list[Entry]]
"""Reads numbered records of a file that is named."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file of another tool.

    Parameters
    ----------
    kind : str
        The tool and its format, as people call it.
    entries : list of Entry
        What it says.
    told : list of str
        What of it is not taken in.
    """

    kind: str
    entries: list[Entry]
    told: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about items, and where the user says that the answer stands; as :func:`console.formats.files.read_any`."""

    classes: Sequence[str]
    former: Mapping[str, str]
    label: str | None
    kind: Kind

    @property
    def names(self) -> list[str]:
        """Names that classes have or had."""
        return [*self.classes, *self.former]

    def chosen(self, value: Any) -> tuple[str, ...] | None:
        """Read what a cell of the label holds."""
        if self.kind.marks_text:
            spans = spans_in(value)
            return None if spans is None else (written(spans),)
        return names_in(value, self.names) if self.kind.many else one_label(value)

    def named(self, value: Any) -> tuple[str, ...] | None:
        """Return the classes that a cell names."""
        chosen = self.chosen(value)
        if chosen is None or not self.kind.marks_text:
            return chosen
        return tuple(name for answer in chosen for name in self.kind.named(answer))

    def flags(self, columns: Sequence[str], source: str) -> dict[str, str]:
        """Return the columns of 0 and 1 that stand for a class each, where they are the answer."""
        if not self.kind.many or self.label is not None or LABEL in columns:
            return {}
        return flag_columns(columns, source, self.classes, self.former)


def each(kind: str, source: str, records: list[Record], read: Reader) -> Foreign:
    """Read record by record, so that one of another shape is told by its row."""
    entries: list[Entry] = []
    for row, record in records:
        where = f"{source}, row {row}"
        try:
            json.dumps(record, ensure_ascii=False, default=str).encode()
            entries += read([(row, record)], source)
        except ReviewError:
            raise
        except UnicodeEncodeError:
            raise ReviewError(f"{where}: half a surrogate pair, which is no character") from None
        except (AttributeError, KeyError, StopIteration, TypeError, ValueError) as error:
            raise ReviewError(f"{where}: is not what {kind} holds: {error}") from None
    return Foreign(kind, entries)
