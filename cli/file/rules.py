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
from labeling.rules.candidates import AT_LEAST, COUNT
from labeling.rules.changes import Changes, changes
from labeling.rules.engine import RuleSet
from labeling.rules.hits import RuleVotes
from labeling.rules.reading import read_rules
from labeling.rules.suggestions import Suggestion
from labeling.rules.tables import numbered, read_earlier, read_labels, read_texts, write_votes

Rows = list[dict[str, Any]]


EXAMPLES = (
    "rules rules.yaml texts.csv -o votes.csv --shape wide",
    "rules rules.yaml texts.csv --python rules.py --gold gold.csv --json",
    "rules rules.yaml texts.csv --classes HAM,SPAM --columns id=key,text=body --only link",
    "rules invoices",
    "rules suggest invoices --with gpt-4o-mini --yes",
    "rules suggest invoices --with openai/mine --price 0.15,0.60 --at-least 0.8 --count 20 --by queue --afresh",
)

SUGGEST = "suggest"
"""The word before a task that asks a model for rules."""


def rules(
    rules_file: Annotated[
        Path,
        typer.Argument(
            metavar="RULES.yaml|TASK|suggest",
            help="The rules; a task, to see what its last run found; or the word suggest and a task, to "
            "ask a model for rules.",
        ),
    ],
    texts: Annotated[
        Path | None,
        typer.Argument(
            metavar="TEXTS|TASK",
            help="Items as csv, jsonl or parquet, a row each; behind suggest a task.",
        ),
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
    model: Annotated[
        str | None,
        typer.Option(
            "--with", help="suggest: ask this model, as LiteLLM names it.", show_default="none"
        ),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=50, help="suggest: rules asked for.")] = COUNT,
    at_least: Annotated[
        float,
        typer.Option(
            min=0.5, max=0.99, help="suggest: precision that reviews must prove a rule to reach."
        ),
    ] = AT_LEAST,
    by: Annotated[
        Literal["audit", "queue"],
        typer.Option(
            help="suggest: reviews that measure. audit: the rules vote on later batches; queue: half of "
            "its reviews, and they vote on all."
        ),
    ] = "audit",
    price: Annotated[
        str | None,
        typer.Option(
            help="suggest: US dollars a million tokens sent, and answered, with a comma between.",
            show_default="as LiteLLM lists it",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="suggest: ask without showing the cost first.")
    ] = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="suggest: ask again what was asked before.")
    ] = False,
    as_json: AsJson = False,
    id_column: Annotated[str | None, typer.Option("--id", hidden=True)] = None,
    text_column: Annotated[str | None, typer.Option("--text", hidden=True)] = None,
    consensus: Annotated[Path | None, typer.Option(hidden=True)] = None,
    before: Annotated[Path | None, typer.Option(hidden=True)] = None,
    n_suggestions: Annotated[int, typer.Option("--suggest", min=0, hidden=True)] = 0,
) -> None:
    """Apply RULES.yaml to TEXTS: votes to a file, and a table of what each rule does.

    With a TASK and no TEXTS: its rules over all batches, what changed, and suggestions.

    With suggest, a TASK and --with MODEL: rules that the model writes, admitted by reviews.

    See `touchstone compare` for what an edit changed, `touchstone suggest` for new rules.
    """
    if str(rules_file) == SUGGEST and not rules_file.is_file():
        from cli.models.suggested_rules import By, suggest_by_model

        suggest_by_model(
            texts, model, count=count, at_least=at_least, price=price, by=By(by), yes=yes, afresh=afresh, as_json=as_json
        )  # fmt: skip
        return
    if model is not None:
        raise RuleError(f"--with goes with suggest: `touchstone rules suggest TASK --with {model}`")
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
