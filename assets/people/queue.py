"""The items that teach most, for people to review; never used for measuring."""

import zlib
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import by_batch
from assets.reading.features import alike, features_of, student_inputs
from assets.reading.opinions import as_matrix
from assets.reading.votes import as_votes
from labeling.kinds.units import Units
from labeling.votes import Votes
from resources.models.vectors.embeddings import embedder
from resources.pilots.store import PilotStore
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import (
    AUDIT_SAMPLE,
    CONSENSUS,
    QUEUE,
    STUDENT_VOTES,
)
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.sampling.queue import Queue


def queue(task: Task) -> dg.AssetsDefinition:
    """Declare the learning queue of ``task``."""

    @by_batch(task, QUEUE, deps=[CONSENSUS, STUDENT_VOTES, AUDIT_SAMPLE])
    def queue(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """Items outside the audit by the task's strategy, half of them undecided ones; and a random share."""
        batch = context.partition_key
        with warehouse.connect() as db:
            items = db.read("people.queue.items", batch=batch)
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
    from labeling.sampling.doubt import most_doubtful
    from labeling.sampling.queue import choose_queue

    settings = task.spec.queue
    wanted = min(settings.per_batch, items.num_rows)
    if wanted == 0:
        return as_arrow(QUEUE, [])
    kind, classes = task.kind, task.classes
    questions = kind.questions(classes)
    units = Units.each(items.num_rows, len(questions))

    def by_unit(column: str) -> NDArray[np.float64]:
        return kind.believed(as_matrix(items[column], len(classes)))

    believed = by_unit("believed")
    asked = most_doubtful(units, believed)
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
        by_unit(_whose(settings.strategy))[asked],
        wanted,
        strategy=settings.strategy,
        labelled=np.flatnonzero(_reviewed(task, batch, items)),
        # a seed of its own: by the audit's, the random share would be the audit's first draws
        seed=zlib.crc32(f"{task.name} {batch} queue {task.spec.demo.seeds.queue}".encode()),
        consensus=by_unit("posterior")[asked],
        votes=_votes(task, units, said, asked),
        features=features,
        pairs=pairs,
        classes=kind.answers(classes),
        random_share=settings.random_share,
        first=_undecided(task, items, kind.certainty(units, believed.max(axis=1))),
    )
    ids = items["item_id"].to_pylist()
    return pa.Table.from_pydict(
        {
            "item_id": pa.array([ids[i] for i in chosen.item], pa.string()),
            "batch": pa.array([batch] * len(chosen), pa.string()),
            "rank": np.arange(1, len(chosen) + 1, dtype=np.int32),
            "strategy": pa.array(chosen.strategy, pa.string()),
            "why": pa.array(_reasons(chosen, questions, units.question[asked]), pa.string()),
            "score": chosen.score,
            "probability": pa.array(chosen.probability, from_pandas=True),
        },
        schema=QUEUE.arrow,
    )


def _reviewed(task: Task, batch: str, items: pa.Table) -> NDArray[np.bool_]:
    """Tell which items people are asked about anyway: those of the audit and of pilots."""
    tried = PilotStore(task.pilots).chosen_in(batch)
    audited = items["audited"].to_numpy(zero_copy_only=False).astype(bool)
    return audited | np.array([i in tried for i in items["item_id"].to_pylist()], dtype=np.bool_)


def _whose(strategy: str) -> str:
    """Name whose opinion is in doubt: that which would be published, or what voters are held against."""
    return "student" if strategy == "disagreement" else "believed"


def _undecided(task: Task, items: pa.Table, sure: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which items nobody could label: voters did not, and students are not sure enough."""
    silent, taught = (
        items[name].to_numpy(zero_copy_only=False).astype(bool) for name in ("silent", "taught")
    )
    return silent & ~(taught & (sure >= task.spec.student.decides_from))


def _reasons(chosen: "Queue", questions: tuple[str, ...], asked: NDArray[np.int64]) -> list[str]:
    """Say why each item was chosen, and of which question where there are several."""
    if len(questions) == 1:
        return chosen.why
    return [
        f"{questions[asked[item]]}: {why}" if how != "random" else why
        for item, how, why in zip(chosen.item.tolist(), chosen.strategy, chosen.why, strict=True)
    ]


def _votes(task: Task, units: Units, said: pa.Table, asked: NDArray[np.int64]) -> Votes:
    """Return the votes on one unit of each item."""
    voters = sorted(str(voter) for voter in said["voter"].unique().to_pylist())
    kept = np.zeros(units.n_units, dtype=np.bool_)
    kept[asked] = True
    return as_votes(task, units, said, voters).of(kept)
