"""What the rules say of each item."""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import pyarrow as pa

from assets.decorators import by_batch
from assets.reading.suggested import retired_before
from assets.votes.rule_parts import RulesOnPart, Voted, vote_in_parts
from assets.votes.rule_sets import heard_in, load_voters
from labeling.rules.rule import Rule
from labeling.rules.spans.rule import SpanRule
from resources.engines.engine import engine_of
from resources.engines.parts import Part, cut, parts_folder, rows_of, write_parts
from resources.pictures import state_of
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import ITEMS, RULE_FAILURES, RULE_VERSIONS, RULE_VOTES
from resources.store.warehouse import Warehouse
from resources.task.task import Task


def rules(task: Task) -> dg.AssetsDefinition:
    """Declare the votes of the rules of ``task``."""

    @by_batch(task, RULE_VOTES, deps=[ITEMS], kinds=["hyperscan"])
    def rules(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """One row where a rule spoke; a rule that has not changed is not applied again."""
        batch = context.partition_key
        with warehouse.connect() as db:
            loaded = heard_in(load_voters(task), batch, retired_before(task, db, [batch])[batch])
        n_items, items_hash, applied = _read(task, warehouse, batch)
        stale = [rule for rule in loaded if applied.get(rule.voter) != (rule.version, items_hash)]
        gone = sorted(set(applied) - {rule.voter for rule in loaded})
        if stale or gone:
            with (
                parts_folder(task, batch) as folder,
                engine_of(task, tell=context.log.warning) as engine,
            ):
                work = RulesOnPart(
                    task,
                    {rule.name: rule.version for rule in stale},
                    {"batch": batch, "run": context.run.run_id},
                    folder,
                )
                parts = _parts_of_items(task, warehouse, batch, folder) if stale else []
                voted = vote_in_parts(engine, work, loaded, parts)
                _write(warehouse, batch, voted, gone, _versions(batch, stale, items_hash))
        (fired,) = warehouse.rows("votes.rules.fired", batch=batch)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": fired["votes"],
                "rules": len(loaded),
                "rules_that_fired": fired["fired"],
                "rules_applied_now": len(stale),
                "coverage_of_rules": dg.MetadataValue.float(fired["covered"] / max(n_items, 1)),
            }
        )

    return rules


def _read(
    task: Task, warehouse: Warehouse, batch: str
) -> tuple[int, str, dict[str, tuple[str, str]]]:
    """Return how many items there are, their hash, and what rules of which version met which items."""
    with warehouse.connect() as db:
        n_items = int(db.value("votes.rules.n_items", batch=batch))
        items_hash = db.value("reading.stamp.landed_hash", batch=batch)
        applied = db.tuples("votes.rules.applied", batch=batch)
        if task.spec.source.image is not None:
            images = db.column("votes.rules.images", batch=batch)
            items_hash = f"{items_hash} {state_of(task, images)}"
    return n_items, items_hash, {v: (version, seen) for v, version, seen in applied}


def _parts_of_items(task: Task, warehouse: Warehouse, batch: str, into: Path) -> list[Part]:
    rows = task.spec.scale.items_a_part
    with warehouse.connect() as db:
        stream = db.stream("votes.rules.items", rows, batch=batch)
        return write_parts(cut(stream, rows), into, "items")


def _versions(batch: str, rules: Sequence[Rule | SpanRule], items_hash: str) -> pa.Table:
    rows = [
        {"batch": batch, "voter": rule.voter, "version": rule.version, "items_hash": items_hash}
        for rule in rules
    ]
    return as_arrow(RULE_VERSIONS, rows)


def _write(
    warehouse: Warehouse, batch: str, voted: Sequence[Voted], gone: list[str], versions: pa.Table
) -> None:
    """Replace the rows of the rules of ``versions``, and note what they were applied to."""
    dropped = versions["voter"].to_pylist() + gone
    written = {
        RULE_VOTES: rows_of([one.votes for one in voted], RULE_VOTES),
        RULE_FAILURES: rows_of([one.failures for one in voted], RULE_FAILURES),
        RULE_VERSIONS: versions,
    }
    with warehouse.connect() as db, db.transaction():
        with db.lend(now_said=written[RULE_VOTES], now_applied=versions):
            db.run("votes.rules.make_edited")
            db.run("votes.rules.forget_changes", batch=batch)
            db.run("votes.rules.note_changes", batch=batch)
        for table, rows in written.items():
            db.delete(table, batch=batch, voter=dropped)
            db.insert(table, rows)
