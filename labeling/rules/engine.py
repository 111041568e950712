"""Applying a set of rules to a batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.errors import RuleError
from labeling.rules.arrow import Column, Table, pa, pc
from labeling.rules.conditions import passes
from labeling.rules.functions import apply_function
from labeling.rules.hits import Failure, Hits, RuleVotes, to_votes
from labeling.rules.matching.matching import matcher
from labeling.rules.nearest import nearest
from labeling.rules.reading.fields import did_you_mean
from labeling.rules.reading.reading import check_rules
from labeling.rules.rule import Function, Metadata, Nearest, Patterns, Rule, Sql
from labeling.rules.sql import RunSql, evaluate_sql, truth


class RuleSet:
    """The rules of a task, checked together and applied together.

    Parameters
    ----------
    rules : sequence of Rule
        See :func:`labeling.rules.reading.reading.read_rules`.
    classes : sequence of str
        Names of the classes.

    Raises
    ------
    RuleError
        If a label is no class, or two rules have one name or one meaning.

    Examples
    --------
    >>> rules = RuleSet([Rule("link", "SPAM", "regex", Patterns(("https?://",)))], ["HAM", "SPAM"])
    >>> batch = pa.table({"item_id": ["a", "b"], "text": ["see http://x.y", "lovely"]})
    >>> rules.apply(batch).votes.select(["item_id", "voter", "label"]).to_pylist()
    [{'item_id': 'a', 'voter': 'rule/link', 'label': 'SPAM'}]
    """

    def __init__(self, rules: Sequence[Rule], classes: Sequence[str]) -> None:
        self.rules = tuple(rules)
        self.classes = tuple(classes)
        check_rules(self.rules, self.classes)

    def apply(
        self,
        batch: Table,
        *,
        run_sql: RunSql | None = None,
        only: Sequence[str] | None = None,
    ) -> RuleVotes:
        """Let the rules vote on every item of a batch.

        Parameters
        ----------
        batch : pa.Table
            ``item_id`` and ``text`` (text), and any columns that conditions, SQL and functions name.
            A text may be null: no pattern is found in it.
        run_sql : callable, optional
            Runs SQL with the given table visible as ``batch``; needed where there is SQL.
        only : sequence of str, optional
            Names of the rules to apply; all of them by default.

        Returns
        -------
        RuleVotes
            Votes without abstentions, and failures.

        Raises
        ------
        RuleError
            If a column is missing, ``only`` names no rule, or SQL fails.
        """
        check_batch(batch)
        rules = self._chosen(only)
        values = evaluate_sql(batch, rules, run_sql)
        texts = batch["text"].combine_chunks()
        hits: list[Hits] = [Hits(np.zeros(0, dtype=np.int64)) for _ in rules]
        failures: list[list[Failure]] = [[] for _ in rules]
        where = _conditions(batch, rules, values)

        def bodies(kind: type[Any]) -> list[int]:
            return [i for i, one in enumerate(rules) if isinstance(one.body, kind)]

        patterns = bodies(Patterns)
        compiled = matcher(tuple(rules[i].body for i in patterns))  # type: ignore[misc]
        found, failed = compiled.match(texts)
        for i, rows, many in zip(patterns, found, failed, strict=True):
            hits[i], failures[i] = Hits(rows), many
        similar = bodies(Nearest)
        if similar:
            rows_of = nearest(texts, [rules[i].body for i in similar])  # type: ignore[misc]
            for i, rows in zip(similar, rows_of, strict=True):
                hits[i] = Hits(rows)
        for i, one in enumerate(rules):
            mask = where[i]
            if isinstance(one.body, Metadata):
                hits[i] = Hits(np.flatnonzero(_named(passes, batch, one.body.conditions, one)))
            elif isinstance(one.body, Sql):
                hits[i], failures[i] = _sql_hits(one, values[one.body.expression], self.classes)
            elif isinstance(one.body, Function):
                everywhere = np.ones(batch.num_rows, dtype=np.bool_)
                rows = np.flatnonzero(everywhere if mask is None else mask)
                hits[i], failures[i] = apply_function(batch, one, one.body, rows, self.classes)
            if mask is not None:
                hits[i] = _masked(hits[i], mask)
                failures[i] = [f for f in failures[i] if mask[f.row]]
        return to_votes(batch, rules, hits, failures)

    def _chosen(self, only: Sequence[str] | None) -> tuple[Rule, ...]:
        if only is None:
            return self.rules
        names = {one.name for one in self.rules}
        for name in only:
            if name not in names:
                raise RuleError(
                    f"there is no rule {name!r}; the rules are {', '.join(sorted(names))}."
                    f"{did_you_mean(name, sorted(names))}"
                )
        return tuple(one for one in self.rules if one.name in set(only))


def check_batch(batch: Table) -> None:
    """Refuse a batch without item_id and text.

    Raises
    ------
    RuleError
        Naming the column, or the row without an item_id.
    """
    for column in ("item_id", "text"):
        if column not in batch.column_names:
            raise RuleError(
                f"a batch needs the columns item_id and text; this one has "
                f"{', '.join(batch.column_names) or 'none'}"
            )
    if batch["item_id"].null_count:
        row = pc.index(pc.is_null(batch["item_id"]), True).as_py()
        raise RuleError(f"row {row} of the batch has no item_id")
    kind = batch["text"].type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)):
        raise RuleError(f"the column text is {kind}, but must be text")


def _conditions(
    batch: Table, rules: Sequence[Rule], values: dict[str, Column]
) -> list[NDArray[np.bool_] | None]:
    masks: list[NDArray[np.bool_] | None] = []
    for one in rules:
        if one.when is None:
            masks.append(None)
        elif isinstance(one.when, str):
            masks.append(truth(values[one.when], one).to_numpy(zero_copy_only=False))
        else:
            masks.append(_named(passes, batch, one.when, one))
    return masks


def _named(function: Any, batch: Table, conditions: Any, rule: Rule) -> NDArray[np.bool_]:
    try:
        return function(batch, conditions)
    except RuleError as error:
        raise RuleError(f"{rule.origin}, rule {rule.name!r} {error}") from error


def _masked(hits: Hits, mask: NDArray[np.bool_]) -> Hits:
    keep = mask[hits.rows]
    labels = hits.labels
    if labels is not None:
        labels = [label for label, kept in zip(labels, keep.tolist(), strict=True) if kept]
    return Hits(hits.rows[keep], labels)


def _sql_hits(rule: Rule, values: Column, classes: Sequence[str]) -> tuple[Hits, list[Failure]]:
    if rule.label is not None:
        return Hits(np.flatnonzero(truth(values, rule).to_numpy(zero_copy_only=False))), []
    rows, labels, failures = list[int](), list[str](), list[Failure]()
    for row, label in enumerate(values.to_pylist()):
        if label in classes:
            rows.append(row)
            labels.append(label)
        elif label is not None:
            failures.append(Failure(row, f"gave {label!r}; allowed: {', '.join(classes)} or null"))
    return Hits(np.array(rows, dtype=np.int64), labels), failures
