"""Answers and labels that the student disputes, for people to look at again."""

import dagster as dg
import numpy as np
import pyarrow as pa

from assets.decorators import by_batch
from assets.reading.opinions import as_matrix
from assets.reading.votes import WINDOW_ITEMS, index_of
from resources.store.tables import (
    AUDIT_SAMPLE,
    GOLD,
    QUEUE,
    RELEASED,
    REREVIEWS,
    STUDENT_OPINIONS,
    STUDENT_VOTES,
)
from resources.store.warehouse import Warehouse, insert, transaction
from resources.task.task import Task

GOLD_IN_DOUBT = """
select g.item_id, g.batch, g.label, s.calibrated
from people.gold g join labels.student_opinions s using (item_id, batch)
where g.batch < $batch and len(s.calibrated) = $classes and list_contains($names, g.label)
order by g.batch desc, g.item_id limit $most
"""
LABELS_IN_DOUBT = """
select r.item_id, r.batch, r.label, s.calibrated
from labels.released r join labels.student_opinions s using (item_id, batch)
where r.batch = $batch and r.label is not null and len(s.calibrated) = $classes
order by r.item_id
"""
ASKED = """
select item_id, batch from people.rereviews where found_in < $batch
union all select item_id, batch from people.audit_sample where batch = $batch
union all select item_id, batch from people.queue where batch = $batch
"""


def rereviews(task: Task) -> dg.AssetsDefinition:
    """Declare the re-reviews of ``task``."""

    @by_batch(task, REREVIEWS, group="people", deps=[RELEASED, STUDENT_VOTES, AUDIT_SAMPLE, QUEUE])
    def rereviews(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """Gold of earlier batches and labels of this one that confident learning finds wrong."""
        batch = context.partition_key
        warehouse.ensure(GOLD, RELEASED, STUDENT_OPINIONS, REREVIEWS, AUDIT_SAMPLE, QUEUE)
        names = list(task.classes)
        with warehouse.connect() as db:
            gold = db.execute(
                GOLD_IN_DOUBT,
                {"batch": batch, "classes": len(names), "names": names, "most": WINDOW_ITEMS},
            ).to_arrow_table()
            labels = db.execute(
                LABELS_IN_DOUBT, {"batch": batch, "classes": len(names)}
            ).to_arrow_table()
            asked = set(db.execute(ASKED, {"batch": batch}).fetchall())
        wanted = task.spec.queue.rereviews_per_batch
        doubts = doubted(task, "gold", gold, asked)
        found = doubts[: (wanted + 1) // 2]
        found += doubted(task, "label", labels, asked)[: wanted - len(found)]
        rows = pa.Table.from_pylist(
            [{**row, "found_in": batch} for row in found],
            schema=pa.schema([(name, _KINDS.get(name, pa.string())) for name in REREVIEWS.columns]),
        )
        with warehouse.connect() as db, transaction(db):
            db.execute("delete from people.rereviews where found_in = ?", [batch])
            insert(db, REREVIEWS, rows)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": rows.num_rows,
                "gold_in_doubt": len(doubts),
                "doubts": dg.MetadataValue.md(
                    "\n".join(f"- {row['item_id']}: {row['why']}" for row in found) or "none"
                ),
            }
        )

    return rereviews


def doubted(
    task: Task, kind: str, rows: pa.Table, asked: set[tuple[str, str]]
) -> list[dict[str, object]]:
    """Return the labels that are probably wrong and were not asked about, most suspicious first."""
    from labeling.sampling.rereview import label_errors

    if rows.num_rows == 0 or task.spec.queue.rereviews_per_batch == 0:
        return []
    proba = as_matrix(rows["calibrated"], len(task.classes))
    label = index_of(rows["label"], task.classes)
    at, quality = label_errors(label, proba)
    found: list[dict[str, object]] = []
    for i in at.tolist():
        key = (str(rows["item_id"][i]), str(rows["batch"][i]))
        says = int(np.argmax(proba[i]))
        if key in asked or says == label[i]:
            continue
        who = "people said" if kind == "gold" else "it is released as"
        found.append(
            {
                "item_id": key[0],
                "batch": key[1],
                "kind": kind,
                "label": task.classes[label[i]],
                "suggested": task.classes[says],
                "score": float(1 - quality[i]),
                "why": f"{who} {task.classes[label[i]]}, a student that had not seen it says "
                f"{task.classes[says]} at {proba[i, says]:.0%}",
            }
        )
    return found


_KINDS = {"score": pa.float64()}
