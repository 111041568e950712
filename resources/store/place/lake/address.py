"""Where a task's lake lies: its catalog and its data."""

from dataclasses import dataclass
from pathlib import Path

from labeling.state.address import conninfo, named
from resources.task.settings.store import SCHEME
from resources.task.task import Task


@dataclass(frozen=True)
class LakeAddress:
    """Where the tables of one task lie.

    Parameters
    ----------
    task : str
    catalog : str
        An absolute path, or ``postgres://user@host/database``.
    data : str
        An absolute path, or ``s3://bucket/prefix``, of the task alone.
    """

    task: str
    catalog: str
    data: str

    @property
    def file(self) -> Path | None:
        """The catalog's file; ``None`` in PostgreSQL."""
        return None if SCHEME.match(self.catalog) else Path(self.catalog)

    @property
    def folder(self) -> Path | None:
        """The folder of the data; ``None`` in S3."""
        return None if SCHEME.match(self.data) else Path(self.data)

    @property
    def schema(self) -> str:
        """The task's schema among those of a database of PostgreSQL, which several tasks may share."""
        return f"touchstone_{self.task}"

    @property
    def catalog_of_task(self) -> str:
        """The catalog as messages name it, and no two tasks share.

        Examples
        --------
        >>> LakeAddress("letters", "postgres://me@db.example/lakes?sslmode=require", "s3://b").catalog_of_task
        'postgres://me@db.example/lakes, schema touchstone_letters'
        """
        if self.file is not None:
            return str(self.file)
        return named(self.catalog, self.schema)

    @property
    def conninfo(self) -> str:
        """The catalog's address as PostgreSQL's own library takes it, with an end to its patience.

        Examples
        --------
        >>> LakeAddress("letters", "postgres://me@db.example/lakes", "s3://b").conninfo
        'postgresql://me@db.example/lakes?connect_timeout=10'
        """
        return conninfo(self.catalog)


def lake_of(task: Task) -> LakeAddress | None:
    """Return where the lake of ``task`` lies; ``None`` if it has none."""
    said = task.spec.store.lake
    if said is None:
        return None
    catalog = said.catalog if SCHEME.match(said.catalog) else str(task.path(said.catalog))
    data = said.data if SCHEME.match(said.data) else str(task.path(said.data))
    return LakeAddress(task.name, catalog, f"{data.rstrip('/')}/{task.name}")
