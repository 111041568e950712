"""Texts and gold from plain files, and votes to them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labeling.errors import RuleError
from labeling.rules.arrow import csv, jsonl, pa, parquet, pc
from labeling.rules.fields import did_you_mean
from labeling.rules.hits import RuleVotes
from labeling.votes import ABSTAIN

FORMATS = (".csv", ".jsonl", ".ndjson", ".parquet")
"""File names that can be read, by their ending."""


def read_table(path: Path, as_text: Sequence[str] = ()) -> Any:
    """Read a csv, jsonl or parquet file.

    Parameters
    ----------
    path : Path
        The file; its ending tells the format.
    as_text : sequence of str
        Columns that stay text, so that an id ``007`` keeps its zeros.

    Returns
    -------
    pa.Table

    Raises
    ------
    RuleError
        If the file is missing, has another ending or is malformed.
    """
    kind = path.suffix.lower()
    try:
        if kind == ".csv":
            options = csv.ConvertOptions(
                column_types=dict.fromkeys(as_text, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            )
            parsing = csv.ParseOptions(newlines_in_values=True)
            return csv.read_csv(path, convert_options=options, parse_options=parsing)
        if kind in (".jsonl", ".ndjson"):
            return jsonl.read_json(path)
        if kind == ".parquet":
            return parquet.read_table(path)
    except FileNotFoundError:
        raise RuleError(f"{path} does not exist") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise RuleError(f"{path} cannot be read: {error}") from error
    raise RuleError(f"{path} ends in {kind!r}; allowed: {', '.join(FORMATS)}")


def read_texts(path: Path, id_column: str, text_column: str) -> Any:
    """Read a batch: ``item_id`` and ``text``, whatever they are called, and all other columns.

    Raises
    ------
    RuleError
        If one of the columns is missing, an id is empty or stands twice.
    """
    table = read_table(path, (id_column, text_column))
    for wanted, name in (("item_id", id_column), ("text", text_column)):
        if name not in table.column_names:
            raise RuleError(
                f"{path} has no column {name!r} for {wanted}; it has "
                f"{', '.join(table.column_names)}.{did_you_mean(name, table.column_names)} "
                f"Choose it with --{wanted.removeprefix('item_')}"
            )
    ids = table[id_column].cast(pa.string())
    empty = np.flatnonzero(pc.fill_null(pc.equal(ids, ""), True).to_numpy(zero_copy_only=False))
    if len(empty):
        raise RuleError(
            f"{path} row {empty[0] + 1}: the id is empty; {len(empty)} such rows in all"
        )
    counts = pc.value_counts(ids.combine_chunks())
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        first = twice[0].as_py()
        raise RuleError(
            f"{path}: id {first['values']!r} stands {first['counts']} times; {len(twice)} ids do, "
            "but each item is one row"
        )
    others = [name for name in table.column_names if name not in (id_column, text_column)]
    found = {"item_id": ids, "text": table[text_column].cast(pa.string())}
    return pa.table({**found, **{name: table[name] for name in others if name not in found}})


def read_labels(path: Path, classes: Sequence[str]) -> Any:
    """Read ``item_id`` and ``label``, the label as a name or number of a class.

    Rows with an empty label are left out; other columns are kept.

    Raises
    ------
    RuleError
        If a column is missing or a label is no class.
    """
    table = read_table(path, ("item_id", "label"))
    for name in ("item_id", "label"):
        if name not in table.column_names:
            raise RuleError(
                f"{path} has no column {name!r}; it has {', '.join(table.column_names)}"
            )
    labels = table["label"].cast(pa.string())
    names = pa.array(classes, pa.string())
    numbers = pa.array([str(i) for i in range(len(classes))])
    index = pc.coalesce(
        pc.index_in(labels, value_set=names), pc.index_in(labels, value_set=numbers)
    )
    given = pc.fill_null(pc.not_equal(labels, ""), False)
    bad = np.flatnonzero(pc.and_(given, pc.is_null(index)).to_numpy(zero_copy_only=False))
    if len(bad):
        raise RuleError(
            f"{path} row {bad[0] + 1}: label {labels[int(bad[0])].as_py()!r} is no class; allowed: "
            f"{', '.join(classes)}, or their numbers 0 to {len(classes) - 1}"
        )
    table = table.filter(given)
    labels = names.take(index.filter(given).combine_chunks())
    table = table.set_column(table.column_names.index("label"), "label", labels)
    ids = table["item_id"].cast(pa.string())
    return table.set_column(table.column_names.index("item_id"), "item_id", ids)


def write_votes(
    path: Path, result: RuleVotes, item_ids: Any, classes: Sequence[str], shape: str
) -> None:
    """Write votes as csv or parquet.

    Parameters
    ----------
    path : Path
        Where to; the ending tells the format.
    result : RuleVotes
        The votes.
    item_ids : pa.Array
        All items of the batch, in order.
    classes : sequence of str
        Their numbers are their places.
    shape : str
        ``long``: a row a vote with ``item_id``, ``voter``, ``version`` and the name of the class.
        ``wide``: a row an item, a column a voter, with the number of the class or -1.

    Raises
    ------
    RuleError
        If the ending is another.
    """
    table = result.votes if shape == "long" else _wide(result, item_ids, classes)
    if path.suffix.lower() == ".csv":
        csv.write_csv(table, path)
    elif path.suffix.lower() == ".parquet":
        parquet.write_table(table, path)
    else:
        raise RuleError(f"{path} ends in {path.suffix!r}; votes are written to .csv or .parquet")


def _wide(result: RuleVotes, item_ids: Any, classes: Sequence[str]) -> Any:
    votes = result.votes
    row = pc.index_in(votes["item_id"].combine_chunks(), value_set=item_ids).to_numpy()
    voters = pa.array([one.voter for one in result.rules], pa.string())
    column = pc.index_in(votes["voter"].combine_chunks(), value_set=voters).to_numpy()
    names = pa.array(classes, pa.string())
    label = pc.index_in(votes["label"].combine_chunks(), value_set=names).to_numpy()
    dense = np.full((len(voters), len(item_ids)), ABSTAIN, dtype=np.int32)
    dense[column, row] = label
    return pa.table({"item_id": item_ids, **dict(zip(voters.to_pylist(), dense, strict=True))})
