"""The rules of a task read from its files, and put to items: all that a worker needs of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from labeling.rules.engine import RuleSet
from labeling.rules.functions import with_pictures
from labeling.rules.metadata import spread
from labeling.rules.reading.reading import read_rules
from labeling.rules.rule import Rule
from labeling.rules.spans.engine import SpanRuleSet
from labeling.rules.spans.reading import read_span_rules
from labeling.rules.spans.rule import SpanRule
from labeling.rules.spans.votes import as_votes
from labeling.rules.suggested import heard
from resources.pictures import at_hand
from resources.store.user_sql import run_over
from resources.task.errors import TaskError
from resources.task.task import Task

S = TypeVar("S")
R = TypeVar("R", Rule, SpanRule)


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
    task: Task, loaded: Sequence[Rule] | Sequence[SpanRule], items: pa.Table, only: list[str]
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


def seen_by_rules(
    task: Task, items: pa.Table, types: Mapping[str, pa.DataType] | None = None
) -> pa.Table:
    """Return items as rules look at them: metadata in columns of their own, pictures at hand.

    ``types`` are those of the metadata of a whole batch, see :func:`labeling.rules.metadata.spread`.
    """
    table = items.drop_columns(["metadata"])
    said = [str(one) for one in items["metadata"].to_pylist()]
    for name, column in spread(said, types).items():
        if name not in table.column_names:
            table = table.append_column(name, column)
    if task.spec.source.image is None:
        return table
    return with_pictures(table, [at_hand(task, image) for image in items["image"].to_pylist()])
