"""What models say of each item they are asked about."""

from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from assets.decorators import by_batch
from assets.votes.asking import ask_prompts
from assets.votes.calibrated import calibrated
from labeling.counted import counted
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import (
    CASCADE,
    GUARANTEES,
    ITEMS,
    MODEL_ABSTENTIONS,
    MODEL_USE,
    MODEL_VOTES,
    RULE_VOTES,
)
from resources.task.task import Task

WRITTEN = (MODEL_VOTES, MODEL_ABSTENTIONS, MODEL_USE, GUARANTEES, CASCADE)


def models(task: Task) -> dg.AssetsDefinition:
    """Declare the votes of the models of ``task``."""

    @by_batch(task, MODEL_VOTES, deps=[ITEMS, RULE_VOTES], kinds=["litellm"])
    def models(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """One row where a model answered with a class; nothing is asked or paid for twice."""
        batch = context.partition_key
        if task.spec.models is None:
            warehouse.replace({table: as_arrow(table, []) for table in WRITTEN}, batch=batch)
            return dg.MaterializeResult(metadata={"dagster/partition_row_count": 0, "models": 0})
        with warehouse.connect() as db:
            items = db.read("votes.llm.items", batch=batch)
            undecided = db.column("votes.llm.undecided", batch=batch)
            rows = db.tuples("votes.llm.before", batch=batch)
        before = {row[0]: row[1] for row in rows}
        from resources.models.task_models import collect_answers, voter_versions

        versions = voter_versions(task)
        if any(row[2] for row in rows):
            for note in collect_answers(task).notes:
                context.log.warning(note)
        asked = ask_prompts(task, context, warehouse, batch, items, undecided)
        answer, booked, to_come = asked.votes, asked.booked, asked.to_come
        use = [
            {
                "batch": batch,
                "voter": voter,
                "version": versions[voter],
                "calls": booked[voter].calls,
                "cached": tally.cached,
                "cost_usd": booked[voter].cost_usd,
                "parse_failures": tally.parse_failures,
                "refusals": tally.refusals + tally.filtered,
                "p95_s": booked[voter].p95_s,
                "quoted_usd": quoted(before.get(voter), to_come.get(voter)),
                "partial": tally.pending > tally.waiting,
                "why": _why(tally),
                "failed": tally.in_vain.total(),
                "failure": _most(tally.in_vain),
                "advice": "\n".join(tally.advice) or None,
                "waiting": tally.waiting,
                "waits_for": " ".join(sorted(tally.waits_for)) or None,
            }
            for voter, tally in answer.by_voter.items()
        ]
        said = calibrated(warehouse, batch, answer.votes)
        votes = _with(said, batch=batch, run=context.run.run_id)
        written = (
            votes,
            _with(answer.abstentions, batch=batch),
            as_arrow(MODEL_USE, use),
            as_arrow(GUARANTEES, asked.guarantees),
            _with(asked.rows, batch=batch),
        )
        warehouse.replace(dict(zip(WRITTEN, written, strict=True)), batch=batch)
        summary = answer.summary
        for told in (*summary.notes, *summary.advice):
            context.log.warning(told)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": votes.num_rows,
                "calls": sum(row["calls"] for row in use),
                "calls_of_this_run": summary.calls,
                "cached": summary.cached,
                "cost_usd": dg.MetadataValue.float(sum((row["cost_usd"] for row in use), 0.0)),
                "cost_usd_of_this_run": dg.MetadataValue.float(summary.cost_usd),
                "parse_failures": summary.parse_failures,
                "refusals": sum(row["refusals"] for row in use),
                "calibrated": int(pc.sum(said["calibrated"]).as_py() or 0),
                "p50_s_of_this_run": dg.MetadataValue.float(summary.latency_s(0.5) or 0.0),
                "p95_s_of_this_run": dg.MetadataValue.float(summary.latency_s(0.95) or 0.0),
                "spared_by_cascade": summary.spared,
                "saved_usd": dg.MetadataValue.float(summary.saved_usd),
                "guarantee": "\n".join(_said(row) for row in asked.guarantees) or "none",
                "waiting": summary.waiting,
                "partial": answer.partial,
                "why": _why(summary) or summary.why or "every item was asked",
                "failed": summary.in_vain.total(),
                "notes": "\n".join([*summary.notes, *summary.advice]),
            }
        )

    return models


def _said(guarantee: dict[str, Any]) -> str:
    usd = guarantee["saved_usd"]
    gold = (
        " more than asking everywhere, for gold was asked about"
        if usd < 0
        else " saved, gold that was asked about taken off"
    )
    saved = f"; {guarantee['spared']} not asked, about ${abs(usd):.4f}{gold}"
    return f"{guarantee['voter']}: {guarantee['told']}{saved if guarantee['spared'] else ''}"


def _why(tally: Any) -> str | None:
    """Return why items are still to be asked; ``None`` where none are, or a batch will answer."""
    if tally.pending <= tally.waiting:
        return None
    return (
        tally.why or f"{counted(tally.again.total(), 'item')} got no answer ({_most(tally.again)})"
    )


def _most(reasons: Any) -> str | None:
    return reasons.most_common(1)[0][0] if reasons else None


def quoted(before: float | None, now: tuple[float, float] | None) -> float | None:
    """Return what the answers to a batch were to cost at worst, over all of its runs.

    Parameters
    ----------
    before : float, optional
        What earlier runs of the batch were quoted.
    now : (float, float), optional
        What was paid before this run, and what this one may cost at worst; ``None`` if there is
        no known price.

    Examples
    --------
    >>> quoted(None, (0.0, 2.0))
    2.0
    >>> quoted(2.0, (0.5, 1.0))  # a run that goes on is part of what was quoted
    2.0
    >>> quoted(2.0, (3.0, 0.0))  # dearer than quoted, and stays so
    2.0
    >>> quoted(2.0, (0.5, 4.0))  # more is asked than before
    4.5
    """
    if now is None:
        return before
    paid, worst = now
    if before is None:
        return paid + worst
    return max(before, min(paid, before) + worst)


def _with(table: pa.Table, **constants: str) -> pa.Table:
    for name, value in constants.items():
        table = table.append_column(name, pa.array([value] * table.num_rows, pa.string()))
    return table
