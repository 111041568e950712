"""``touchstone rules``: apply rules to a file of texts, and see what they do."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.markup import escape

from cli.file.compare import MAX_LISTED, changes_as_json, show_changes
from cli.file.rule_files import (
    COLUMNS,
    ClassNames,
    ColumnNames,
    PythonRules,
    classes_of,
    columns_of,
    run_sql,
)
from cli.file.rule_table import print_rules
from cli.file.suggest import show_suggestions, suggested, suggestions_as_json
from cli.options import AsJson
from labeling.counted import counted
from labeling.errors import RuleError
from labeling.rules.analysis import analyse
from labeling.rules.changes import Changes, changes
from labeling.rules.engine import RuleSet
from labeling.rules.hits import RuleVotes
from labeling.rules.reading.reading import read_rules
from labeling.rules.suggestions import Suggestion
from labeling.rules.tables import numbered, read_earlier, read_labels, read_texts, write_votes

Rows = list[dict[str, Any]]


EXAMPLES = (
    "rules rules.yaml texts.csv -o votes.csv --shape wide",
    "rules rules.yaml texts.csv --python rules.py --gold gold.csv --json",
    "rules rules.yaml texts.csv --classes HAM,SPAM --columns id=key,text=body --only link",
    "rules invoices",
)


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
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="Write the votes to this file, .csv or .parquet.",
            show_default="no file",
        ),
    ] = None,
    python_rules: PythonRules = None,
    classes: ClassNames = None,
    columns: ColumnNames = COLUMNS,
    shape: Annotated[
        Literal["long", "wide"],
        typer.Option(
            help="Write a row a vote with names, or a row an item with numbers of classes."
        ),
    ] = "long",
    only: Annotated[
        list[str] | None,
        typer.Option(help="Apply this rule alone; may be given again.", show_default="all rules"),
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(
            help="Measure the accuracy of each rule on this file of item_id and label.",
            show_default="no file",
        ),
    ] = None,
    as_json: AsJson = False,
    id_column: Annotated[str | None, typer.Option("--id", hidden=True)] = None,
    text_column: Annotated[str | None, typer.Option("--text", hidden=True)] = None,
    consensus: Annotated[Path | None, typer.Option(hidden=True)] = None,
    before: Annotated[Path | None, typer.Option(hidden=True)] = None,
    n_suggestions: Annotated[int, typer.Option("--suggest", min=0, hidden=True)] = 0,
) -> None:
    """Apply RULES.yaml to TEXTS: votes to a file, and a table of what each rule does.

    With a TASK and no TEXTS: its rules over all batches, what changed, and suggestions.

    See `touchstone compare` for what an edit changed, `touchstone suggest` for new rules.
    """
    if texts is None:
        _show_task(rules_file, as_json=as_json)
        return
    names = classes_of(rules_file, classes)
    rule_set = RuleSet(read_rules(rules_file, names, python_rules), names)
    batch = read_texts(texts, *columns_of(columns, id_column, text_column))
    labels = read_labels(gold, names) if gold else None
    result = rule_set.apply(batch, run_sql=run_sql, only=only)
    if out is not None:
        write_votes(out, result, batch["item_id"].combine_chunks(), names, shape)
    analysis: Rows = analyse(result, labels).to_pylist()
    difference = changes(read_earlier(before), result.votes) if before else None
    suggestions = None
    source = "gold" if consensus is None else "consensus"
    if n_suggestions:
        known = labels if consensus is None else read_labels(consensus, names)
        suggestions = suggested(batch, known, names, result, n_suggestions)
    if as_json:
        typer.echo(json.dumps(_as_json(names, batch, result, analysis, difference, suggestions)))
        return
    console = Console()
    title = f"{counted(len(analysis), 'rule')} on {counted(batch.num_rows, 'item')}"
    print_rules(console, title, analysis, gold=None if labels is None else "gold")
    _print_failures(console, result)
    if difference is not None:
        show_changes(console, difference)
    if suggestions is not None:
        show_suggestions(suggestions, source, [one.name for one in rule_set.rules])
    if out is not None:
        order = ", ".join(f"{i} = {name}" for i, name in enumerate(names))
        legend = f" ({order}, -1 = no vote)" if shape == "wide" and numbered(names) else ""
        console.print(
            f"{counted(result.votes.num_rows, 'vote')} written to {escape(str(out))}{legend}"
        )


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
        found |= changes_as_json(difference)
    if suggestions is not None:
        found["suggestions"] = suggestions_as_json(suggestions)
    return found


def _print_failures(console: Console, result: RuleVotes) -> None:
    failures = result.failures
    if failures.num_rows:
        console.print(f"{failures.num_rows:,} failures; the rule abstains there:")
    for row in failures.slice(0, MAX_LISTED).to_pylist():
        console.print(escape(f"  {row['rule']} on {row['item_id']}: {row['message']}"))
