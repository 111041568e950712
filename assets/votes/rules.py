"""What the rules say of each item."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import dagster as dg
import pyarrow as pa

from assets.decorators import by_batch
from assets.reading.suggested import retired_before
from labeling.rules.engine import RuleSet
from labeling.rules.functions import with_pictures
from labeling.rules.reading.reading import read_rules
from labeling.rules.rule import Rule
from labeling.rules.spans.engine import SpanRuleSet
from labeling.rules.spans.reading import read_span_rules
from labeling.rules.spans.rule import SpanRule
from labeling.rules.spans.votes import as_votes
from labeling.rules.suggested import heard
from labeling.rules.tables import spread
from resources.pictures import at_hand, state_of
from resources.store.given import GivenWarehouse
from resources.store.tables import ITEMS, RULE_FAILURES, RULE_VERSIONS, RULE_VOTES
from resources.store.user_sql import run_over
from resources.store.warehouse import Warehouse
from resources.task.errors import TaskError
from resources.task.task import Task

S = TypeVar("S")
R = TypeVar("R", Rule, SpanRule)


def rules(task: Task) -> dg.AssetsDefinition:
    """Declare the votes of the rules of ``task``."""

    @by_batch(task, RULE_VOTES, deps=[ITEMS], kinds=["hyperscan"])
    def rules(context: dg.AssetExecutionContext, warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """One row where a rule spoke; a rule that has not changed is not applied again."""
        batch = context.partition_key
        with warehouse.connect() as db:
            loaded = heard_in(load_voters(task), batch, retired_before(task, db, [batch])[batch])
        items, items_hash, applied = _read(task, warehouse, batch)
        current = {f"rule/{rule.name}": rule for rule in loaded}
        stale = [
            rule.name
            for voter, rule in current.items()
            if applied.get(voter) != (rule.version, items_hash)
        ]
        gone = sorted(set(applied) - set(current))
        if stale or gone:
            found = apply_rules(task, loaded, items, stale)
            dropped = [f"rule/{name}" for name in stale] + gone
            _write(warehouse, batch, context.run.run_id, found, dropped, items_hash, current)
        (fired,) = warehouse.rows("votes.rules.fired", batch=batch)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": fired["votes"],
                "rules": len(loaded),
                "rules_that_fired": fired["fired"],
                "rules_applied_now": len(stale),
                "coverage_of_rules": dg.MetadataValue.float(
                    fired["covered"] / max(items.num_rows, 1)
                ),
            }
        )

    return rules


def load_rules(task: Task) -> list[Rule]:
    """Read the task's rules, where they are about items as a whole; none where they mark spans.

    Raises
    ------
    TaskError, RuleError
        As :func:`load_voters`.
    """
    return [rule for rule in load_voters(task) if isinstance(rule, Rule)]


def load_voters(task: Task) -> list[Rule] | list[SpanRule]:
    """Read the task's rules: its YAML files, one where texts are marked, and at most one Python file.

    Raises
    ------
    TaskError
        If task.yaml names a rules file that does not stand.
    RuleError
        As :func:`labeling.rules.reading.reading.read_rules`.
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
    too_many = len(written) > 1 and task.kind.marks_text
    if len(python) > 1 or not written or too_many:
        many = "one YAML file" if task.kind.marks_text else "YAML files"
        raise TaskError(
            f"{task.folder / 'task.yaml'}: rules.files: {many} and at most one Python file "
            f"are allowed, found {', '.join(task.spec.rules.files)}"
        )
    own = python[0] if python else None
    if task.kind.marks_text:
        return read_span_rules(written[0], task.classes, own)
    return read_rules(written, task.kind.marks(task.classes), own)


def heard_in(
    loaded: list[Rule] | list[SpanRule], batch: str, retired: Collection[str]
) -> list[Rule] | list[SpanRule]:
    """Keep the rules that vote on a batch: of those that models wrote, not all do."""
    spans = [rule for rule in loaded if isinstance(rule, SpanRule)]
    rules = [rule for rule in loaded if isinstance(rule, Rule)]
    return spans or [one for one in rules if heard(one.suggested, one.voter, batch, retired)]


def apply_rules(
    task: Task, loaded: list[Rule] | list[SpanRule], items: pa.Table, only: list[str]
) -> tuple[pa.Table, pa.Table]:
    """Return votes and failures of some of the rules, as of :class:`labeling.rules.hits.RuleVotes`."""
    spans = [rule for rule in loaded if isinstance(rule, SpanRule)]
    if spans:
        chosen = [rule for rule in spans if rule.name in only]
        return as_votes(_compiled(SpanRuleSet, chosen, task.classes).apply(items), items)
    rules = [rule for rule in loaded if isinstance(rule, Rule)]
    rule_set = _compiled(RuleSet, rules, task.kind.marks(task.classes))
    result = rule_set.apply(items, run_sql=run_over, only=only)
    return result.votes, result.failures


_LAST: dict[tuple[object, ...], Any] = {}
"""The rules compiled last: batches come one after another, and compiling costs more than matching."""


def _compiled(
    kind: Callable[[list[R], tuple[str, ...]], S], rules: list[R], classes: tuple[str, ...]
) -> S:
    """Return the rule set, the last one again if every rule still means the same."""
    key = (kind, classes, *((rule.name, rule.version) for rule in rules))
    if key not in _LAST:
        _LAST.clear()
        _LAST[key] = kind(rules, classes)
    return _LAST[key]


def _read(
    task: Task, warehouse: Warehouse, batch: str
) -> tuple[pa.Table, str, dict[str, tuple[str, str]]]:
    with warehouse.connect() as db:
        items = db.read("votes.rules.items", batch=batch)
        items_hash = db.value("reading.stamp.landed_hash", batch=batch)
        applied = db.tuples("votes.rules.applied", batch=batch)
    if task.spec.source.image is not None:
        items_hash = f"{items_hash} {state_of(task, items['image'].to_pylist())}"
    return (
        seen_by_rules(task, items),
        items_hash,
        {v: (version, seen) for v, version, seen in applied},
    )


def seen_by_rules(task: Task, items: pa.Table) -> pa.Table:
    """Return items as rules look at them: metadata in columns of their own, pictures at hand."""
    table = spread_metadata(items)
    if task.spec.source.image is None:
        return table
    return with_pictures(table, [at_hand(task, image) for image in items["image"].to_pylist()])


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
    found: tuple[pa.Table, pa.Table],
    dropped: list[str],
    items_hash: str,
    current: Mapping[str, Rule | SpanRule],
) -> None:
    """Replace the rows of the rules in ``dropped``, and note what they were applied to."""
    applied = [voter for voter in dropped if voter in current]
    votes = _stamped(found[0], batch=batch, run=run)
    votes = votes.append_column("confidence", pa.nulls(votes.num_rows, pa.float64()))
    failures = _stamped(found[1], batch=batch)
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
    written = {RULE_VOTES: votes, RULE_FAILURES: failures, RULE_VERSIONS: versions}
    with warehouse.connect() as db, db.transaction():
        with db.lend(now_said=votes, now_applied=versions):
            db.run("votes.rules.make_edited")
            db.run("votes.rules.forget_changes", batch=batch)
            db.run("votes.rules.note_changes", batch=batch)
        for table, rows in written.items():
            db.delete(table, batch=batch, voter=dropped)
            db.insert(table, rows)


def _stamped(table: pa.Table, **constants: str) -> pa.Table:
    for name, value in constants.items():
        column = pa.array([value] * table.num_rows, pa.string())
        table = table.append_column(name, column)
    return table
