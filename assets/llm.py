"""What models say of each item they are asked about."""

from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from assets.calibrated import calibrated
from assets.declare import by_batch
from assets.examples import example_pool
from assets.tables import ITEMS, MODEL_ABSTENTIONS, MODEL_USE, MODEL_VOTES, RULE_VOTES
from assets.told import truth_told
from orchestration.resources.table import Table
from orchestration.resources.warehouse import Warehouse, insert, transaction
from orchestration.task.task import Task

UNDECIDED = """
select i.item_id
from raw.items i
left join votes.rules r using (item_id, batch)
where i.batch = $batch
group by i.item_id
having count(distinct r.label) <> 1
order by md5(i.item_id)
"""
"""Items on which the rules say nothing, or not the same; in an order that favours none."""


def models(task: Task) -> dg.AssetsDefinition:
    """Declare the votes of the models of ``task``."""

    @by_batch(task, MODEL_VOTES, group="votes", deps=[ITEMS, RULE_VOTES], kinds=["litellm"])
    def models(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """One row where a model answered with a class; nothing is asked or paid for twice."""
        batch = context.partition_key
        warehouse.ensure(MODEL_VOTES, MODEL_ABSTENTIONS, MODEL_USE)
        if task.spec.models is None:
            _write(warehouse, batch, _empty(MODEL_VOTES), _empty(MODEL_ABSTENTIONS), [])
            return dg.MaterializeResult(metadata={"dagster/partition_row_count": 0, "models": 0})
        items = warehouse.read(
            "select item_id, text, image from raw.items where batch = ? order by item_id", [batch]
        )
        with warehouse.connect() as db:
            undecided = [r[0] for r in db.execute(UNDECIDED, {"batch": batch}).fetchall()]
            spent = {
                r[0]: r[1:]
                for r in db.execute(
                    "select voter, calls, cost_usd, quoted_usd, p95_s from votes.model_use"
                    " where batch = ?",
                    [batch],
                ).fetchall()
            }
        from orchestration.resources.models import voter_versions

        versions = voter_versions(task)
        answer, quoted = _ask(task, context, warehouse, batch, items, undecided)
        use = [
            {
                "batch": batch,
                "voter": voter,
                "version": versions[voter],
                "calls": tally.calls + spent.get(voter, NOTHING)[0],
                "cached": tally.cached,
                "cost_usd": tally.cost_usd + spent.get(voter, NOTHING)[1],
                "parse_failures": tally.parse_failures,
                "refusals": tally.refusals + tally.filtered,
                "p95_s": tally.latency_s(0.95) or spent.get(voter, NOTHING)[3],
                "quoted_usd": _sum(quoted.get(voter), spent.get(voter, NOTHING)[2]),
                "partial": bool(tally.why),
            }
            for voter, tally in answer.by_voter.items()
        ]
        said = calibrated(warehouse, batch, answer.votes)
        votes = _with(said, batch=batch, run=context.run.run_id)
        _write(warehouse, batch, votes, _with(answer.abstentions, batch=batch), use)
        summary = answer.summary
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": votes.num_rows,
                "calls": summary.calls,
                "cached": summary.cached,
                "cost_usd": dg.MetadataValue.float(summary.cost_usd),
                "parse_failures": summary.parse_failures,
                "refusals": summary.refusals,
                "calibrated": int(pc.sum(said["calibrated"]).as_py() or 0),
                "p50_s": dg.MetadataValue.float(summary.latency_s(0.5) or 0.0),
                "p95_s": dg.MetadataValue.float(summary.latency_s(0.95) or 0.0),
                "partial": answer.partial,
                "why": summary.why or "every item was asked",
            }
        )

    return models


NOTHING = (0, 0.0, None, None)
"""Calls, cost, quote and latency of a voter that was not asked before."""


def _ask(
    task: Task,
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    batch: str,
    items: pa.Table,
    undecided: list[Any],
) -> tuple[Any, dict[str, float | None]]:
    """Ask the task's prompts about the items they are meant for; also what that was to cost."""
    from labeling.llm.labelling import Progress, label_batch
    from labeling.llm.ledger import Ledger
    from labeling.llm.quote import quote_batch
    from orchestration.resources.models import (
        budget_of,
        classes_of,
        pace_of,
        prompts_of,
        redactor_of,
        transport_of,
    )

    spec = task.spec.models
    assert spec is not None  # noqa: S101  # the caller has looked
    wanted = undecided if spec.ask == "undecided" else items["item_id"].to_pylist()
    chosen = set(wanted[: spec.per_batch])
    asked = items.filter(pa.array([i in chosen for i in items["item_id"].to_pylist()], pa.bool_()))
    if asked["image"].null_count == asked.num_rows:
        asked = asked.drop_columns(["image"])

    def tell(now: Progress) -> None:
        context.log.info("%s: %s of %s", now.voter, now.done, now.total)

    prompts, redact = prompts_of(task), redactor_of(task)
    asking: dict[str, Any] = {
        "examples": example_pool(warehouse, batch, prompts, redact),
        "redact": redact,
        "undecided": undecided,
        "image_folder": task.folder,
    }
    with (
        transport_of(task, truth_told(task, asked, redact), now=batch) as transport,
        Ledger(task.ledger) as ledger,
    ):
        quoted: dict[str, float | None] = {}
        if not transport.free:
            quotes = quote_batch(asked, prompts, classes_of(task), transport, ledger, **asking)
            quoted = {quote.voter: quote.worst_usd for quote in quotes}
        answer = label_batch(
            asked,
            prompts,
            classes_of(task),
            transport,
            ledger,
            run=context.run.run_id,
            budget=budget_of(task),
            pace=pace_of(task),
            progress=tell,
            **asking,
        )
    return answer, quoted


def _sum(now: float | None, before: float | None) -> float | None:
    return None if now is None and before is None else (now or 0.0) + (before or 0.0)


def _write(
    warehouse: Warehouse,
    batch: str,
    votes: pa.Table,
    abstentions: pa.Table,
    use: list[dict[str, Any]],
) -> None:
    with warehouse.connect() as db, transaction(db):
        for table in (MODEL_VOTES, MODEL_ABSTENTIONS, MODEL_USE):
            db.execute(f"delete from {table.sql_name} where batch = ?", [batch])
        insert(db, MODEL_VOTES, votes)
        insert(db, MODEL_ABSTENTIONS, abstentions)
        if use:
            insert(db, MODEL_USE, pa.Table.from_pylist(use))


def _with(table: pa.Table, **constants: str) -> pa.Table:
    for name, value in constants.items():
        table = table.append_column(name, pa.array([value] * table.num_rows, pa.string()))
    return table


def _empty(table: Table) -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in table.columns})
