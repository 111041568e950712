"""A stand-in for people, so that the loop runs unattended: answers from a truth file, with errors."""

import hashlib
from collections.abc import Mapping
from itertools import chain, count

import numpy as np
import pyarrow as pa

from assets.reading.truth import read_labels
from resources.reviews.rows import Review
from resources.reviews.store import ReviewStore
from resources.task.people_settings import ScriptedReviewer
from resources.task.task import Task

REVIEWER = "scripted/truth"
"""Its name in every review: nobody takes it for a person."""


def answer(task: Task, store: ReviewStore, plan: pa.Table) -> None:
    """Answer a set share of the planned items, some of them wrong, if the task has such a reviewer.

    Which items are answered, and which wrongly, follows from the seed and the item alone: asked
    again, the same answers come, and the store keeps them once.
    """
    scripted = task.spec.reviewers.scripted
    if scripted is None or plan.num_rows == 0:
        return
    truth = read_truth(task, scripted)
    known = store.answered(REVIEWER)
    given: list[Review] = []
    for row in plan.to_pylist():
        item_id, origin = str(row["item_id"]), str(row["origin"])
        share = {"audit": scripted.audit_share, "rereview": scripted.rereview_share}.get(
            origin, scripted.queue_share
        )
        rng = _chance(scripted.seed, item_id, origin)
        key = f"{item_id}/{row['batch']}/{origin}"
        key = _first(key, known)
        if item_id not in truth or rng.random() >= share or key in known:
            continue
        label = truth[item_id]
        if rng.random() < scripted.error_rate:
            label = str(rng.choice([c for c in task.classes if c != label]))
        given.append(
            Review(
                item_id=item_id,
                batch=str(row["batch"]),
                reviewer=REVIEWER,
                outcome="label",
                label=label,
                origin=origin,
                seconds=task.spec.reviewers.seconds_per_review,
                idempotency_key=key,
            )
        )
    store.record_many(given)


def _first(key: str, known: Mapping[str, bool]) -> str:
    """Return the key of an answer that counts, or of the next: a class or a text may be gone."""
    later = (f"{key}/{n}" for n in count(1))
    return next(one for one in chain([key], later) if known.get(one) is not False)


def read_truth(task: Task, scripted: ScriptedReviewer) -> dict[str, str]:
    """Read what the scripted reviewer believes; see :func:`assets.reading.truth.read_labels`."""
    return read_labels(task, scripted.truth, scripted.id, scripted.label, scripted.names)


def _chance(seed: int, item_id: str, origin: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed} {origin} {item_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
