"""``touchstone rules``: apply rules to a file of texts, and see what they do."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labeling.errors import RuleError
from labeling.rules.analysis import analyse
from labeling.rules.changes import Changes, changes
from labeling.rules.engine import RuleSet
from labeling.rules.hits import RuleVotes
from labeling.rules.reading import read_classes, read_rules
from labeling.rules.suggestions import Suggestion, as_yaml, suggest
from labeling.rules.tables import numbered, read_earlier, read_labels, read_texts, write_votes

Rows = list[dict[str, Any]]

MAX_LISTED = 20
"""Failures and changed items that are shown; ``--json`` has all of them."""


def rules(
    rules_file: Annotated[
        Path,
        typer.Argument(
            metavar="RULES.yaml|TASK", help="The rules; or a task, to see what its last run found."
        ),
    ],
    texts: Annotated[
        Path | None,
        typer.Argument(metavar="TEXTS", help="Items as csv, jsonl or parquet, a row each."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write the votes here (.csv or .parquet).")
    ] = None,
    python_rules: Annotated[
        Path | None, typer.Option("--python", help="A rules.py with @rule functions.")
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(help="Names of the classes with commas; else 'classes:' of the rules file."),
    ] = None,
    id_column: Annotated[str, typer.Option("--id", help="Column with the id.")] = "item_id",
    text_column: Annotated[str, typer.Option("--text", help="Column with the text.")] = "text",
    shape: Annotated[
        Literal["long", "wide"],
        typer.Option(help="A row a vote with names, or a row an item with numbers of classes."),
    ] = "long",
    only: Annotated[
        list[str] | None, typer.Option(help="Apply this rule alone (may be given again).")
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(help="item_id, label: accuracies with intervals, and labels for --suggest."),
    ] = None,
    consensus: Annotated[
        Path | None, typer.Option(help="item_id, label, p_0, …: labels for --suggest instead.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option(help="Long votes of an earlier version: show what changed.")
    ] = None,
    n_suggestions: Annotated[
        int, typer.Option("--suggest", min=0, help="Suggest so many new rules, as YAML to paste.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Apply RULES.yaml to TEXTS: votes to a file, and a table of what each rule does.

    With a TASK and no TEXTS: its rules over all batches, what changed, and suggestions.
    """
    if texts is None:
        _show_task(rules_file, as_json=as_json)
        return
    names = _classes(rules_file, classes)
    rule_set = RuleSet(read_rules(rules_file, names, python_rules), names)
    batch = read_texts(texts, id_column, text_column)
    labels = read_labels(gold, names) if gold else None
    result = rule_set.apply(batch, run_sql=_run_sql, only=only)
    if out is not None:
        write_votes(out, result, batch["item_id"].combine_chunks(), names, shape)
    analysis: Rows = analyse(result, labels).to_pylist()
    difference = changes(read_earlier(before), result.votes) if before else None
    suggestions: list[Suggestion] | None = None
    source = "gold" if consensus is None else "consensus"
    if n_suggestions:
        known = labels if consensus is None else read_labels(consensus, names)
        suggestions = _suggest(batch, known, names, result, n_suggestions)
    if as_json:
        typer.echo(json.dumps(_as_json(names, batch, result, analysis, difference, suggestions)))
        return
    console = Console()
    console.print(_table(analysis, batch.num_rows, with_gold=labels is not None))
    _print_failures(console, result)
    if difference is not None:
        _print_changes(console, difference)
    if suggestions is not None:
        taken = [one.name for one in rule_set.rules]
        text = as_yaml(suggestions, source, taken) if suggestions else "  # nothing stands out"
        typer.echo(f"# suggestions from {source}\n{text}")
    if out is not None:
        order = ", ".join(f"{i} = {name}" for i, name in enumerate(names))
        legend = f" ({order}, -1 = no vote)" if shape == "wide" and numbered(names) else ""
        console.print(f"{result.votes.num_rows:,} votes written to {escape(str(out))}{legend}")


def _show_task(given: Path, *, as_json: bool) -> None:
    if given.suffix in (".yaml", ".yml"):
        raise RuleError(f"which texts is {given} to be applied to? Give a file of items after it")
    from cli.file.task_rules import rules_of, show
    from resources.task.locate import find_task

    task = find_task(given)
    found = rules_of(task)
    if as_json:
        typer.echo(json.dumps({"task": task.name, **found}, default=str, ensure_ascii=False))
    else:
        show(Console(), task, found)


def _classes(rules_file: Path, given: str | None) -> list[str]:
    if given is not None:
        names = [one.strip() for one in given.split(",") if one.strip()]
        if len(names) < 2 or len(set(names)) != len(names):
            raise RuleError(f"--classes is {given!r}, but names at least two different classes")
        return names
    names = read_classes(rules_file)
    if names is None:
        raise RuleError(
            f"which classes are there? Write 'classes: [HAM, SPAM]' into {rules_file}, or give "
            "--classes HAM,SPAM"
        )
    return names


def _run_sql(query: str, batch: pa.Table) -> pa.Table:
    import duckdb

    with duckdb.connect() as db:
        db.register("batch", batch)
        return db.execute(query).to_arrow_table()


def _suggest(
    batch: Any, labels: Any, classes: list[str], result: RuleVotes, n: int
) -> list[Suggestion]:
    if labels is None:
        raise RuleError("suggestions need labels: give --gold or --consensus")
    at = pc.index_in(
        batch["item_id"].combine_chunks(), value_set=labels["item_id"].combine_chunks()
    )
    rows = np.flatnonzero(at.is_valid().to_numpy(zero_copy_only=False))
    known = labels.take(at.drop_null())
    columns = [f"p_{i}" for i in range(len(classes))]
    if all(name in known.column_names for name in columns):
        probabilities = np.column_stack([known[name].to_numpy() for name in columns])
    else:
        label = pc.index_in(known["label"].combine_chunks(), value_set=pa.array(classes))
        probabilities = np.eye(len(classes))[label.to_numpy()]
    item = pc.index_in(result.votes["item_id"], value_set=batch["item_id"].combine_chunks())
    voted = pc.index_in(result.votes["label"], value_set=pa.array(classes))
    covered = np.zeros((batch.num_rows, len(classes)), dtype=bool)
    covered[item.to_numpy(), voted.to_numpy()] = True
    texts = [one or "" for one in batch["text"].take(rows).to_pylist()]
    return suggest(texts, probabilities.astype(float), classes, covered=covered[rows], n=n)


def _as_json(
    classes: list[str],
    batch: Any,
    result: RuleVotes,
    analysis: Rows,
    difference: Changes | None,
    suggestions: list[Suggestion] | None,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "classes": classes,
        "items": batch.num_rows,
        "votes": result.votes.num_rows,
        "rules": analysis,
        "failures": result.failures.to_pylist(),
    }
    if difference is not None:
        found["changed_rules"] = difference.rules.to_pylist()
        found["changed_items"] = difference.items.to_pylist()
    if suggestions is not None:
        found["suggestions"] = [
            {name: getattr(one, name) for name in one.__slots__} for one in suggestions
        ]
    return found


def _table(analysis: Rows, n_items: int, *, with_gold: bool) -> Table:
    table = Table(title=f"{len(analysis)} rules on {n_items:,} items", title_justify="left")
    for name in ("rule", "kind", "votes for"):
        table.add_column(name, overflow="fold")
    for name in ("coverage", "overlaps", "conflicts"):
        table.add_column(name, justify="right")
    if with_gold:
        table.add_column("accuracy on gold (95 %)", justify="right")
    table.add_column("note", overflow="fold")
    for row in analysis:
        cells = [row["rule"], row["kind"], row["by_class"] or row["label"] or "-"]
        cells += [f"{row[name]:.1%}" for name in ("coverage", "overlaps", "conflicts")]
        if with_gold:
            cells.append(_accuracy(row))
        table.add_row(*(escape(one) for one in [*cells, _note(row)]))
    return table


def _accuracy(row: dict[str, Any]) -> str:
    if row["accuracy"] is None:
        return "no gold"
    low, high = row["accuracy_low"], row["accuracy_high"]
    return f"{row['accuracy']:.1%} ({low:.1%} to {high:.1%}, n={row['gold']})"


def _note(row: dict[str, Any]) -> str:
    notes: list[str] = []
    if row["never_fires"]:
        notes.append("never fires")
    if row["near_duplicate_of"]:
        notes.append(f"{row['likeness']:.0%} like {row['near_duplicate_of']}")
    if row["failures"]:
        notes.append(f"failed on {row['failures']} items")
    return ", ".join(notes)


def _print_failures(console: Console, result: RuleVotes) -> None:
    failures = result.failures
    if failures.num_rows:
        console.print(f"{failures.num_rows:,} failures; the rule abstains there:")
    for row in failures.slice(0, MAX_LISTED).to_pylist():
        console.print(escape(f"  {row['rule']} on {row['item_id']}: {row['message']}"))


def _print_changes(console: Console, difference: Changes) -> None:
    table = Table(title="Changed rules", title_justify="left")
    names = ("voter", "version_before", "version_after", "kept", "gained", "lost", "changed")
    for name in names:
        table.add_column(name.replace("_", " "))
    for row in difference.rules.to_pylist():
        table.add_row(*(escape("-" if row[name] is None else str(row[name])) for name in names))
    console.print(table)
    for row in difference.items.slice(0, MAX_LISTED).to_pylist():
        was, now = row["label_before"] or "no vote", row["label_after"] or "no vote"
        console.print(escape(f"  {row['voter']} on {row['item_id']}: {was} → {now}"))
    if difference.items.num_rows > MAX_LISTED:
        console.print(f"  … and {difference.items.num_rows - MAX_LISTED:,} more votes")
