"""How likely each vote of a prompt or a source is right, and what tells it."""

from collections import Counter
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import by_batch
from resources.sources.zero_shot import ZeroShotVoters
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import CERTAINTY, MODEL_VOTES, OF_SOURCES, STUDENT_VOTES
from resources.store.warehouse import Warehouse
from resources.task.task import Task


def certainty(task: Task) -> dg.AssetsDefinition:
    """Declare how likely the votes of the prompts and sources of ``task`` are right."""

    @by_batch(
        task,
        CERTAINTY,
        deps=[MODEL_VOTES, *OF_SOURCES.values(), STUDENT_VOTES],
        kinds=["scikitlearn"],
    )
    def certainty(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """By what audits of earlier batches show to tell it best: the voter, the student, or its rate.

        The label model does not read it: the student has learnt from all voters.
        """
        batch = context.partition_key
        rows = certainty_rows(task, warehouse, batch)
        said = [{**row, "run": context.run.run_id} for row in rows]
        warehouse.replace_batch(CERTAINTY, batch, as_arrow(CERTAINTY, said))
        told_by = Counter((row["voter"], row["source"]) for row in rows)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": len(rows),
                "told_by": ", ".join(f"{voter}: {of} ({n})" for (voter, of), n in told_by.items())
                or "nothing: too few votes were reviewed",
            }
        )

    return certainty


def certainty_rows(task: Task, warehouse: Warehouse, batch: str) -> list[dict[str, Any]]:
    """Return the rows of a batch, without those of voters of whom too little is known."""
    from labeling.llm.confidence.certainty import certainty as certain

    votes = warehouse.read("votes.certainty.votes", batch=batch, classes=list(task.classes))
    if not votes.num_rows:
        return []
    own = own_sources(task)
    column = {name: votes[name].to_pylist() for name in ("item_id", "voter", "label", "gold")}
    now = votes["now"].to_numpy()
    voters = np.array(column["voter"], dtype=object)
    right = _right(task, column["label"], column["gold"])
    numbers = {name: _floats(votes[name]) for name in ("stated", "student", "weight")}
    rows: list[dict[str, Any]] = []
    for voter in dict.fromkeys(column["voter"]):
        mine = np.flatnonzero(voters == voter)
        items = [str(column["item_id"][at]) for at in mine]
        found = certain(
            [str(column["label"][at]) for at in mine],
            {
                own.get(str(voter), "stated"): numbers["stated"][mine],
                "student": numbers["student"][mine],
            },
            right[mine],
            items,
            numbers["weight"][mine],
        )
        rows += [
            {"item_id": item, "batch": batch, "voter": voter, "probability": p, "source": source}
            for item, p, source, of_now in zip(
                items, found.probability.tolist(), found.source, now[mine].tolist(), strict=True
            )
            if of_now and source is not None
        ]
    return rows


def own_sources(task: Task) -> dict[str, str]:
    """Return where each voter's own confidence comes from: ``logprobs``, ``samples``, ``stated`` or ``similarity``."""
    from resources.models.task_models import prompts_of, voter_versions

    near = {f"{ZeroShotVoters.name}/{one.name}": "similarity" for one in task.spec.zero_shot}
    if task.spec.models is None:
        return near
    named = (prompt.settings.output.confidence for prompt in prompts_of(task))
    sources = ("logprobs" if one in ("auto", "none") else one for one in named)
    return near | dict(zip(voter_versions(task), sources, strict=True))


def _right(task: Task, label: list[Any], gold: list[Any]) -> NDArray[np.float64]:
    right = np.full(len(label), np.nan)
    known = [at for at, one in enumerate(gold) if one is not None]
    wrong = task.kind.differ(
        [str(label[at]) for at in known], [str(gold[at]) for at in known], task.classes
    )
    right[known] = 1.0 - wrong
    return right


def _floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in column.to_pylist()], dtype=np.float64)
