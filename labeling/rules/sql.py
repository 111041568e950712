"""SQL rules and conditions: all of a rule set in one query over the whole batch.

The engine does not know a database: the caller hands over ``run_sql(query, batch)``, which makes
the batch visible as a table called ``batch`` and returns the answer of the query.
"""

from collections.abc import Callable, Sequence
from typing import Any

from labeling.errors import RuleError
from labeling.rules.arrow import Column, Table, pa, pc
from labeling.rules.rule import Rule, Sql

RunSql = Callable[[str, pa.Table], pa.Table]
"""Runs a query with the given table visible under the name ``batch``."""

ROW = "touchstone_row"
"""Column added to the batch, so that answers find their rows again."""


def evaluate_sql(batch: Table, rules: Sequence[Rule], run_sql: RunSql | None) -> dict[str, Column]:
    """Evaluate the SQL expressions of rules and of their conditions.

    Parameters
    ----------
    batch : pa.Table
        The items.
    rules : sequence of Rule
        Those without SQL are passed over.
    run_sql : callable or None
        See :data:`RunSql`.

    Returns
    -------
    dict of str to pa.ChunkedArray
        One value a row for each expression: true, false or null; text where the rule has no label.

    Raises
    ------
    RuleError
        If there is SQL but nothing to run it with, or an expression fails; it names the rule.
    """
    users: dict[str, Rule] = {}
    for one in rules:
        if isinstance(one.body, Sql):
            users.setdefault(one.body.expression, one)
        if isinstance(one.when, str):
            users.setdefault(one.when, one)
    if not users:
        return {}
    if run_sql is None:
        first = next(iter(users.values()))
        raise RuleError(
            f"{first.origin}, rule {first.name!r} is SQL, but nothing was given to run SQL with"
        )
    numbered = batch.append_column(ROW, pa.array(range(batch.num_rows), pa.int64()))
    try:
        answer = run_sql(_query(list(users)), numbered)
    except Exception:
        for expression, user in users.items():
            _run_alone(expression, user, run_sql, numbered)
        raise
    answer = answer.take(pc.sort_indices(answer[ROW]))
    if answer.num_rows != batch.num_rows:
        raise RuleError(
            f"SQL over {batch.num_rows} items returned {answer.num_rows} rows; expressions must "
            "give one value for each item"
        )
    return {expression: answer[f"e{i}"] for i, expression in enumerate(users)}


def _query(expressions: Sequence[str]) -> str:
    columns = ", ".join(f"({text}\n) as e{i}" for i, text in enumerate(expressions))
    return f"select {ROW}, {columns} from batch"  # noqa: S608


def _run_alone(expression: str, user: Rule, run_sql: RunSql, numbered: Table) -> None:
    try:
        run_sql(_query([expression]), numbered)
    except Exception as error:
        field = "sql" if isinstance(user.body, Sql) else "when"
        raise RuleError(
            f"{user.origin}, rule {user.name!r}: '{field}: {expression}' fails: {error}"
        ) from error


def truth(values: Column, user: Rule) -> Any:
    """Cast the answer of a condition to true and false; null counts as false.

    Raises
    ------
    RuleError
        If it is neither a truth value nor a number.
    """
    try:
        return pc.fill_null(values.cast(pa.bool_()), False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise RuleError(
            f"{user.origin}, rule {user.name!r}: its SQL gives {values.type}, but must be true or "
            "false (a rule without a label gives the name of a class)"
        ) from error
