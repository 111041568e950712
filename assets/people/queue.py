"""The items that teach most, for people to review; never used for measuring."""

import zlib
from collections import Counter
from functools import partial
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import by_batch
from assets.reading.features import alike, features_of, student_inputs
from assets.reading.opinions import as_matrix
from assets.reading.votes import as_votes, units_of
from labeling.votes import Votes
from resources.models.vectors.embeddings import embedder
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import (
    AUDIT_SAMPLE,
    CONSENSUS,
    QUEUE,
    STUDENT_VOTES,
)
from resources.task.task import Task


def queue(task: Task) -> dg.AssetsDefinition:
    """Declare the learning queue of ``task``."""

    @by_batch(task, QUEUE, deps=[CONSENSUS, STUDENT_VOTES, AUDIT_SAMPLE])
    def queue(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """Items outside the audit, the undecided first, by the task's strategy; and a random share."""
        batch = context.partition_key
        with warehouse.connect() as db:
            least = task.spec.student.decides_from
            items = db.read("people.queue.items", batch=batch, decides_from=least)
            votes = db.read("people.queue.votes", batch=batch)
        rows = choose(task, batch, items, votes)
        warehouse.replace_batch(QUEUE, batch, rows)
        chosen = rows["strategy"].to_pylist()
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": rows.num_rows,
                "strategies": ", ".join(f"{n} {s}" for s, n in Counter(chosen).items()) or "none",
            }
        )

    return queue


def choose(task: Task, batch: str, items: pa.Table, said: pa.Table) -> pa.Table:
    """Choose by the task's settings among items and votes as ``queries/people/queue.sql`` gives them."""
    # scikit-learn takes a second to import, and only this step needs it here
    from labeling.sampling.queue import choose_queue

    settings = task.spec.queue
    wanted = min(settings.per_batch, items.num_rows)
    if wanted == 0:
        return as_arrow(QUEUE, [])
    n_classes = len(task.classes)
    consensus = as_matrix(items["posterior"], n_classes)
    texts = [str(text) for text in items["text"].to_pylist()]
    images = items["image"].to_pylist()
    inputs = student_inputs(task, texts, images)
    embed = embedder(task)

    def pairs(place: NDArray[np.int64]) -> Any:
        at = place.tolist()
        return alike(task, [texts[i] for i in at], [images[i] for i in at])

    features: Any = None if embed is None else embed(texts)
    if inputs.on == "image":
        features = partial(features_of, inputs)
    chosen = choose_queue(
        texts,
        as_matrix(items[_whose(settings.strategy)], n_classes),
        wanted,
        strategy=settings.strategy,
        labelled=np.flatnonzero(items["audited"].to_numpy(zero_copy_only=False)),
        # a seed of its own: by the audit's, the random share would be the audit's first draws
        seed=zlib.crc32(f"{task.name} {batch} queue {task.spec.demo.seeds.queue}".encode()),
        consensus=consensus,
        votes=_votes(task, items.num_rows, said),
        features=features,
        pairs=pairs,
        classes=task.classes,
        random_share=settings.random_share,
        first=items["undecided"].to_numpy(zero_copy_only=False).astype(bool),
    )
    ids = items["item_id"].to_pylist()
    return pa.Table.from_pydict(
        {
            "item_id": pa.array([ids[i] for i in chosen.item], pa.string()),
            "batch": pa.array([batch] * len(chosen), pa.string()),
            "rank": np.arange(1, len(chosen) + 1, dtype=np.int32),
            "strategy": pa.array(chosen.strategy, pa.string()),
            "why": pa.array(chosen.why, pa.string()),
            "score": chosen.score,
            "probability": pa.array(chosen.probability, from_pandas=True),
        },
        schema=QUEUE.arrow,
    )


def _whose(strategy: str) -> str:
    """Name whose opinion is in doubt: that which would be published, or what voters are held against."""
    return "student" if strategy == "disagreement" else "believed"


def _votes(task: Task, n_items: int, said: pa.Table) -> Votes:
    voters = sorted(str(voter) for voter in said["voter"].unique().to_pylist())
    return as_votes(task, units_of(task, n_items, said), said, voters)
