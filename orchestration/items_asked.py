"""The items that language models are to be asked about, before a run and between runs."""

from collections.abc import Iterator

import pyarrow as pa

from labeling.items.reading import read_items
from labeling.llm.prompts.content import strings
from resources.store.place import stands
from resources.store.warehouse import warehouse_of
from resources.task.errors import TaskError
from resources.task.task import Task


def items_of(task: Task, batch: str | None) -> tuple[pa.Table, str]:
    """Return the items and where they were read: the warehouse, or before the first run the files."""
    if stands(task):
        table = warehouse_of(task).read("orchestration.items_asked.items")
        if table.num_rows:
            return _of_batch(task, table, batch), "the warehouse"
    if task.spec.source.files is None:
        raise TaskError(
            f"{task.name} has no items yet; `touchstone run {task.name}` brings them in"
        )
    return _of_batch(task, pa.concat_tables(_files(task)), batch), "the source files"


def _files(task: Task) -> Iterator[pa.Table]:
    for name, path in task.files().items():
        rows = read_items(path, task.columns, task.spec.source.longest_text).rows
        keys = [task.batch_of(time, name) for time in rows["time"].to_pylist()]
        yield rows.select(["item_id", "text", "image", "metadata"]).append_column(
            "batch", pa.array(keys, pa.string())
        )


def _of_batch(task: Task, table: pa.Table, batch: str | None) -> pa.Table:
    if batch is None:
        return table
    keys = strings(table, "batch")
    known = sorted(set(keys))
    if batch not in known:
        few = ", ".join(known[:5]) + (" ..." if len(known) > 5 else "")
        raise TaskError(f"{task.name} has no batch {batch!r}; it has {few}")
    return table.filter(pa.array([key == batch for key in keys], pa.bool_()))


def asked_of(task: Task, items: pa.Table) -> tuple[pa.Table, bool]:
    """Return the items that models will be asked about, and whether that is certain."""
    spec = task.spec.models
    if spec is None or not items.num_rows:
        return items, True
    chosen: set[tuple[str, str]] = set()
    certain = True
    frame = items.select(["batch", "item_id"]).to_pylist()
    by_batch: dict[str, list[str]] = {}
    for row in frame:
        by_batch.setdefault(row["batch"], []).append(row["item_id"])
    for batch, ids in by_batch.items():
        wanted = ids
        if spec.ask == "undecided":
            undecided = _undecided(task, batch)
            certain = certain and undecided is not None
            wanted = ids if undecided is None else undecided
        chosen |= {(batch, item) for item in wanted[: spec.per_batch]}
    mask = pa.array([(row["batch"], row["item_id"]) in chosen for row in frame], pa.bool_())
    asked = items.filter(mask)
    return (
        asked.drop_columns(["image"]) if asked["image"].null_count == asked.num_rows else asked
    ), certain


def all_undecided(task: Task, items: pa.Table) -> list[str] | None:
    """Return what the rules leave open in all batches; ``None`` where they were not applied."""
    left = [_undecided(task, batch) for batch in sorted(set(strings(items, "batch")))]
    return None if None in left else [item for ids in left for item in ids or ()]


def _undecided(task: Task, batch: str) -> list[str] | None:
    """Return what the rules leave open; ``None`` where they have not been applied."""
    if not stands(task):
        return None
    with warehouse_of(task).connect() as db:
        if not db.tuples("votes.rules.applied", batch=batch):
            return None
        return db.column("votes.llm.undecided", batch=batch)
