"""Has accuracy fallen? One detector over the batches in the order of time."""

import math
from itertools import groupby

import dagster as dg
import pyarrow as pa

from assets.declare import by_batch
from assets.tables import ACCURACY, DRIFT
from labeling.quality.detector import Detector, Evidence
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task

DRAWS = """
select a.batch, a.draw, a.population, a.draw_probability,
    coalesce((g.label <> r.label)::int, 0) as error
from people.audit_sample a
join labels.released r using (item_id, batch)
left join people.gold g on g.item_id = a.item_id and g.batch = a.batch
where a.batch <= $batch
order by a.batch, a.draw
"""
"""Items drawn but not (yet) judged count as right, which keeps the bound on false alarms."""


def drift(task: Task) -> dg.AssetsDefinition:
    """Declare the drift of ``task``."""

    @by_batch(task, DRIFT, group="quality", deps=[ACCURACY], automatic=True)
    def drift(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """Evidence that accuracy has fallen under the task's promise, up to and with this batch.

        It is computed from the first batch on every time: a late review of an old batch counts.
        """
        batch = context.partition_key
        with warehouse.connect() as db:
            draws = db.execute(DRAWS, {"batch": batch}).to_arrow_table().to_pylist()
        detector, evidence = replay(task, draws)
        if evidence is None or evidence.batch != batch:
            detector, evidence = detector.update(batch, [], 0)
        row = {
            "batch": batch,
            "reviews": evidence.reviews,
            "errors": evidence.errors,
            "log_evidence": evidence.log_evidence if math.isfinite(evidence.log_evidence) else None,
            "log_limit": evidence.log_limit,
            "fired": evidence.fired,
            "alarm": evidence.alarm,
            "change_batch": evidence.change_batch,
            "state": detector.to_json(),
        }
        warehouse.replace_batch(DRIFT, batch, pa.Table.from_pylist([row], schema=_SCHEMA))
        return dg.MaterializeResult(
            metadata={
                "log_evidence": dg.MetadataValue.float(evidence.log_evidence),
                "log_limit": dg.MetadataValue.float(evidence.log_limit),
                "alarm": evidence.alarm,
                "change_batch": evidence.change_batch or "",
            }
        )

    return drift


def replay(task: Task, draws: list[dict[str, object]]) -> tuple[Detector, Evidence | None]:
    """Run the task's detector over draws (batch, population, draw_probability, error) in order."""
    alarm = task.spec.alarm
    detector = Detector(
        target_error=1 - alarm.accuracy_at_least, limit=alarm.horizon_batches / alarm.false_alarms
    )
    evidence: Evidence | None = None
    for batch, group in groupby(draws, key=lambda draw: str(draw["batch"])):
        rows = list(group)
        detector, evidence = detector.update(
            batch,
            [int(str(row["error"])) for row in rows],
            int(str(rows[0]["population"])),
            [float(str(row["draw_probability"])) for row in rows],
        )
    return detector, evidence


_SCHEMA = pa.schema(
    [
        ("batch", pa.string()),
        ("reviews", pa.int64()),
        ("errors", pa.int64()),
        ("log_evidence", pa.float64()),
        ("log_limit", pa.float64()),
        ("fired", pa.bool_()),
        ("alarm", pa.bool_()),
        ("change_batch", pa.string()),
        ("state", pa.string()),
    ]
)
