"""A panel of reviewed items that every prompt answers again: did the model change?"""

import math
import time
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pyarrow as pa

from assets.decorators import by_batch
from assets.quality.canary_panel import canary_examples, canary_panel
from assets.votes.simulated_truth import simulated_truth
from resources.dagster.tags import ROUND_TAG
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import CANARY, DRIFT, MODEL_VOTES
from resources.store.warehouse import Warehouse
from resources.task.settings.models import Canary
from resources.task.task import Task


def canary(task: Task) -> dg.AssetsDefinition:
    """Declare the canary of ``task``."""

    @by_batch(task, CANARY, deps=[MODEL_VOTES, DRIFT], kinds=["litellm"])
    def canary(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """What each prompt says of the same reviewed items as before, the ledger left aside."""
        batch = context.partition_key
        spec = task.spec.models.canary if task.spec.models else None
        panel = canary_panel(warehouse, batch, spec.items if spec else 0)
        wanted = context.run.tags.get(ROUND_TAG)
        name = f"canary {batch}"
        if wanted is not None and panel.num_rows:
            name = _begun(task, wanted)
        rows = warehouse.rows("quality.canary.round", name=name)
        why = _why_not(task, spec, warehouse, batch, panel.num_rows, by_clock=wanted is not None)
        if panel.num_rows and (rows or not why):
            why = ""
            # what a model said in a round cannot be asked again: only who is missing is asked
            rows = _ask(task, warehouse, batch, name, panel, rows)
            if rows:
                _write(warehouse, name, rows)
        return dg.MaterializeResult(metadata=_metadata(panel.num_rows, rows, why))

    return canary


def _metadata(panel: int, rows: list[dict[str, Any]], why: str) -> dict[str, Any]:
    right = [row["accuracy"] for row in rows if row["accuracy"] is not None]
    return {
        "panel": panel,
        "changed": sum(bool(row["changed"]) for row in rows),
        "incomplete": sum(row["why"] is not None for row in rows),
        "calls": sum(int(row["calls"]) for row in rows),
        "cost_usd": dg.MetadataValue.float(sum((float(row["cost_usd"]) for row in rows), 0.0)),
        "accuracy": dg.MetadataValue.float(min(map(float, right), default=math.nan)),
        "findings": dg.MetadataValue.md(
            "\n".join(f"- {row['verdict']}" for row in rows) or f"not asked: {why}"
        ),
    }


def _why_not(
    task: Task, spec: Canary | None, warehouse: Warehouse, batch: str, panel: int, by_clock: bool
) -> str:
    """Say why no new round is asked now; empty if one is."""
    if spec is None or task.spec.models is None:
        return "task.yaml has no models.canary"
    if not panel:
        return f"the panel takes {spec.items} reviewed items of batches before {batch}"
    if by_clock:
        return ""
    if spec.every_nth is None:
        return f"asked by the clock alone (models.canary.cron: {spec.cron})"
    hours = _hours_since_last(task)
    if task.spec.demo.simulated is None and hours < spec.hours:
        # a history labelled in one go is one moment of the model
        return f"the last round is {hours:.1f} h old, and models.canary.hours is {spec.hours:g}"
    if warehouse.value("quality.canary.batches_since", batch=batch) % spec.every_nth:
        return f"asked with every {spec.every_nth}. batch"
    return ""


def _hours_since_last(task: Task) -> float:
    """Return hours since any voter's last round; infinite where there was none."""
    from labeling.llm.canary.rounds import last_asked
    from labeling.llm.ledger.opening import open_ledger

    with open_ledger(task.ledger) as ledger:
        asked_at = last_asked(ledger)
    return math.inf if asked_at is None else (time.time() - asked_at) / 3600


def _begun(task: Task, wanted: str) -> str:
    """Begin a round by the clock, or go on with one that a crash or a budget cut short."""
    from labeling.llm.canary.rounds import begin
    from labeling.llm.ledger.opening import open_ledger

    with open_ledger(task.ledger) as ledger:
        return begin(ledger, wanted)


def _ask(
    task: Task,
    warehouse: Warehouse,
    batch: str,
    name: str,
    panel: pa.Table,
    before: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Ask the prompts that have not completed this round; return a row for each that was asked."""
    from labeling.llm.canary.canary import ask_canary
    from labeling.llm.canary.rounds import end
    from labeling.llm.ledger.opening import open_ledger
    from resources.models.task_models import (
        budget_of,
        classes_of,
        pace_of,
        prompts_of,
        redactor_of,
        transport_of,
    )

    redact, classes = redactor_of(task), classes_of(task)
    done = [row for row in before if row["accuracy"] is not None]
    versions = {row["version"] for row in done}
    prompts = tuple(p for p in prompts_of(task) if p.version(classes) not in versions)
    if not prompts:
        with open_ledger(task.ledger) as ledger:
            end(ledger, name)
        return done
    spent = {(r["voter"], r["version"]): (r["calls"], r["cost_usd"]) for r in before}
    if panel["image"].null_count == panel.num_rows:
        panel = panel.drop_columns(["image"])
    with (
        transport_of(task, simulated_truth(task, panel, redact), now=batch) as transport,
        open_ledger(task.ledger) as ledger,
    ):
        findings, tallies = ask_canary(
            panel,
            prompts,
            classes,
            transport,
            ledger,
            round_id=name,
            budget=budget_of(task),
            pace=pace_of(task),
            examples=canary_examples(warehouse, prompts, redact),
            redact=redact,
            image_folder=task.image_folder,
        )
        if len(findings) == len(prompts):
            end(ledger, name)
    found = {finding.voter: finding for finding in findings}
    kind = "simulated" if transport.simulated else "llm"
    rows = done
    for prompt in prompts:
        voter, version = f"{kind}/{prompt.name}", prompt.version(classes)
        tally, earlier = tallies[voter], spent.get((voter, version), (0, 0.0))
        row = _complete(found[voter]) if voter in found else _cut_short(voter, version, tally.why)
        took = {"calls": earlier[0] + tally.calls, "cost_usd": earlier[1] + tally.cost_usd}
        rows.append({"round": name, "batch": batch, **row, **took})
    return rows


def _complete(found: Any) -> dict[str, Any]:
    return {
        "asked_at": datetime.fromtimestamp(found.asked_at, UTC),
        "voter": found.voter,
        "version": found.version,
        "why": found.blind or None,
        "items": found.n_items,
        "accuracy": found.accuracy,
        "accuracy_before": None if math.isnan(found.accuracy_before) else found.accuracy_before,
        "flips": found.flips,
        "evidence": found.e_value,
        "needed": found.threshold,
        "changed": found.changed,
        "fingerprint_changed": found.fingerprint_changed,
        "verdict": found.verdict,
    }


def _cut_short(voter: str, version: str, why: str) -> dict[str, Any]:
    return {
        "asked_at": datetime.now(UTC),
        "voter": voter,
        "version": version,
        "why": why,
        "accuracy": None,
        "changed": False,
        "fingerprint_changed": False,
        "verdict": f"{voter}: the round is not complete: {why}",
    }


def _write(warehouse: Warehouse, name: str, rows: list[dict[str, Any]]) -> None:
    warehouse.replace({CANARY: as_arrow(CANARY, rows)}, round=name)
