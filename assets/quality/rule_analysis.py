"""Every rule over all batches: how often it votes, against whom, how well, and what to add."""

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.decorators import once
from assets.labels.beliefs import markdown
from assets.reading.audited import read_audits
from assets.reading.opinions import as_matrix
from assets.reading.suggested import retired
from assets.votes.rule_sets import load_voters
from labeling.rules.rule import Rule
from labeling.rules.spans.rule import SpanRule
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import (
    CONSENSUS,
    DRIFT,
    GOLD,
    OVERALL,
    RULE_ANALYSIS,
    RULE_SUGGESTIONS,
    RULE_VOTES,
)
from resources.task.task import Task

if TYPE_CHECKING:
    from labeling.rules.suggestions import Suggestion

SUGGESTED = 10
LEAST_PRECISION = 0.5
"""Lower bound from which a phrase is suggested: a rule should be right more often than not."""

MOST_TEXTS = 20_000
"""The newest texts that are looked through for phrases: a phrase worth a rule stands in many."""

SHOWN = (
    "rule", "label", "votes", "coverage", "overlaps", "conflicts", "accuracy", "accuracy_low",
    "accuracy_high", "gold", "marks_accuracy", "marks_judged", "near_duplicate_of", "changed_items",
    "suggested_by", "retired_after",
)  # fmt: skip

_NAME = re.compile(r"name: (\S+)")


def rule_analysis(task: Task) -> dg.AssetsDefinition:
    """Declare the analysis of the rules of ``task``."""

    @once(
        task,
        RULE_ANALYSIS,
        deps=[RULE_VOTES, GOLD, CONSENSUS, OVERALL, DRIFT],
        automatic=True,
    )
    def rule_analysis(warehouse: GivenWarehouse) -> dg.MaterializeResult:
        """Coverage, overlaps, conflicts, near-duplicates, suggestions; accuracy as in overall, and by mark."""
        from assets.quality import span_rule_analysis  # imports scipy

        loaded = load_voters(task)
        with warehouse.connect() as db:
            votes = db.read("quality.rule_analysis.votes")
            failures = db.read("quality.rule_analysis.failures")
            measured = db.rows("quality.rule_analysis.measured")
            edits = db.rows("quality.rule_analysis.edits")
            texts = (
                db.read("quality.rule_analysis.span_texts", most=MOST_TEXTS)
                if task.kind.marks_text
                else db.read(
                    "quality.rule_analysis.texts", classes=len(task.classes), most=MOST_TEXTS
                )
            )
            (items,) = db.column("quality.rule_analysis.items")
            stopped = retired(task, db)
            batches = db.column("quality.overall.batches")
        table = with_accuracy(analysis(task, loaded, votes, failures, int(items)), measured)
        changed = Counter({str(edit["rule"]): int(edit["items"]) for edit in edits})
        counts = [changed[str(name)] for name in table["rule"].to_pylist()]
        table = table.append_column("changed_items", pa.array(counts, pa.int64()))
        table = with_origin(table, loaded, stopped)
        if task.kind.marks_text:
            from assets.quality.rule_marks import with_marks

            audits = read_audits(task, warehouse, [str(batch) for batch in batches])
            table = as_arrow(RULE_ANALYSIS, with_marks(table.to_pylist(), audits))
        else:
            table = as_arrow(RULE_ANALYSIS, table.to_pylist())
        look = span_rule_analysis.suggestions if task.kind.marks_text else suggestions
        suggested = look(task, texts, [rule.name for rule in loaded])
        warehouse.replace({RULE_ANALYSIS: table, RULE_SUGGESTIONS: suggested})
        rows = table.to_pylist()
        return dg.MaterializeResult(
            metadata={
                "rules": len(rows),
                "never_fire": ", ".join(r["rule"] for r in rows if r["never_fires"]) or "none",
                "analysis": dg.MetadataValue.md(as_markdown(rows)),
                "near_duplicates": ", ".join(
                    f"{r['rule']} of {r['near_duplicate_of']}"
                    for r in rows
                    if r["near_duplicate_of"]
                )
                or "none",
                "changes": dg.MetadataValue.md(markdown(edits)),
                "suggestions": dg.MetadataValue.md(f"```yaml\n{to_paste(suggested)}\n```"),
            }
        )

    return rule_analysis


def analysis(
    task: Task,
    rules: list[Rule] | list[SpanRule],
    votes: pa.Table,
    failures: pa.Table,
    n_items: int,
) -> pa.Table:
    """Return what each rule of ``rules`` does, whatever it votes on; votes of others are left out."""
    from assets.quality import span_rule_analysis
    from labeling.rules.analysis import analyse
    from labeling.rules.hits import RuleVotes

    # what was brought back from earlier may hold votes of rules that are no more
    known = pa.array([rule.voter for rule in rules], pa.string())
    votes = votes.filter(pc.is_in(votes["voter"], value_set=known))
    if task.kind.marks_text:
        spans = [rule for rule in rules if isinstance(rule, SpanRule)]
        return span_rule_analysis.analyse(task, spans, votes, failures, n_items)
    own = tuple(rule for rule in rules if isinstance(rule, Rule))
    several = task.kind.composed(task.classes)
    return analyse(RuleVotes(votes, failures, n_items, own), several=several)


def with_accuracy(table: pa.Table, measured: list[dict[str, Any]]) -> pa.Table:
    """Put the accuracy that quality.overall tells in the place of what was counted here."""
    of = {row["rule"]: row for row in measured}
    nothing = {"gold": 0, "correct": 0}
    rows = [{**row, **(of.get(row["rule"]) or nothing)} for row in table.to_pylist()]
    return pa.Table.from_pylist(rows, schema=table.schema)


def with_origin(
    table: pa.Table, rules: list[Rule] | list[SpanRule], stopped: dict[str, str]
) -> pa.Table:
    """Add which model wrote a rule, after which batch it votes, and after which it no longer does."""
    of = {rule.name: rule.suggested for rule in rules if isinstance(rule, Rule)}
    notes = [of.get(str(name)) for name in table["rule"].to_pylist()]
    ends = [stopped.get(f"rule/{name}") for name in table["rule"].to_pylist()]
    told = {
        "suggested_by": [note and note.by for note in notes],
        "votes_after": [(note and note.after) or None for note in notes],
        "retired_after": ends,
    }
    for name, values in told.items():
        table = table.append_column(name, pa.array(values, pa.string()))
    return table


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


def suggestions(task: Task, texts: pa.Table, taken: list[str]) -> pa.Table:
    """Suggest rules from consensus and from gold of the queue; gold that measures writes none.

    Returns
    -------
    pa.Table
        As :data:`RULE_SUGGESTIONS`; those of gold first, for people were asked.
    """
    rows: list[dict[str, Any]] = []
    known = texts["gold"].is_valid().to_numpy()
    if not task.kind.composed(task.classes):  # else it may name none
        known = known & _of_gold(task, texts).any(axis=1)
    names = list(taken)
    for source, of in (("gold", texts.filter(pa.array(known))), ("consensus", texts)):
        for one, yaml in _suggested(task, of, source, names):
            if any(row["phrase"] == one.phrase for row in rows):
                continue
            names.append(_NAME.search(yaml)[1])  # type: ignore[index]
            rows.append(
                {
                    "rank": len(rows) + 1,
                    "phrase": one.phrase,
                    "label": one.label,
                    "items": one.items,
                    "correct": float(one.correct),
                    "new_items": one.new,
                    "precision_low": one.low,
                    "lift_low": one.lift,
                    "source": source,
                    "yaml": yaml,
                }
            )
    return as_arrow(RULE_SUGGESTIONS, rows)


def _of_gold(task: Task, texts: pa.Table) -> NDArray[np.bool_]:
    """Tell which classes gold names, shape (n_texts, n_classes)."""
    said = [str(label or "") for label in texts["gold"].to_pylist()]
    naming = task.kind.naming(said, task.classes)
    return np.array(said)[:, None] == np.array(task.classes) if naming is None else naming


def to_paste(suggested: pa.Table) -> str:
    """Write all suggestions as one piece of YAML."""
    return "\n".join(str(one) for one in suggested["yaml"].to_pylist()) or "# nothing stands out"


def _suggested(
    task: Task, texts: pa.Table, source: str, taken: list[str]
) -> "list[tuple[Suggestion, str]]":
    from labeling.rules.suggestions import as_yaml, suggest

    classes = list(task.classes)
    if source == "gold":
        posterior = _of_gold(task, texts).astype(np.float64)
    else:
        posterior = as_matrix(texts["posterior"], len(classes))
    said = [{str(x) for x in row or ()} for row in texts["said"].to_pylist()]
    covered = np.array([[name in row for name in classes] for row in said])
    found = suggest(
        [str(text) for text in texts["text"].to_pylist()],
        posterior,
        classes,
        covered=covered,
        n=SUGGESTED,
        least=LEAST_PRECISION,
    )
    names = list(taken)
    told: list[tuple[Suggestion, str]] = []
    for one in found:
        yaml = as_yaml([one], source, names)
        names.append(_NAME.search(yaml)[1])  # type: ignore[index]
        told.append((one, yaml))
    return told
