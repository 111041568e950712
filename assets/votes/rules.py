"""What the rules say of each item."""

from pathlib import Path

import dagster as dg
import duckdb
import pyarrow as pa

from assets.decorators import by_batch
from labeling.rules.engine import RuleSet, RuleVotes
from labeling.rules.functions import with_pictures
from labeling.rules.reading import read_rules
from labeling.rules.rule import Rule
from labeling.rules.tables import spread
from resources.store.pictures import at_hand, state_of
from resources.store.tables import ITEMS, RULE_CHANGES, RULE_FAILURES, RULE_VERSIONS, RULE_VOTES
from resources.store.warehouse import Warehouse, insert, transaction
from resources.task.errors import TaskError
from resources.task.task import Task

EDITED = """
create or replace temp table edited as
select a.voter, b.version as version_before, a.version as version_after
from now_applied a join votes.rule_versions b using (batch, voter, items_hash)
where a.version <> b.version
"""
FORGET_CHANGES = """
delete from votes.rule_changes
where batch = $batch and voter in (select voter from edited)
"""
NOTE_CHANGES = """
insert into votes.rule_changes
select $batch, e.voter, e.version_before, e.version_after, item_id, o.label, n.label
from (
    select item_id, voter, label from votes.rules
    where batch = $batch and voter in (select voter from edited)
) o
full join (
    select item_id, voter, label from now_said where voter in (select voter from edited)
) n using (item_id, voter)
join edited e using (voter)
where o.label is distinct from n.label
"""
"""What a rule says otherwise since it was edited; new items are no change of the rule."""


def rules(task: Task) -> dg.AssetsDefinition:
    """Declare the votes of the rules of ``task``."""

    @by_batch(task, RULE_VOTES, group="votes", deps=[ITEMS], kinds=["hyperscan"])
    def rules(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
        """One row where a rule spoke; a rule that has not changed is not applied again."""
        batch = context.partition_key
        loaded = load_rules(task)
        warehouse.ensure(RULE_VOTES, RULE_FAILURES, RULE_VERSIONS, RULE_CHANGES)
        items, items_hash, applied = _read(task, warehouse, batch)
        current = {f"rule/{rule.name}": rule for rule in loaded}
        stale = [
            rule.name
            for voter, rule in current.items()
            if applied.get(voter) != (rule.version, items_hash)
        ]
        gone = sorted(set(applied) - set(current))
        if stale or gone:
            result = _compiled(loaded, task.classes).apply(items, run_sql=run_sql, only=stale)
            dropped = [f"rule/{name}" for name in stale] + gone
            _write(warehouse, batch, context.run.run_id, result, dropped, items_hash, current)
        fired = warehouse.read(
            "select count(*) as votes, count(distinct voter) as fired,"
            " count(distinct item_id) as covered from votes.rules where batch = ?",
            [batch],
        ).to_pylist()[0]
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": fired["votes"],
                "rules": len(loaded),
                "rules_that_fired": fired["fired"],
                "rules_applied_now": len(stale),
                "coverage": dg.MetadataValue.float(fired["covered"] / max(items.num_rows, 1)),
            }
        )

    return rules


def load_rules(task: Task) -> list[Rule]:
    """Read the task's rules; its YAML files and at most one Python file.

    Raises
    ------
    TaskError
        If task.yaml names a rules file that does not stand.
    RuleError
        As :func:`labeling.rules.reading.read_rules`.
    """
    paths = [task.folder / name for name in task.spec.rules.files]
    if not task.spec.rules.model_fields_set and not any(path.is_file() for path in paths):
        return []  # a task that lives without rules need not say so
    for path in paths:
        if not path.is_file():
            raise TaskError(
                f"{task.folder / 'task.yaml'}: rules.files: {path.name} does not stand in "
                f"{task.folder}; write it, or take it off the list"
            )
    python: list[Path] = [path for path in paths if path.suffix == ".py"]
    written = [path for path in paths if path.suffix != ".py"]
    if not paths:
        return []
    if len(python) > 1 or len(written) != 1:
        raise TaskError(
            f"{task.folder / 'task.yaml'}: rules.files: one YAML file and at most one Python file "
            f"are allowed, found {', '.join(task.spec.rules.files)}"
        )
    return read_rules(written[0], task.classes, python[0] if python else None)


_LAST: dict[tuple[object, ...], RuleSet] = {}
"""The rules compiled last: batches come one after another, and compiling costs more than matching."""


def _compiled(loaded: list[Rule], classes: tuple[str, ...]) -> RuleSet:
    """Return the rule set, the last one again if every rule still means the same."""
    key = (classes, *((rule.name, rule.version) for rule in loaded))
    if key not in _LAST:
        _LAST.clear()
        _LAST[key] = RuleSet(loaded, classes)
    return _LAST[key]


def run_sql(expression: str, items: pa.Table) -> pa.Table:
    """Run a rule's SQL over ``items`` in a DuckDB of its own, which holds nothing else."""
    with duckdb.connect(config={"enable_external_access": "false"}) as db:
        db.register("batch", items)
        return db.execute(expression).to_arrow_table()


def _read(
    task: Task, warehouse: Warehouse, batch: str
) -> tuple[pa.Table, str, dict[str, tuple[str, str]]]:
    with warehouse.connect() as db:
        items = db.execute(
            "select item_id, text, image, time, metadata from raw.items where batch = ?"
            " order by item_id",
            [batch],
        ).to_arrow_table()
        items_hash = db.value("reading.stamp.landed_hash", batch=batch)
        applied = db.execute(
            "select voter, version, items_hash from votes.rule_versions where batch = ?", [batch]
        ).fetchall()
    table = spread_metadata(items)
    if task.spec.source.image is not None:
        images = items["image"].to_pylist()
        items_hash = f"{items_hash} {state_of(task, images)}"
        table = with_pictures(table, [at_hand(task, image) for image in images])
    return table, items_hash, {v: (version, seen) for v, version, seen in applied}


def spread_metadata(items: pa.Table) -> pa.Table:
    """Turn the JSON of ``metadata`` into columns of their own, for rules to look at."""
    table = items.drop_columns(["metadata"])
    for name, column in spread([str(one) for one in items["metadata"].to_pylist()]).items():
        if name not in table.column_names:
            table = table.append_column(name, column)
    return table


def _write(
    warehouse: Warehouse,
    batch: str,
    run: str,
    result: RuleVotes,
    dropped: list[str],
    items_hash: str,
    current: dict[str, Rule],
) -> None:
    """Replace the rows of the rules in ``dropped``, and note what they were applied to."""
    applied = [voter for voter in dropped if voter in current]
    votes = _stamped(result.votes, batch=batch, run=run)
    votes = votes.append_column("confidence", pa.nulls(votes.num_rows, pa.float64()))
    failures = _stamped(result.failures, batch=batch)
    failures = failures.append_column(
        "voter", pa.array([f"rule/{n}" for n in failures["rule"].to_pylist()], pa.string())
    )
    versions = pa.table(
        {
            "batch": pa.array([batch] * len(applied), pa.string()),
            "voter": pa.array(applied, pa.string()),
            "version": pa.array([current[voter].version for voter in applied], pa.string()),
            "items_hash": pa.array([items_hash] * len(applied), pa.string()),
        }
    )
    with warehouse.connect() as db, transaction(db):
        db.register("now_said", votes)
        db.register("now_applied", versions)
        db.execute(EDITED)
        db.execute(FORGET_CHANGES, {"batch": batch})
        db.execute(NOTE_CHANGES, {"batch": batch})
        for table in (RULE_VOTES, RULE_FAILURES, RULE_VERSIONS):
            db.execute(
                f"delete from {table.sql_name} where batch = ? and list_contains(?, voter)",
                [batch, dropped],
            )
        insert(db, RULE_VOTES, votes)
        insert(db, RULE_FAILURES, failures)
        insert(db, RULE_VERSIONS, versions)


def _stamped(table: pa.Table, **constants: str) -> pa.Table:
    for name, value in constants.items():
        column = pa.array([value] * table.num_rows, pa.string())
        table = table.append_column(name, column)
    return table
