"""What a source is: code that votes besides rules, models and the student."""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import pyarrow as pa

from resources.task.task import Task


@dataclass(frozen=True, slots=True)
class Said:
    """What a source says of the items of a batch.

    Parameters
    ----------
    votes : Arrow table
        ``item_id``, ``voter`` (``<name>/...``), ``label`` (a class of the task) and ``confidence``
        ((0, 1] or null); an abstention is no row.
    abstentions : Arrow table, optional
        ``item_id``, ``voter`` and ``reason``: why there is no vote; left out by a source that does not tell.
    """

    votes: pa.Table
    abstentions: pa.Table = field(default_factory=lambda: Said.silent.empty_table())

    schema: ClassVar = pa.schema(
        [
            ("item_id", pa.string()),
            ("voter", pa.string()),
            ("label", pa.string()),
            ("confidence", pa.float64()),
        ]
    )
    silent: ClassVar = pa.schema(
        [("item_id", pa.string()), ("voter", pa.string()), ("reason", pa.string())]
    )


class Source(Protocol):
    """Votes on items of which it knows nothing but what they are.

    Attributes
    ----------
    name : str
        Of its table and step: lower case, no blanks.
    about : str
        What votes these are, in a sentence.
    """

    name: str
    about: str

    def versions(self, task: Task) -> dict[str, str]:
        """Return a hash of all that the votes of each voter depend on, by the voter's name.

        Another one, and batches are labelled anew; none, and the task has no such voter.
        """
        ...

    def vote(self, task: Task, items: pa.Table) -> Said:
        """Vote on the items of a batch.

        Parameters
        ----------
        items : Arrow table
            ``item_id``, ``text``, ``image``, ``time`` and ``metadata`` (a JSON object).
        """
        ...
