"""Answers and labels that the student disputes, for people to look at again."""

import dagster as dg
import numpy as np
import pyarrow as pa

from assets.decorators import by_batch
from assets.reading.opinions import as_matrix
from assets.reading.votes import WINDOW_ITEMS
from labeling.kinds.kind import Answers
from labeling.kinds.units import Units
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
        with warehouse.connect() as db:
            least = {"batch": batch, "classes": len(task.classes)}
            gold = db.read("people.rereviews.gold", **least, most=WINDOW_ITEMS)
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
    classes = task.classes
    answers, questions = task.kind.answers(classes), task.kind.questions(classes)
    proba = task.kind.believed(as_matrix(rows["calibrated"], len(classes)))
    units = Units.each(rows.num_rows, len(questions))
    said = Answers.of(range(rows.num_rows), [str(one) for one in rows["label"].to_pylist()])
    cast = task.kind.cast(units, said, classes)
    doubt = [
        (float(quality[place]), int(votes[place]))
        for number in range(len(questions))
        for votes in [np.flatnonzero(units.question[cast.unit] == number)]
        for at, quality in [label_errors(cast.label[votes], proba[cast.unit[votes]])]
        for place in at.tolist()
    ]
    suggested: list[str | None] = (
        rows["together"].to_pylist()
        if task.kind.marks_text
        else task.kind.assemble(units, proba.argmax(axis=1), proba, classes)
    )
    who = "people said" if kind == "gold" else "it is released as"
    found: dict[tuple[str, str], dict[str, object]] = {}
    for quality, i in sorted(doubt, key=lambda one: one[0]):
        row, unit, label = int(cast.row[i]), int(cast.unit[i]), int(cast.label[i])
        key = (str(rows["item_id"][row]), str(rows["batch"][row]))
        says = int(np.argmax(proba[unit]))
        if key in asked or key in found or says == label or suggested[row] == said.texts[row]:
            continue
        question = questions[units.question[unit]]
        about = f"{question}: " if question else ""
        found[key] = {
            "item_id": key[0],
            "batch": key[1],
            "kind": kind,
            "label": said.texts[row],
            "suggested": suggested[row],
            "score": 1 - quality,
            "why": f"{about}{who} {answers[label]}, a student that had not seen it says "
            f"{answers[says]} at {proba[unit, says]:.0%}",
        }
    return list(found.values())
