"""Texts and gold from plain files, and votes to them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.class_labels import Classes, class_numbers
from labeling.errors import RuleError
from labeling.files.cells import as_text
from labeling.files.columns import column_names, numbers, read_columns
from labeling.files.records import Record, read_records
from labeling.files.writing import write_table
from labeling.items.reading import as_metadata
from labeling.rules.arrow import pa, pc
from labeling.rules.hits import RuleVotes
from labeling.rules.metadata import spread
from labeling.rules.reading.fields import did_you_mean
from labeling.votes import ABSTAIN


def read_texts(path: Path, id_column: str, text_column: str) -> Any:
    """Read a batch: ``item_id`` and ``text``, whatever they are called, and all other columns.

    Ids and texts are text; other columns are what a task hands its rules: text in CSV, what JSON
    says in the other kinds.

    Raises
    ------
    RuleError
        If the file cannot be read, one of the columns is missing, an id is empty or stands twice.
    """
    names = column_names(path)
    for wanted, name in (("item_id", id_column), ("text", text_column)):
        if name not in names:
            raise RuleError(
                f"{path} has no column {name!r} for {wanted}; it has "
                f"{', '.join(names)}.{did_you_mean(name, names)} "
                f"Choose it with --{wanted.removeprefix('item_')}"
            )
    records, rejects = read_records(path, tuple(names))
    for row, _, reason, _ in rejects[:1]:
        where = "" if row is None else f" row {row}"
        raise RuleError(f"{path}{where} cannot be read: {reason}; {len(rejects)} such rows in all")
    found = {
        "item_id": _as_text(path, records, id_column),
        "text": _as_text(path, records, text_column),
    }
    for row, one in zip(records, found["item_id"].to_pylist(), strict=True):
        if not (one or "").strip():
            raise RuleError(f"{path} row {row[0]}: the id is empty")
    counts = pc.value_counts(found["item_id"])
    twice = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(twice):
        first = twice[0].as_py()
        raise RuleError(
            f"{path}: id {first['values']!r} stands {first['counts']} times; {len(twice)} ids do, "
            "but each item is one row"
        )
    others = [name for name in names if name not in (id_column, text_column, *found)]
    return pa.table({**found, **_columns(records, others)})


def _columns(records: list[Record], names: list[str]) -> dict[str, Any]:
    """Return columns as a task hands them to its rules: each value as JSON keeps it."""
    metadata = [as_metadata(record, names) for _, record in records] if names else []
    return spread(metadata)


def _as_text(path: Path, records: list[Record], name: str) -> Any:
    texts: list[str | None] = []
    for row, record in records:
        try:
            texts.append(as_text(record.get(name)))
        except TypeError as error:
            raise RuleError(f"{path} row {row}: {name}: {error}") from None
    return pa.array(texts, pa.string())


def read_earlier(path: Path) -> Any:
    """Read votes that ``-o`` wrote, for what has changed since.

    Raises
    ------
    RuleError
        If the file cannot be read or is no file of long votes.
    """
    needed = ("item_id", "voter", "version", "label")
    names = column_names(path)
    missing = [name for name in needed if name not in names]
    if missing:
        raise RuleError(f"{path} has no column {missing[0]!r}; it has {', '.join(names)}")
    return read_columns(path, needed)


def read_labels(path: Path, classes: Sequence[str]) -> Any:
    """Read ``item_id`` and ``label``, the label as the name or number of a class.

    Rows with an empty label are left out; columns ``p_0``, ``p_1``, … are kept, as numbers.

    Raises
    ------
    RuleError
        If a column is missing or a label is no class.
    """
    names = column_names(path)
    for name in ("item_id", "label"):
        if name not in names:
            raise RuleError(f"{path} has no column {name!r}; it has {', '.join(names)}")
    shares = [f"p_{i}" for i in range(len(classes)) if f"p_{i}" in names]
    table = read_columns(path, ["item_id", "label", *shares], numeric=shares)
    said = {"label": table["label"].combine_chunks()}
    label = class_numbers(path, said, Classes(list(classes)), abstentions=())["label"]
    known = pa.table(
        {
            "item_id": table["item_id"],
            "label": pa.array(classes, pa.string()).take(pa.array(label, mask=label == ABSTAIN)),
            **{name: numbers(path, table, name) for name in shares},
        }
    )
    known = known.filter(pa.array(label != ABSTAIN))
    if len(shares) == len(classes):
        _check_order(
            path, known, label[label != ABSTAIN], classes, np.flatnonzero(label != ABSTAIN)
        )
    return known


def _check_order(
    path: Path,
    known: Any,
    label: NDArray[np.int64],
    classes: Sequence[str],
    rows: NDArray[np.int64],
) -> None:
    """Refuse probabilities that stand in another order than the classes do."""
    shares = np.column_stack([known[f"p_{k}"].to_numpy() for k in range(len(classes))])
    wrong = np.flatnonzero(shares.max(axis=1, initial=0.0) > shares[np.arange(len(label)), label])
    for at in wrong[:1]:
        largest = int(shares[at].argmax())
        raise RuleError(
            f"{path} row {rows[at] + 1}: label is {classes[int(label[at])]!r}, but p_{largest}, the largest, "
            f"would be {classes[largest]!r}: classes stood in another order there. Give "
            f"`touchstone consensus` the order: --classes {','.join(classes)}"
        )


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
        ``wide``: a row an item, a column a voter, with the number of the class or -1; with its
        name or nothing where classes are not :func:`numbered`.

    Raises
    ------
    LabelingError
        If the ending is another, or there is no such folder.
    """
    write_table(path, result.votes if shape == "long" else _wide(result, item_ids, classes))


def numbered(classes: Sequence[str]) -> bool:
    """Whether numbers can stand for these classes: not if a class is itself called by a number.

    Examples
    --------
    >>> numbered(["HAM", "SPAM"]), numbered(["0", "1"]), numbered(["1", "2", "3"])
    (True, True, False)
    """
    places = [str(k) for k in range(len(classes))]
    return list(classes) == places or not any(name in (*places, str(ABSTAIN)) for name in classes)


def _wide(result: RuleVotes, item_ids: Any, classes: Sequence[str]) -> Any:
    votes = result.votes
    row = pc.index_in(votes["item_id"].combine_chunks(), value_set=item_ids).to_numpy()
    voters = pa.array([one.voter for one in result.rules], pa.string())
    column = pc.index_in(votes["voter"].combine_chunks(), value_set=voters).to_numpy()
    names = pa.array(classes, pa.string())
    label = pc.index_in(votes["label"].combine_chunks(), value_set=names).to_numpy()
    dense = np.full((len(voters), len(item_ids)), ABSTAIN, dtype=np.int32)
    dense[column, row] = label
    said = [
        pa.array(one) if numbered(classes) else names.take(pa.array(one, mask=one == ABSTAIN))
        for one in dense
    ]
    return pa.table({"item_id": item_ids, **dict(zip(voters.to_pylist(), said, strict=True))})
