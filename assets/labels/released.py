"""What the machine says of each item, frozen before anybody reviews it."""

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import by_batch
from assets.reading.firewall import may_teach
from assets.reading.opinions import as_matrix, sure_of
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
        """Consensus and student together, or a cascade whose guarantee is proven; undecided: a sure student."""
        batch = context.partition_key
        with warehouse.connect() as db:
            pooled = db.read("labels.released.pooled", batch=batch, classes=len(task.classes))
            spans = db.read("labels.released.spans", batch=batch) if task.kind.marks_text else None
            cut = None
            if task.spec.student.thresholds is not None:
                n_classes = len(task.classes)
                reviewed = db.read("labels.released.reviewed", batch=batch, classes=n_classes)
                may = may_teach(db, batch, reviewed, "thresholds of classes")
                cut = thresholds(task, pooled, may)
            with db.lend(together=labels_of(task, pooled, cut) if spans is None else spans):
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
                **{
                    who: decided.count(who) for who in ("consensus", "student", "cascade", "nobody")
                },
            }
        )

    return released


def thresholds(task: Task, pooled: pa.Table, reviewed: pa.Table) -> NDArray[np.float64] | None:
    """Return from which probability on each class is given, shape (n_classes,).

    Parameters
    ----------
    task : Task
        Whose kind is several, and that says ``student.thresholds``.
    pooled, reviewed : pa.Table
        What voters and student together say of the batch, and of earlier items that people reviewed.
    """
    from labeling.thresholds import F1, Goal, threshold

    settings, n_classes = task.spec.student, len(task.classes)
    goal = F1 if settings.thresholds == "f1" else Goal(settings.thresholds)
    yes = task.kind.naming([str(one) for one in reviewed["label"].to_pylist()], task.classes)
    now, before = (as_matrix(rows["pooled"], n_classes) for rows in (pooled, reviewed))
    weight = 1 / reviewed["probability"].to_numpy(zero_copy_only=False).astype(np.float64)
    if yes is None:
        return None
    return np.array(
        [threshold(before[:, c], yes[:, c], weight, now[:, c], goal) for c in range(n_classes)]
    )


def labels_of(task: Task, pooled: pa.Table, cut: NDArray[np.float64] | None = None) -> pa.Table:
    """Put together what voters and student say of each item: rows (item_id, label, confidence).

    ``cut`` are the probabilities of :func:`thresholds`, shape (n_classes,).
    """
    kind, classes = task.kind, task.classes
    believed = kind.believed(as_matrix(pooled["pooled"], len(classes)))
    units = Units.each(pooled.num_rows, len(kind.questions(classes)))
    chosen = believed.argmax(axis=1)
    if cut is not None:
        chosen = (believed[:, 1] > np.tile(cut, units.n_items)).astype(np.int64)
    label = kind.assemble(units, chosen, believed, classes)
    return pa.Table.from_pydict(
        {
            "item_id": pooled["item_id"],
            "label": pa.array(label, pa.string()),
            "confidence": pa.array(sure_of(task, units, label, believed)),
        }
    )
