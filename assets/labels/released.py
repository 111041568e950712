"""What the machine says of each item, frozen before anybody reviews it."""

import dagster as dg

from assets.decorators import by_batch
from assets.reading.stamp import stamp_of
from resources.store.tables import CONSENSUS, RELEASED, STUDENT_OPINIONS, STUDENT_VOTES
from resources.store.warehouse import Warehouse
from resources.task.task import Task

CONSENSUS_AND_STUDENT = """
with said as (
    select
        c.item_id, c.batch, c.label as consensus, c.confidence as consensus_confidence,
        $classes[list_position(s.pooled, list_max(s.pooled))] as together,
        list_max(s.pooled) as together_confidence
    from labels.consensus c
    left join labels.student_opinions s using (item_id, batch)
    where c.batch = $batch
)
select
    item_id, batch,
    case
        when consensus is null and together_confidence >= $decides_from then together
        when consensus is null then null
        else coalesce(together, consensus)
    end as label,
    case
        when consensus is null and together_confidence >= $decides_from then together_confidence
        when consensus is null then null
        else coalesce(together_confidence, consensus_confidence)
    end as confidence,
    case
        when label is null then 'nobody'
        when label is distinct from consensus then 'student'
        else 'consensus'
    end as decided_by,
    $stamp as stamp,
    $run as run
from said
order by item_id
"""
"""Where the consensus is undecided, a student that is not sure enough decides nothing."""


def released(task: Task) -> dg.AssetsDefinition:
    """Declare the released labels of ``task``."""

    @by_batch(task, RELEASED, deps=[CONSENSUS, STUDENT_VOTES])
    def released(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """Consensus and student together; where voters are undecided, a student that is sure enough."""
        batch = context.partition_key
        warehouse.ensure(STUDENT_OPINIONS)
        with warehouse.connect() as db:
            rows = db.execute(
                CONSENSUS_AND_STUDENT,
                {
                    "batch": batch,
                    "run": context.run.run_id,
                    "stamp": stamp_of(task, db, batch),
                    "classes": list(task.classes),
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
