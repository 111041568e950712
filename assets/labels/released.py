"""What the machine says of each item, frozen before anybody reviews it."""

import dagster as dg
import pyarrow as pa

from assets.decorators import by_batch
from assets.reading.opinions import as_matrix
from assets.reading.stamp import stamp_of
from labeling.kinds.units import Units
from resources.store.given import GivenWarehouse
from resources.store.tables import CONSENSUS, RELEASED, STUDENT_VOTES
from resources.task.task import Task


def released(task: Task) -> dg.AssetsDefinition:
    """Declare the released labels of ``task``."""

    @by_batch(task, RELEASED, deps=[CONSENSUS, STUDENT_VOTES])
    def released(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """Consensus and student together; where voters are undecided, a student that is sure enough."""
        batch = context.partition_key
        with warehouse.connect() as db:
            pooled = db.read("labels.released.pooled", batch=batch, classes=len(task.classes))
            with db.lend(together=labels_of(task, pooled)):
                rows = db.read(
                    "labels.released.labels",
                    batch=batch,
                    run=context.run.run_id,
                    stamp=stamp_of(task, db, batch),
                    decides_from=task.spec.student.decides_from,
                )
        warehouse.replace_batch(RELEASED, batch, rows)
        decided = rows["decided_by"].to_pylist()
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": rows.num_rows,
                **{who: decided.count(who) for who in ("consensus", "student", "nobody")},
            }
        )

    return released


def labels_of(task: Task, pooled: pa.Table) -> pa.Table:
    """Put together what voters and student say of each item: rows (item_id, label, confidence)."""
    kind, classes = task.kind, task.classes
    believed = kind.believed(as_matrix(pooled["pooled"], len(classes)))
    units = Units.each(pooled.num_rows, len(kind.questions(classes)))
    label = kind.assemble(units, believed.argmax(axis=1), believed, classes)
    return pa.Table.from_pydict(
        {
            "item_id": pooled["item_id"],
            "label": pa.array(label, pa.string()),
            "confidence": pa.array(kind.certainty(units, believed.max(axis=1))),
        }
    )
