"""A panel of reviewed items that every prompt answers again: did the model change?"""

import math
import time
from typing import Any

import dagster as dg
import pyarrow as pa

from assets.declare import by_batch
from assets.examples import example_pool
from assets.tables import CANARY, CANARY_PANEL, DRIFT, GOLD, ITEMS, MODEL_VOTES
from assets.told import truth_told
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task

CHOOSE = """
insert into people.canary_panel
select item_id, batch, label, $batch from people.gold
where batch < $batch order by origin = 'queue', md5(item_id) limit $items
"""
"""Audit gold first: it was drawn at random. An order that favours nothing, and is the same again."""

PANEL = """
select i.item_id, i.text, i.image, p.label
from people.canary_panel p join raw.items i using (item_id, batch)
where p.chosen_for <= $batch order by i.item_id
"""
ROUND = """
select count(distinct batch) as rounds from raw.items
where batch > (select min(chosen_for) from people.canary_panel) and batch <= $batch
"""


def canary(task: Task) -> dg.AssetsDefinition:
    """Declare the canary of ``task``."""

    @by_batch(task, CANARY, group="quality", deps=[MODEL_VOTES, DRIFT], kinds=["litellm"])
    def canary(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """What each prompt says of the same reviewed items as before, the ledger left aside."""
        batch = context.partition_key
        warehouse.ensure(CANARY, CANARY_PANEL, GOLD, ITEMS)
        panel = _panel(task, warehouse, batch)
        rows = warehouse.read("from quality.canary where batch = ?", [batch]).to_pylist()
        if panel.num_rows and (rows or _is_due(task, warehouse, batch)):
            # what a model said in a round cannot be asked again: only who is missing is asked
            rows += _ask(task, warehouse, batch, panel, {row["version"] for row in rows})
            if rows:
                warehouse.replace_batch(CANARY, batch, pa.Table.from_pylist(rows))
        return dg.MaterializeResult(
            metadata={
                "panel": panel.num_rows,
                "changed": sum(bool(row["changed"]) for row in rows),
                "calls": sum(int(row["calls"]) for row in rows),
                "cost_usd": dg.MetadataValue.float(
                    sum((float(row["cost_usd"]) for row in rows), 0.0)
                ),
                "accuracy": dg.MetadataValue.float(
                    min((float(row["accuracy"]) for row in rows), default=math.nan)
                ),
                "findings": dg.MetadataValue.md(
                    "\n".join(f"- {row['verdict']}" for row in rows) or "not asked"
                ),
            }
        )

    return canary


def _panel(task: Task, warehouse: Warehouse, batch: str) -> pa.Table:
    """Return the panel, chosen now if there is none and gold enough; empty before that."""
    spec = task.spec.models
    if spec is None or spec.canary is None:
        return pa.table({"item_id": pa.array([], pa.string())})
    with warehouse.connect() as db:
        chosen, enough = db.execute(
            "select (select count(*) from people.canary_panel),"
            " (select count(*) >= ? from people.gold where batch < ?)",
            [spec.canary.items, batch],
        ).fetchone() or (0, False)
        if not chosen and enough:
            db.execute(CHOOSE, {"batch": batch, "items": spec.canary.items})
        return db.execute(PANEL, {"batch": batch}).to_arrow_table()


def _is_due(task: Task, warehouse: Warehouse, batch: str) -> bool:
    """Whether it is the turn of this batch: the first one asked, and every n-th after it."""
    spec = task.spec.models
    if spec is None or spec.canary is None:
        return False
    if spec.simulated is None and _hours_since_last(task) < spec.canary.hours:
        return False  # a history labelled in one go is one moment of the model
    since = warehouse.read(ROUND, {"batch": batch})["rounds"].to_pylist()
    return int(since[0] or 0) % spec.canary.every == 0


def _hours_since_last(task: Task) -> float:
    """Return hours since any voter's last round; infinite where there was none."""
    from labeling.llm.canary import last_asked
    from labeling.llm.ledger import Ledger

    with Ledger(task.ledger) as ledger:
        asked_at = last_asked(ledger)
    return math.inf if asked_at is None else (time.time() - asked_at) / 3600


def _ask(
    task: Task, warehouse: Warehouse, batch: str, panel: pa.Table, asked: set[str]
) -> list[dict[str, Any]]:
    """Ask the prompts whose version is not among ``asked``; return a row for each that answered."""
    from labeling.llm.canary import ask_canary
    from labeling.llm.ledger import Ledger
    from orchestration.resources.models import (
        budget_of,
        classes_of,
        pace_of,
        prompts_of,
        redactor_of,
        transport_of,
    )

    redact, classes = redactor_of(task), classes_of(task)
    prompts = tuple(p for p in prompts_of(task) if p.version(classes) not in asked)
    if not prompts:
        return []
    if panel["image"].null_count == panel.num_rows:
        panel = panel.drop_columns(["image"])
    with (
        transport_of(task, truth_told(task, panel, redact), now=batch) as transport,
        Ledger(task.ledger) as ledger,
    ):
        findings, tallies = ask_canary(
            panel,
            prompts,
            classes,
            transport,
            ledger,
            round_id=f"canary {batch}",
            budget=budget_of(task),
            pace=pace_of(task),
            examples=example_pool(warehouse, batch, prompts, redact),
            redact=redact,
            image_folder=task.folder,
        )
    return [
        {
            "batch": batch,
            "voter": found.voter,
            "version": found.version,
            "items": found.n_items,
            "accuracy": found.accuracy,
            "accuracy_before": None if math.isnan(found.accuracy_before) else found.accuracy_before,
            "flips": found.flips,
            "evidence": found.e_value,
            "needed": found.threshold,
            "changed": found.changed,
            "fingerprint_changed": found.fingerprint_changed,
            "verdict": found.verdict,
            "calls": tallies[found.voter].calls,
            "cost_usd": tallies[found.voter].cost_usd,
        }
        for found in findings
    ]
