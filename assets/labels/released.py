"""What the machine says of each item, frozen before anybody reviews it."""

import dagster as dg

from assets.decorators import by_batch
from assets.reading.stamp import stamp_of
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
            rows = db.read(
                "labels.released.labels",
                batch=batch,
                run=context.run.run_id,
                stamp=stamp_of(task, db, batch),
                classes=list(task.classes),
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
