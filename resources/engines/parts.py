"""A batch cut into parts: Parquet files that workers read and write beside what is kept for good."""

import os
import shutil
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from resources.store.table import Table
from resources.task.task import Task

if TYPE_CHECKING:
    import pyarrow.dataset as ds

FOLDER = "parts"


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows in a file.

    Parameters
    ----------
    number : int
        Its place among the parts, from 0.
    path : Path
    rows : int
    """

    number: int
    path: Path
    rows: int

    def read(self) -> pa.Table:
        """Return its rows."""
        return pq.read_table(self.path, memory_map=True)


@contextmanager
def parts_folder(task: Task, batch: str) -> Generator[Path]:
    """Yield an empty folder for the parts of a batch, and delete it: what is kept is in the store then.

    Folders of processes that were killed go, too.
    """
    every = task.var / FOLDER
    for other in every.iterdir() if every.is_dir() else ():
        process = other.name.partition("-")[0]
        if not process.isdigit() or not psutil.pid_exists(int(process)):
            shutil.rmtree(other, ignore_errors=True)
    every.mkdir(parents=True, exist_ok=True)
    mine = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-{batch}-", dir=every))
    try:
        yield mine
    finally:
        shutil.rmtree(mine, ignore_errors=True)


def cut(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    """Cut a stream of rows into tables of ``rows``, the last of fewer.

    Examples
    --------
    >>> stream = [pa.record_batch({"n": [0, 1, 2]}), pa.record_batch({"n": [3, 4]})]
    >>> [one["n"].to_pylist() for one in cut(stream, 2)]
    [[0, 1], [2, 3], [4]]
    """
    waiting: list[pa.RecordBatch] = []
    held = 0
    for batch in batches:
        waiting.append(batch)
        held += batch.num_rows
        while held >= rows:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, rows)
            waiting = table.slice(rows).to_batches()
            held -= rows
    if held:
        yield pa.Table.from_batches(waiting)


def write_parts(tables: Iterable[pa.Table], folder: Path, name: str) -> list[Part]:
    """Write tables one after another, and return where they stand."""
    return [write_part(table, folder, name, at) for at, table in enumerate(tables)]


def write_part(table: pa.Table, folder: Path, name: str, number: int) -> Part:
    """Write a table under a name that follows from its number; whoever writes it again, it is the same.

    It has a temporary name first, so that nobody ever reads half of it.
    """
    path = folder / f"{name}-{number:05d}.parquet"
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    pq.write_table(table, unfinished, compression="lz4")
    unfinished.replace(path)
    return Part(number, path, table.num_rows)


def rows_of(parts: Sequence[Part], table: Table) -> "pa.Table | ds.Dataset":
    """Return the rows of parts that have the columns of ``table``, to be read as they are needed."""
    import pyarrow.dataset as ds  # imports pandas, which takes half a second

    if not parts:
        return table.arrow.empty_table()
    return ds.dataset([str(part.path) for part in parts], schema=table.arrow, format="parquet")
