"""Answers and labels that the student disputes, for people to look at again."""

import dagster as dg
import numpy as np
import pyarrow as pa

from assets.decorators import by_batch
from assets.reading.opinions import as_matrix
from assets.reading.votes import WINDOW_ITEMS, index_of
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import (
    AUDIT_SAMPLE,
    QUEUE,
    RELEASED,
    REREVIEWS,
    STUDENT_VOTES,
)
from resources.task.task import Task


def rereviews(task: Task) -> dg.AssetsDefinition:
    """Declare the re-reviews of ``task``."""

    @by_batch(task, REREVIEWS, deps=[RELEASED, STUDENT_VOTES, AUDIT_SAMPLE, QUEUE])
    def rereviews(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """Gold of earlier batches and labels of this one that confident learning finds wrong."""
        batch = context.partition_key
        names = list(task.classes)
        with warehouse.connect() as db:
            least = {"batch": batch, "classes": len(names)}
            gold = db.read("people.rereviews.gold", **least, names=names, most=WINDOW_ITEMS)
            labels = db.read("people.rereviews.labels", **least)
            asked = set(db.tuples("people.rereviews.asked", batch=batch))
        wanted = task.spec.queue.rereviews_per_batch
        doubts = doubted(task, "gold", gold, asked)
        found = doubts[: (wanted + 1) // 2]
        found += doubted(task, "label", labels, asked)[: wanted - len(found)]
        rows = as_arrow(REREVIEWS, [{**row, "found_in": batch} for row in found])
        warehouse.replace({REREVIEWS: rows}, found_in=batch)
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
