"""What each registered source says of the items; see :mod:`resources.sources`."""

import dagster as dg
import pyarrow as pa

from assets.decorators import by_batch
from labeling.kinds.kind import AnswerError
from resources.sources import SOURCES, Source
from resources.store.given import GivenWarehouse
from resources.store.tables import ITEMS, OF_SOURCES
from resources.task.errors import TaskError
from resources.task.task import Task


def sources(task: Task) -> list[dg.AssetsDefinition]:
    """Declare the votes of every source."""
    return [_votes_of(task, source) for source in SOURCES]


def _votes_of(task: Task, source: Source) -> dg.AssetsDefinition:
    table = OF_SOURCES[source.name]

    @by_batch(task, table, deps=[ITEMS])
    def votes(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        batch = context.partition_key
        items = warehouse.read("votes.rules.items", batch=batch)
        said = source.vote(task, items)
        check(source.name, said, task)
        of_all = {"batch": batch, "version": source.version(task), "run": context.run.run_id}
        for name, value in of_all.items():
            said = said.append_column(name, pa.array([value] * said.num_rows, pa.string()))
        warehouse.replace_batch(table, batch, said.select(list(table.columns)).cast(table.arrow))
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": said.num_rows,
                "voters": len(said["voter"].unique()),
                "covered": len(said["item_id"].unique()),
            }
        )

    return votes


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
