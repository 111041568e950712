"""Rules put to the parts of a batch, wherever these are worked on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from assets.votes.rule_sets import apply_rules, load_voters, seen_by_rules
from labeling.errors import RuleError
from labeling.rules.metadata import spread, whole
from labeling.rules.rule import Rule, Sql
from labeling.rules.spans.rule import SpanRule
from resources.engines.engine import Engine
from resources.engines.parts import Part, write_part
from resources.store.table import in_columns
from resources.store.tables import RULE_FAILURES, RULE_VOTES
from resources.task.task import Task

Loaded = Sequence[Rule] | Sequence[SpanRule]
Types = Mapping[str, pa.DataType]


class Voted(NamedTuple):
    """What rules said of a part, in files."""

    votes: Part
    failures: Part


@dataclass(frozen=True)
class RulesOnPart:
    """Lets rules vote on the items of a part, and writes what they say into files.

    Parameters
    ----------
    task : Task
        Its folder has the rules, wherever this runs.
    versions : mapping of str to str
        Of the rules to put to the items, by their names: rules of other versions are refused.
    stamps : mapping of str to str
        Columns that each row has, ``batch`` and ``run``.
    into : Path
        Folder of the files.
    types : mapping, optional
        Of the metadata of the whole batch, where it is known.
    """

    task: Task
    versions: Mapping[str, str]
    stamps: Mapping[str, str]
    into: Path
    types: Types | None = None

    def __call__(self, part: Part) -> Voted:
        """Write the votes and failures of a part, under names that follow from its number."""
        return self.on(part.read(), part.number)

    def on(self, items: pa.Table, number: int) -> Voted:
        """Write the same of items in memory."""
        seen = seen_by_rules(self.task, items, self.types)
        found = apply_rules(self.task, _as_begun(self), seen, list(self.versions))
        failures = found[1].append_column(
            "voter",
            pa.array([f"rule/{name}" for name in found[1]["rule"].to_pylist()], pa.string()),
        )
        votes, failures = (
            write_part(in_columns(table, rows, **self.stamps), self.into, table.name, number)
            for table, rows in ((RULE_VOTES, found[0]), (RULE_FAILURES, failures))
        )
        return Voted(votes, failures)


def vote_in_parts(
    engine: Engine, work: RulesOnPart, loaded: Loaded, parts: Sequence[Part]
) -> list[Voted]:
    """Put rules to all parts of a batch; rules with SQL see the batch as a whole.

    Parameters
    ----------
    engine : Engine
    work : RulesOnPart
    loaded : sequence of rules
        Those of ``work.versions`` are among them.
    parts : sequence of Part
        Of the items as ``votes.rules.items`` has them, in order.

    Returns
    -------
    list of Voted
        One a part, and one more where several parts meet SQL.

    Raises
    ------
    RuleError
        As :meth:`labeling.rules.engine.RuleSet.apply`, or where a worker finds other rules.
    """
    many = len(parts) > 1
    by_sql = {one.name for one in loaded if many and isinstance(one, Rule) and _is_sql(one)}
    alone, apart = (
        replace(work, versions={n: v for n, v in work.versions.items() if (n in by_sql) == sql})
        for sql in (True, False)
    )
    _BEGUN.clear()
    _BEGUN.update({_key(one): loaded for one in (alone, apart)})
    types = types_of(engine, work.task, parts) if many else None
    found = list(engine.map(replace(apart, types=types), parts)) if apart.versions else []
    if alone.versions:
        items = pa.concat_tables(part.read() for part in parts)
        found.append(alone.on(items, len(parts)))
    return found


@dataclass(frozen=True)
class TypesOfPart:
    """Tells which columns the metadata of a part has, where those of the batch are to be ``types``."""

    types: Types | None

    def __call__(self, part: Part) -> Types:
        """Return the types by name."""
        column = pq.read_table(part.path, columns=["metadata"])["metadata"]
        said = [str(one) for one in column.to_pylist()]
        return {name: column.type for name, column in spread(said, self.types).items()}


def types_of(engine: Engine, task: Task, parts: Sequence[Part]) -> Types:
    """Return the types of the metadata of a batch, the same that reading it as a whole would give."""
    if not task.spec.source.metadata:
        return {}
    types: Types | None = None
    while True:
        found = list(engine.map(TypesOfPart(types), parts))
        types = whole(found)
        if all(one == types for one in found):
            return types


def _is_sql(rule: Rule) -> bool:
    return isinstance(rule.body, Sql) or isinstance(rule.when, str)


_BEGUN: dict[object, Loaded] = {}
"""The rules of the last batch: read once by the process that runs the task, and by each worker."""


def _key(work: RulesOnPart) -> object:
    return str(work.task.folder), tuple(work.versions.items())


def _as_begun(work: RulesOnPart) -> Loaded:
    """Return the rules as the run found them.

    Raises
    ------
    RuleError
        Where the files of this worker say something else.
    """
    key = _key(work)
    if key not in _BEGUN:
        loaded = load_voters(work.task)
        here = {rule.name: rule.version for rule in loaded}
        for name, version in work.versions.items():
            if here.get(name) != version:
                what = "another rule" if name in here else "no rule"
                raise RuleError(
                    f"{work.task.folder}: a worker finds {what} {name!r} than the run began with; "
                    "let it see the same files, or run again if they were just edited"
                )
        _BEGUN.clear()
        _BEGUN[key] = loaded
    return _BEGUN[key]
