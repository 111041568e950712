"""Every row that has arrived, and every row set aside, with the file and row it stands in."""

from collections import Counter
from typing import Any

import dagster as dg
import duckdb
import pyarrow as pa

from assets.decorators import once
from assets.landing.class_check import check_classes
from assets.landing.forgetting import forget, made
from assets.landing.other_texts import follow_texts
from assets.reading.stamp import reading_hash
from labeling.files.found import state_of
from labeling.files.records import values_of
from labeling.items.columns import Arrived
from labeling.items.reading import check_records, read_items
from labeling.items.redacted import redacted
from labeling.llm.redaction import redactor
from resources.dagster.partitions import batches
from resources.store.tables import ARRIVALS, FILES, QUARANTINE
from resources.store.warehouse import Warehouse, insert, transaction
from resources.task.errors import TaskError
from resources.task.task import Task

QUERY = "query"
"""What stands for the file where the source is a query."""

SHOWN_REASONS = 3
"""Reasons that are told where no row can be used."""

DUPLICATES = """
insert into raw.quarantine
select file, row, batch, ?, 'the same id' || case
        when text is distinct from f.text then ' with another text'
        when image is distinct from f.image then ' with another image'
        when metadata is distinct from f.metadata then ' with other columns'
        else '' end
    || ' stands in ' || f.file || ', row ' || f.row
    || if(batch <> f.batch, ', and counts in batch ' || f.batch, ''),
    coalesce(nullif(text, ''), image), 'duplicate'
from (
    select *, first_value(a) over (partition by item_id order by file, row) as f
    from raw.arrivals as a
)
where (text, image, metadata, batch) is distinct from (f.text, f.image, f.metadata, f.batch)
"""
"""Of rows with one id the first stands; another that is the same, in the same batch, is no fault."""


def arrivals(task: Task) -> dg.AssetsDefinition:
    """Declare the arrivals of ``task``."""

    @once(task, ARRIVALS)
    def arrivals(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
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
    warehouse.ensure(ARRIVALS, FILES, QUARANTINE)
    counts: Counter[str] = Counter(files=0, rows=0, quarantined=0, files_gone=0)
    reading = reading_hash(task)
    if task.spec.source.query is not None:
        present, pieces = {QUERY}, {QUERY: (0, 0, _run_query(task))}
    else:
        present, pieces = _changed_files(task, warehouse, reading)
    counts["files_gone"] = gone = _take_out(warehouse, present)
    source = task.spec.source
    redact = redactor(source.redact, source.redact_patterns)
    for name, (size, modified, arrived) in pieces.items():
        if source.redact or source.redact_patterns:
            arrived = redacted(arrived, redact)
        rows, rejected = _with_batches(task, name, arrived)
        with warehouse.connect() as db, transaction(db):
            for table in (ARRIVALS, QUARANTINE, FILES):
                db.execute(f"delete from {table.sql_name} where file = ?", [name])
            insert(db, ARRIVALS, rows)
            insert(db, QUARANTINE, rejected)
            db.execute("insert into raw.files values (?, ?, ?, ?)", [name, size, modified, reading])
        counts.update(files=1, rows=rows.num_rows, quarantined=rejected.num_rows)
    if pieces or gone:
        with warehouse.connect() as db, transaction(db):
            db.execute("delete from raw.quarantine where kind = 'duplicate'")
            db.execute(DUPLICATES, [task.spec.source.id])
    _fail_if_nothing_arrived(task, warehouse)
    counts["other_texts"] = follow_texts(task, warehouse)
    return dict(counts)


def _take_out(warehouse: Warehouse, present: set[str]) -> int:
    """Take out what files brought that are not there any more; return how many those were."""
    with warehouse.connect() as db, transaction(db):
        stood = {name for (name,) in db.execute("select file from raw.files").fetchall()}
        gone = sorted(stood - present)
        for table in (ARRIVALS, QUARANTINE, FILES) if gone else ():
            db.execute(f"delete from {table.sql_name} where list_contains(?, file)", [gone])
    return len(gone)


def _changed_files(
    task: Task, warehouse: Warehouse, reading: str
) -> tuple[set[str], dict[str, tuple[int, int, Arrived]]]:
    """Return the names of all files, and what stands in those to be read."""
    files = task.files()
    known = {
        row["file"]: (row["size_bytes"], row["modified_ns"], row["reading"])
        for row in warehouse.read("from raw.files").to_pylist()
    }
    changed: dict[str, tuple[int, int, Arrived]] = {}
    for name, path in files.items():
        state = state_of(path)
        if known.get(name) != (state.st_size, state.st_mtime_ns, reading):
            arrived = read_items(path, task.columns, task.spec.source.longest_text)
            changed[name] = (state.st_size, state.st_mtime_ns, arrived)
    return set(files), changed


def _run_query(task: Task) -> Arrived:
    try:
        with duckdb.connect() as db:
            found = db.execute(str(task.spec.source.query)).to_arrow_table()
    except duckdb.Error as error:
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
    keys = [task.batch_of(time, name) for time in arrived.rows["time"].to_pylist()]
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
    with warehouse.connect() as db:
        (n_rows,) = db.execute("select count(*) from raw.arrivals").fetchone() or (0,)
        reasons = db.execute(
            "select file, row, field, reason from raw.quarantine order by file, row"
        ).fetchall()
    if n_rows:
        return
    lines = [
        f"  {file}{f', row {row}' if row else ''}{f', {field}' if field else ''}: {reason}"
        for file, row, field, reason in reasons[:SHOWN_REASONS]
    ]
    more = len(reasons) - SHOWN_REASONS
    if more > 0:
        lines.append(f"  and {more:,} more: touchstone quarantine {task.name}")
    found = "\n".join(lines) or "  source.query gives none"
    raise TaskError(f"task {task.name!r} has no row that can be used:\n{found}")
