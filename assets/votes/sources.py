"""What each registered source says of the items; see :mod:`resources.sources`."""

from collections import Counter
from collections.abc import Mapping

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from assets.decorators import by_batch
from assets.votes.calibrated import calibrated
from labeling.counted import counted
from labeling.kinds.kind import AnswerError
from resources.sources import SOURCES
from resources.sources.source import Source
from resources.store.given import GivenWarehouse
from resources.store.table import Table, as_arrow
from resources.store.tables import ABSTENTIONS_OF_SOURCES, ITEMS, OF_SOURCES
from resources.task.errors import TaskError
from resources.task.task import Task


def sources(task: Task) -> list[dg.AssetsDefinition]:
    """Declare the votes of every source."""
    return [_votes_of(task, source) for source in SOURCES]


def _votes_of(task: Task, source: Source) -> dg.AssetsDefinition:
    table, silences = OF_SOURCES[source.name], ABSTENTIONS_OF_SOURCES[source.name]

    def votes(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        batch = context.partition_key
        versions = source.versions(task)
        if not versions:
            warehouse.replace({one: as_arrow(one, []) for one in (table, silences)}, batch=batch)
            return dg.MaterializeResult(metadata={"dagster/partition_row_count": 0, "voters": 0})
        said = source.vote(task, warehouse.read("votes.rules.items", batch=batch))
        check(source.name, said.votes, task)
        silent = Counter(f"{row['voter']}: {row['reason']}" for row in said.abstentions.to_pylist())
        for why, items in silent.items():
            context.log.warning("%s: no vote on %s", why, counted(items, "item"))
        known = pa.array(
            [versions[str(one)] for one in said.votes["voter"].to_pylist()], pa.string()
        )
        votes = calibrated(warehouse, batch, said.votes.append_column("version", known))
        written = {table: votes, silences: said.abstentions}
        here = {"batch": batch, "run": context.run.run_id}
        warehouse.replace({one: _as(one, rows, here) for one, rows in written.items()}, batch=batch)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": votes.num_rows,
                "voters": len(versions),
                "covered": len(votes["item_id"].unique()),
                "calibrated": int(pc.sum(votes["calibrated"]).as_py() or 0),
                "silent": "\n".join(f"{why}: {items}" for why, items in silent.items()),
            }
        )

    votes.__doc__ = source.about
    return by_batch(task, table, deps=[ITEMS])(votes)


def _as(table: Table, rows: pa.Table, here: Mapping[str, str]) -> pa.Table:
    for name, value in here.items():
        rows = rows.append_column(name, pa.array([value] * rows.num_rows, pa.string()))
    return rows.select(list(table.columns)).cast(table.arrow)


def check(source: str, said: pa.Table, task: Task) -> None:
    """Refuse votes that cannot be right.

    Raises
    ------
    TaskError
        If a voter's name does not begin with the source's, or a label is no class; naming it.
    """
    for voter in said["voter"].unique().to_pylist():
        if not str(voter).startswith(f"{source}/"):
            raise TaskError(f"source {source!r}: voter {voter!r}; allowed: {source}/...")
    for label in said["label"].unique().to_pylist():
        if label not in task.kind.marks(task.classes):
            try:
                task.kind.checked(str(label), task.classes)
            except AnswerError as error:
                raise TaskError(f"source {source!r}: {error}") from error
