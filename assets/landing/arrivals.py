"""Every row that has arrived, and every row set aside, with the file and row it stands in."""

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from assets.decorators import once
from assets.landing.class_check import check_classes
from assets.landing.forgetting import forget, made
from assets.landing.other_texts import follow_texts
from assets.reading.stamp import reading_hash
from labeling.files.found import state_of
from labeling.files.parquet_values import values_of
from labeling.items.columns import Arrived
from labeling.items.reading import check_records, read_items
from labeling.items.redacted import redacted
from labeling.llm.providers.redaction import redactor
from resources.dagster.partitions import batches
from resources.store.given import GivenWarehouse
from resources.store.session import Session
from resources.store.table import Table, as_arrow
from resources.store.tables import ARRIVALS, FILES, QUARANTINE
from resources.store.user_sql import UserSqlError, read_source
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError
from resources.task.task import Task

QUERY = "query"
"""What stands for the file where the source is a query."""

ROWS_TOGETHER = 20_000
"""Rows of small files that are written at once: a transaction costs more than a small file."""

SHOWN_REASONS = 3
"""Reasons that are told where no row can be used."""


def arrivals(task: Task) -> dg.AssetsDefinition:
    """Declare the arrivals of ``task``."""

    @once(task, ARRIVALS)
    def arrivals(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """Rows read from every new or changed file; bad rows set aside with the reason.

        What came from a file that is gone, or is read otherwise now, goes; so do its batches.
        """
        check_classes(task, warehouse)
        read = land(task, warehouse)
        keys = warehouse.column("reading.stamp.batches")
        partitions = str(batches(task).name)
        known = context.instance.get_dynamic_partitions(partitions)
        new = [key for key in keys if key not in known]
        if new:
            context.instance.add_dynamic_partitions(partitions, new)
        gone = sorted({*known, *made(warehouse)}.difference(keys))
        if gone:
            forget(task, warehouse, gone)
            for key in gone:
                context.instance.delete_dynamic_partition(partitions, key)
        return dg.MaterializeResult(
            metadata={
                **read,
                "batches": len(keys),
                "new_batches": len(new),
                "batches_gone": dg.MetadataValue.text(", ".join(gone) or "none"),
            }
        )

    return arrivals


def land(task: Task, warehouse: Warehouse) -> dict[str, int]:
    """Read new and changed files into the warehouse, and take out what files brought that are gone.

    A file is read again, too, where task.yaml says otherwise how.

    Returns
    -------
    dict
        ``files``, ``rows`` and ``quarantined`` of this reading, the ``files_gone``, and the reviewed
        items that have ``other_texts``.

    Raises
    ------
    TaskError
        If there is no file, or none of them has a row that can be used.
    """
    counts: Counter[str] = Counter(files=0, rows=0, quarantined=0, files_gone=0)
    reading = reading_hash(task)
    source = task.spec.source
    asked = None if source.query is None else _run_query(task)
    if asked is not None:
        present, changed = {QUERY}, {QUERY: (Path(QUERY), 0, 0)}
    else:
        present, changed = unread(task, warehouse)
    redact = redactor(source.redact, source.redact_patterns)
    together: list[dict[Table, pa.Table]] = []
    held = 0
    for name, (path, size, modified) in changed.items():
        arrived = asked or read_items(path, task.columns, source.longest_text)
        if source.redact or source.redact_patterns:
            arrived = redacted(arrived, redact)
        rows, rejected = _with_batches(task, name, arrived)
        file = {"file": name, "size_bytes": size, "modified_ns": modified, "reading": reading}
        if held >= ROWS_TOGETHER:
            with warehouse.connect() as db, db.transaction():
                _write(db, together)
            together, held = [], 0
        together.append({ARRIVALS: rows, QUARANTINE: rejected, FILES: as_arrow(FILES, [file])})
        held += rows.num_rows + rejected.num_rows
        counts.update(files=1, rows=rows.num_rows, quarantined=rejected.num_rows)
    # with the last files, so that whoever is killed before it finds a file that was not read
    with warehouse.connect() as db, db.transaction():
        counts["files_gone"] = gone = _take_out(db, present)
        _write(db, together)
        if changed or gone:
            db.delete(QUARANTINE, kind="duplicate")
            db.run("landing.arrivals.set_duplicates_aside", id=task.spec.source.id)
    _fail_if_nothing_arrived(task, warehouse)
    counts["other_texts"] = follow_texts(task, warehouse)
    return dict(counts)


def _write(db: Session, files: list[dict[Table, pa.Table]]) -> None:
    """Replace what files brought before by what they bring now."""
    for table in files[0] if files else ():
        rows = pa.concat_tables([one[table] for one in files])
        db.delete(table, file=[name for one in files for name in one[FILES]["file"].to_pylist()])
        db.insert(table, rows)


def _take_out(db: Session, present: set[str]) -> int:
    """Take out what files brought that are not there any more; return how many those were."""
    gone = sorted(set(db.column("landing.arrivals.files")) - present)
    for table in (ARRIVALS, QUARANTINE, FILES) if gone else ():
        db.delete(table, file=gone)
    return len(gone)


def has_landed(task: Task, warehouse: Warehouse) -> bool:
    """Whether every file stands as it was read, so that :func:`land` would find nothing to do."""
    if task.spec.source.query is not None or not warehouse.value("landing.arrivals.how_many"):
        return False
    present, changed = unread(task, warehouse)
    return not changed and present == set(warehouse.column("landing.arrivals.files"))


def unread(task: Task, warehouse: Warehouse) -> tuple[set[str], dict[str, tuple[Path, int, int]]]:
    """Return the names of all files; and path, size and time of those that were not read as they stand."""
    files, reading = task.files(), reading_hash(task)
    known = {name: read for name, *read in warehouse.tuples("landing.arrivals.files")}
    changed: dict[str, tuple[Path, int, int]] = {}
    for name, path in files.items():
        state = state_of(path)
        if known.get(name) != [state.st_size, state.st_mtime_ns, reading]:
            changed[name] = (path, state.st_size, state.st_mtime_ns)
    return set(files), changed


def _run_query(task: Task) -> Arrived:
    try:
        found = read_source(str(task.spec.source.query))
    except UserSqlError as error:
        raise TaskError(f"{task.folder / 'task.yaml'}: source.query: {error}") from None
    columns = [values_of(column)[0] for column in found.columns]
    records: list[dict[str, Any]] = [
        dict(zip(found.column_names, row, strict=True)) for row in zip(*columns, strict=True)
    ]
    missing = [c for c in task.columns.required if records and c not in records[0]]
    if missing:
        raise TaskError(
            f"{task.folder / 'task.yaml'}: source.query: column {missing[0]!r} is missing; "
            f"the query gives {', '.join(records[0])}"
        )
    numbered = list(enumerate(records, start=1))
    return check_records(numbered, task.columns, task.spec.source.longest_text)


def _with_batches(task: Task, name: str, arrived: Arrived) -> tuple[pa.Table, pa.Table]:
    own = lru_cache(lambda time: task.batch_of(time, name))
    seconds: Any = pc.floor_temporal(arrived.rows["time"], unit="second")
    keys = [own(time) for time in seconds.to_pylist()]
    usual = Counter(keys).most_common(1)[0][0] if keys else None
    rejected = arrived.rejected
    rows = arrived.rows.append_column("batch", pa.array(keys, pa.string()))
    rows = rows.append_column("file", pa.array([name] * rows.num_rows, pa.string()))
    kinds = ["file" if row is None else "row" for row in rejected["row"].to_pylist()]
    for column, values in (
        ("batch", [usual] * len(kinds)),
        ("file", [name] * len(kinds)),
        ("kind", kinds),
    ):
        rejected = rejected.append_column(column, pa.array(values, pa.string()))
    return rows, rejected


def _fail_if_nothing_arrived(task: Task, warehouse: Warehouse) -> None:
    if warehouse.value("landing.arrivals.how_many"):
        return
    reasons = warehouse.rows("landing.set_aside.every_row")
    lines = [f"  {_place(one)}: {one['reason']}" for one in reasons[:SHOWN_REASONS]]
    more = len(reasons) - SHOWN_REASONS
    if more > 0:
        lines.append(f"  and {more:,} more: touchstone quarantine {task.name}")
    found = "\n".join(lines) or "  source.query gives none"
    raise TaskError(f"task {task.name!r} has no row that can be used:\n{found}")


def _place(row: dict[str, Any]) -> str:
    parts = row["file"], row["row"] and f"row {row['row']}", row["field"]
    return ", ".join(part for part in parts if part)
