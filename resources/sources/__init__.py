"""Whoever votes besides rules, models and the student: each a module here, and a line in SOURCES.

A source that is registered gets a table ``votes.<name>``, a step in the lineage, and a say in the
consensus; its accuracy is measured and its voters are watched like any other's.

Not here: what needs the warehouse, or looks at what others said.
"""

from typing import Protocol

import pyarrow as pa

from resources.task.task import Task


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

    def version(self, task: Task) -> str:
        """Return a hash of all that its votes depend on; another one, and batches are labelled anew."""
        ...

    def vote(self, task: Task, items: pa.Table) -> pa.Table:
        """Vote on the items of a batch.

        Parameters
        ----------
        items : Arrow table
            ``item_id``, ``text``, ``image``, ``time`` and ``metadata`` (a JSON object).

        Returns
        -------
        Arrow table
            ``item_id``, ``voter`` (``<name>/...``), ``label`` (a class of the task) and
            ``confidence`` ((0, 1] or null); an abstention is no row.
        """
        ...


SOURCES: tuple[Source, ...] = ()
"""The sources there are, in the order of the lineage."""
