"""A stand-in for people, so that the loop runs unattended: answers from a truth file, with errors."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import chain, count

import dagster as dg
import numpy as np

from assets.decorators import by_batch
from assets.reading.truth import read_labels
from resources.reviews.rows import Review
from resources.reviews.store import ReviewStore
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import PLANNED, SCRIPTED
from resources.task.settings.demo import ScriptedReviewer
from resources.task.task import Task

REVIEWER = "scripted/truth"
"""Its name in every review: nobody takes it for a person."""


def scripted(task: Task) -> list[dg.AssetsDefinition]:
    """Declare the answers of the scripted reviewer of ``task``, if it has one."""
    reviewer = task.spec.demo.scripted
    if reviewer is None:
        return []

    @by_batch(task, SCRIPTED, deps=[PLANNED], kinds=["sqlite"])
    def scripted(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """Answers out of a truth file, some of them wrong, to a set share of what people are asked."""
        batch = context.partition_key
        store = ReviewStore(task.reviews, kind=task.kind)
        known = store.answered(REVIEWER)
        given = answers(
            task, reviewer, warehouse.rows("people.scripted.planned", batch=batch), known
        )
        store.record_many(one for one in given if one.idempotency_key not in known)
        rows = [
            {"item_id": one.item_id, "batch": one.batch, "origin": one.origin, "planned_in": batch}
            for one in given
        ]
        warehouse.replace({SCRIPTED: as_arrow(SCRIPTED, rows)}, planned_in=batch)
        return dg.MaterializeResult(metadata={"dagster/partition_row_count": len(rows)})

    return [scripted]


def answers(
    task: Task,
    scripted: ScriptedReviewer,
    plan: Sequence[Mapping[str, str]],
    known: Mapping[str, bool],
) -> list[Review]:
    """Return what the reviewer says of planned items.

    Which items are answered, and which wrongly, follows from the seed and the item alone.

    Parameters
    ----------
    plan : sequence of mappings
        ``item_id``, ``batch`` and ``origin``.
    known : mapping of str to bool
        Keys of answers that were given before, and whether each still counts; one that does is
        returned under the same key.
    """
    truth = read_truth(task, scripted, [row["item_id"] for row in plan]) if plan else {}
    shares = {"audit": scripted.audit_share, "rereview": scripted.rereview_share}
    given: list[Review] = []
    for row in plan:
        item_id, origin = row["item_id"], row["origin"]
        rng = _chance(scripted.seed, item_id, origin)
        if item_id not in truth or rng.random() >= shares.get(origin, scripted.queue_share):
            continue
        label = truth[item_id]
        if rng.random() < scripted.error_rate:
            label = task.kind.mistaken(label, task.classes, rng)
        given.append(
            Review(
                item_id=item_id,
                batch=row["batch"],
                reviewer=REVIEWER,
                outcome="label",
                label=label,
                origin=origin,
                seconds=task.spec.reviewers.seconds_per_review,
                idempotency_key=_first(f"{item_id}/{row['batch']}/{origin}", known),
            )
        )
    return given


def _first(key: str, known: Mapping[str, bool]) -> str:
    """Return the key of an answer that counts, or of the next: a class or a text may be gone."""
    later = (f"{key}/{n}" for n in count(1))
    return next(one for one in chain([key], later) if known.get(one) is not False)


def read_truth(
    task: Task, scripted: ScriptedReviewer, items: Sequence[str] | None = None
) -> dict[str, str]:
    """Read what the scripted reviewer believes; see :func:`assets.reading.truth.read_labels`."""
    return read_labels(task, scripted.truth, scripted.id, scripted.label, scripted.names, items)


def _chance(seed: int, item_id: str, origin: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed} {origin} {item_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
