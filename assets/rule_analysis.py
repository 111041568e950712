"""Every rule over all batches: how often it votes, against whom, how well, and what to add."""

from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa

from assets.declare import once
from assets.rules import load_rules
from assets.tables import CONSENSUS, GOLD, RULE_ANALYSIS, RULE_CHANGES, RULE_FAILURES, RULE_VOTES
from orchestration.resources.warehouse import Warehouse, insert, transaction
from orchestration.task.task import Task

SUGGESTED = 10
SHOWN = (
    "rule", "label", "votes", "coverage", "overlaps", "conflicts", "accuracy", "accuracy_low",
    "accuracy_high", "gold", "near_duplicate_of", "changed_items",
)  # fmt: skip


def rule_analysis(task: Task) -> dg.AssetsDefinition:
    """Declare the analysis of the rules of ``task``."""

    @once(
        task,
        RULE_ANALYSIS,
        group="published",
        deps=[RULE_VOTES, GOLD, CONSENSUS],
        automatic=True,
    )
    def rule_analysis(warehouse: Warehouse) -> dg.MaterializeResult:
        """Coverage, overlaps, conflicts, accuracy on audit gold, near-duplicates, suggestions."""
        from labeling.rules.analysis import analyse
        from labeling.rules.hits import RuleVotes

        loaded = load_rules(task)
        warehouse.ensure(RULE_VOTES, RULE_FAILURES, RULE_CHANGES, GOLD, CONSENSUS, RULE_ANALYSIS)
        with warehouse.connect() as db:
            votes = db.execute(
                "select item_id, voter, version, label from votes.rules"
            ).to_arrow_table()
            failures = db.execute(
                "select substr(voter, 6) as rule, item_id, message from votes.rule_failures"
            ).to_arrow_table()
            gold = db.execute(
                "select item_id, label from people.gold where origin = 'audit'"
            ).to_arrow_table()
            changed = dict(
                db.execute(
                    "select substr(voter, 6), count(*) from votes.rule_changes group by 1"
                ).fetchall()
            )
            texts = db.execute(
                "select i.text, c.posterior, coalesce(v.said, []) as said from raw.items i"
                " join labels.consensus c using (item_id, batch) left join ("
                "select item_id, batch, list(distinct label) as said from votes.rules group by all"
                ") v using (item_id, batch) order by i.batch, i.item_id"
            ).to_arrow_table()
        result = RuleVotes(votes, failures, texts.num_rows, tuple(loaded))
        table: pa.Table = analyse(result, gold)
        counts = [int(changed.get(str(name), 0)) for name in table["rule"].to_pylist()]
        table = table.append_column("changed_items", pa.array(counts, pa.int64()))
        with warehouse.connect() as db, transaction(db):
            db.execute("delete from quality.rule_analysis")
            insert(db, RULE_ANALYSIS, table)
        rows = table.to_pylist()
        return dg.MaterializeResult(
            metadata={
                "rules": len(rows),
                "never_fire": ", ".join(r["rule"] for r in rows if r["never_fires"]) or "none",
                "analysis": dg.MetadataValue.md(as_markdown(rows)),
                "suggestions": dg.MetadataValue.md(
                    f"```yaml\n{_suggestions(task, texts, [r.name for r in loaded])}\n```"
                ),
            }
        )

    return rule_analysis


def as_markdown(rows: list[dict[str, Any]]) -> str:
    """Write the analysis as a table."""
    lines = ["| " + " | ".join(SHOWN) + " |", "|" + "---|" * len(SHOWN)]
    for row in rows:
        cells = [
            f"{row[name]:.3f}" if isinstance(row[name], float) else str(row[name] or "")
            for name in SHOWN
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _suggestions(task: Task, texts: pa.Table, taken: list[str]) -> str:
    """Suggest rules from consensus; gold that measures must not write rules."""
    from labeling.rules.suggestions import as_yaml, suggest

    if texts.num_rows == 0:
        return "rules: []"
    posterior = np.array(texts["posterior"].to_pylist(), dtype=np.float64)
    said = [{str(x) for x in row or ()} for row in texts["said"].to_pylist()]
    covered = np.array([[name in row for name in task.classes] for row in said])
    found = suggest(
        [str(text) for text in texts["text"].to_pylist()],
        posterior,
        task.classes,
        covered=covered,
        n=SUGGESTED,
    )
    return as_yaml(found, "consensus", taken)
