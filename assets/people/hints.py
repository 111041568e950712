"""What the console may show beside an item: its further columns, and what machines think of it.

The store hides what machines think wherever a review is blind.
"""

import json
from typing import Any

import pyarrow as pa

from assets.votes.rule_sets import load_rules
from labeling.rules.highlights import find_spans
from resources.store.session import Session
from resources.task.task import Task


def with_hints(task: Task, db: Session, plan: pa.Table) -> pa.Table:
    """Add to each planned item its further columns, the released label and what rules matched.

    Parameters
    ----------
    plan : pa.Table
        ``item_id``, ``batch`` and ``text`` among its columns.

    Returns
    -------
    pa.Table
        With the columns ``suggestion`` (class or null) and ``context`` (a JSON object).
    """
    if plan.num_rows == 0:
        return plan
    with db.lend(to_show=plan):
        said = {row["item_id"]: row for row in db.rows("people.hints.said")}
    rules = {rule.voter: rule for rule in load_rules(task)}
    suggestions: list[str | None] = []
    contexts: list[str] = []
    for item_id, text in zip(plan["item_id"].to_pylist(), plan["text"].to_pylist(), strict=True):
        row = said[item_id]
        voted = [rules[voter] for voter in row["rules"] or [] if voter in rules]
        spans = find_spans(voted, str(text or ""))
        context: dict[str, Any] = json.loads(row["metadata"] or "{}")
        if spans:
            context["highlights"] = [span._asdict() for span in spans]
        suggestions.append(row["suggestion"])
        contexts.append(json.dumps(context, ensure_ascii=False))
    return plan.append_column("suggestion", pa.array(suggestions, pa.string())).append_column(
        "context", pa.array(contexts, pa.string())
    )
