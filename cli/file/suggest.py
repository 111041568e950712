"""``touchstone suggest``: new rules out of texts whose labels are known."""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import typer

from cli.file.rule_files import (
    COLUMNS,
    ClassNames,
    ColumnNames,
    PythonRules,
    classes_of,
    columns_of,
    run_sql,
)
from cli.options import AsJson
from labeling.errors import RuleError
from labeling.rules.engine import RuleSet
from labeling.rules.hits import RuleVotes
from labeling.rules.reading.reading import read_rules
from labeling.rules.suggestions import Suggestion, as_yaml
from labeling.rules.suggestions import suggest as suggest_rules
from labeling.rules.tables import read_labels, read_texts

EXAMPLES = (
    "suggest rules.yaml texts.csv --gold gold.csv -n 5",
    "suggest rules.yaml texts.csv --consensus labels.parquet --json",
    "suggest rules.yaml texts.csv --gold gold.csv --python rules.py --classes HAM,SPAM --columns text=body",
)


def suggest(
    rules_file: Annotated[
        Path, typer.Argument(metavar="RULES.yaml", help="The rules that there are by now.")
    ],
    texts: Annotated[
        Path, typer.Argument(metavar="TEXTS", help="Items as csv, jsonl or parquet, a row each.")
    ],
    gold: Annotated[
        Path | None,
        typer.Option(help="Learn from this file of item_id and label.", show_default="no file"),
    ] = None,
    consensus: Annotated[
        Path | None,
        typer.Option(
            help="Learn from what `touchstone consensus -o` wrote instead: item_id, label, p_0, ...",
            show_default="no file",
        ),
    ] = None,
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="Suggest so many rules.")] = 5,
    python_rules: PythonRules = None,
    classes: ClassNames = None,
    columns: ColumnNames = COLUMNS,
    as_json: AsJson = False,
) -> None:
    """Propose rules for what RULES.yaml leaves open in TEXTS, as YAML to paste into it."""
    names = classes_of(rules_file, classes)
    rule_set = RuleSet(read_rules(rules_file, names, python_rules), names)
    batch = read_texts(texts, *columns_of(columns))
    said = consensus or gold
    labels = None if said is None else read_labels(said, names)
    found = suggested(batch, labels, names, rule_set.apply(batch, run_sql=run_sql), count)
    source = "gold" if consensus is None else "consensus"
    if as_json:
        typer.echo(json.dumps({"from": source, "suggestions": suggestions_as_json(found)}))
    else:
        show_suggestions(found, source, [one.name for one in rule_set.rules])


def suggestions_as_json(suggestions: list[Suggestion]) -> list[dict[str, Any]]:
    """Return every suggestion with what speaks for it."""
    return [{name: getattr(one, name) for name in one.__slots__} for one in suggestions]


def show_suggestions(suggestions: list[Suggestion], source: str, taken: list[str]) -> None:
    """Print suggestions as YAML, under names that are not ``taken``."""
    text = as_yaml(suggestions, source, taken) if suggestions else "  # nothing stands out"
    typer.echo(f"# suggestions from {source}\n{text}")


def suggested(
    batch: Any, labels: Any, classes: list[str], result: RuleVotes, n: int
) -> list[Suggestion]:
    """Return the ``n`` rules that tell most about labelled items that no rule votes on.

    Raises
    ------
    RuleError
        If there are no labels.
    """
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
    return suggest_rules(texts, probabilities.astype(float), classes, covered=covered[rows], n=n)
