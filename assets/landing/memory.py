"""What memory a large file needs, told before it is read."""

from pathlib import Path

import psutil
import pyarrow.parquet as pq

from assets.landing.arrivals import unread
from labeling.errors import LabelingError
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task

LARGE = 50_000_000
"""Bytes from which on a file is looked at."""

SAMPLE = 1_000_000
"""Bytes that the length of a line is taken from."""

ALWAYS, AN_ITEM = 0.7e9, 2_200
"""Bytes that a run takes, and that each item of one file takes beside its text, both as measured by
``bench/speed/scale.py`` with fifty rules and a student."""


def memory_warnings(task: Task) -> list[str]:
    """Say of each new file that will hardly fit into memory what it needs, and what to do."""
    if task.spec.source.query is not None:
        return []
    try:
        large = {name for name, path in task.files().items() if path.stat().st_size >= LARGE}
    except (OSError, LabelingError):  # whoever reads the files tells it
        return []
    if not large:
        return []
    free = psutil.virtual_memory().available
    try:
        new = unread(task, warehouse_of(task, patience_s=0.0))[1]
    except TaskError:  # somebody else is running the task, or the file is damaged: the run tells it
        return []
    found = []
    for name, (path, size, _) in new.items():
        items = items_in(path, size) if name in large else None
        if items is None:
            continue
        needed = ALWAYS + AN_ITEM * items + size
        if needed > free:
            found.append(
                f"{name} holds about {items:,} items. Labelling them takes about {needed / 1e9:.0f} GB "
                f"of memory, and {free / 1e9:.1f} GB are free: where the run is ended for it, split "
                f"the file into several and run again; nothing that was made is lost."
            )
    return found


def items_in(path: Path, size: int) -> int | None:
    """Guess the number of items in a file of ``size`` bytes; None where only reading it would tell."""
    try:
        if path.suffix == ".parquet":
            return int(pq.ParquetFile(path).metadata.num_rows)
        if path.suffix in {".csv", ".tsv", ".jsonl", ".ndjson"}:
            with path.open("rb") as file:
                lines = file.read(SAMPLE).count(b"\n")
            return size * lines // min(size, SAMPLE)
    except (OSError, ValueError):
        pass
    return None
