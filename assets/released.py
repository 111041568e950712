"""What the machine says of each item, frozen before anybody reviews it."""

import dagster as dg

from assets.declare import by_batch
from assets.stamp import stamp_of
from assets.tables import CONSENSUS, RELEASED, STUDENT_VOTES
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task

CONSENSUS_ELSE_STUDENT = """
select
    c.item_id, c.batch,
    coalesce(c.label, s.label) as label,
    case when c.label is not null then c.confidence else s.confidence end as confidence,
    case when c.label is not null then 'consensus'
         when s.label is not null then 'student'
         else 'nobody' end as decided_by,
    $stamp as stamp,
    $run as run
from labels.consensus c
left join votes.student s
    on s.item_id = c.item_id and s.batch = c.batch and s.confidence >= $decides_from
where c.batch = $batch
order by c.item_id
"""


def released(task: Task) -> dg.AssetsDefinition:
    """Declare the released labels of ``task``."""

    @by_batch(task, RELEASED, group="labels", deps=[CONSENSUS, STUDENT_VOTES])
    def released(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """The consensus, or where it is undecided a student that is sure enough."""
        batch = context.partition_key
        with warehouse.connect() as db:
            rows = db.execute(
                CONSENSUS_ELSE_STUDENT,
                {
                    "batch": batch,
                    "run": context.run.run_id,
                    "stamp": stamp_of(task, db, batch),
                    "decides_from": task.spec.student.decides_from,
                },
            ).to_arrow_table()
        warehouse.replace_batch(RELEASED, batch, rows)
        decided = rows["decided_by"].to_pylist()
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": rows.num_rows,
                **{who: decided.count(who) for who in ("consensus", "student", "nobody")},
            }
        )

    return released
