"""Votes, gold and labels on file, for people who only want a consensus."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from labeling.consensus.file_checks import (
    all_classes,
    check_range,
    check_repeats,
    check_unique,
    class_names,
)
from labeling.consensus.tables import (
    class_numbers,
    column_names,
    numbers,
    read_columns,
    text_keys,
    write_table,
)
from labeling.errors import GoldError, VotesError
from labeling.gold import Gold
from labeling.votes import ABSTAIN, Votes

TRUTHS = frozenset({"gold", "label", "truth", "target", "y", "probability"})
"""Names of columns that are no voter's, unless somebody asks for them as voters."""


@dataclass(frozen=True, slots=True, eq=False)
class VoteFile:
    """Votes with the names that the file gives to items, voters and classes.

    Parameters
    ----------
    votes : Votes
        Indices into the names.
    item_ids : Any
        Text, one each item, in the order of the file.
    voters : list of str
        One each voter.
    classes : list of str
        One each class; their numbers where the file has only numbers.
    """

    votes: Votes
    item_ids: Any
    voters: list[str]
    classes: list[str]


def read_votes(
    path: Path,
    *,
    item_column: str | None = None,
    ignore: Sequence[str] = (),
    voters: Sequence[str] = (),
    classes: int | Sequence[str] | None = None,
) -> VoteFile:
    """Read votes, a row an item (wide) or a row a vote (long).

    A file is long if it has the columns ``voter`` and ``label``; the item is then ``item_id``,
    ``item`` or ``item_column``, and ``confidence`` is read if it is there.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    item_column : str, optional
        Column with the id; in a wide file the first one by default.
    ignore, voters : sequences of str
        Wide files: columns (with wildcards) that are no voters, or the only ones that are.
    classes : int or sequence of str, optional
        How many classes, or their names; by default what the votes say.

    Raises
    ------
    LabelingError
        If the file breaks its contract; the message names the column and the row.
    """
    names = column_names(path)
    if {"voter", "label"} <= set(names):
        return _read_long(path, names, item_column, classes)
    return _read_wide(path, names, item_column, ignore, voters, classes)


def _read_long(
    path: Path, names: list[str], item_column: str | None, classes: int | Sequence[str] | None
) -> VoteFile:
    wanted = [item_column] if item_column else ["item_id", "item"]
    key = next((name for name in wanted if name in names), None)
    if key is None:
        raise VotesError(
            f"{path} has no column {' or '.join(map(repr, wanted))} for the item; it has "
            f"{', '.join(names)}. Name it with --id"
        )
    sure = ["confidence"] if "confidence" in names else []
    table = read_columns(path, [key, "voter", "label", *sure], as_text=[key, "voter"])
    said = table.column("label").combine_chunks()
    known = class_names(classes, said)
    number = class_numbers(path, "label", said, known)
    spoken = np.flatnonzero(number != ABSTAIN)
    items = text_keys(path, table, key).dictionary_encode()
    panel = text_keys(path, table, "voter").dictionary_encode()
    confidence = None
    if sure:
        confidence = numbers(path, table, "confidence")[spoken]
    label = number[spoken]
    voters = panel.dictionary.to_pylist()
    item = items.indices.to_numpy()[spoken].astype(np.int64)
    voter = panel.indices.to_numpy()[spoken].astype(np.int32)
    known = all_classes(path, known, classes, label)
    check_range(path, label, known, lambda at: f"voter {voters[voter[at]]!r}")
    check_repeats(path, item, voter, items.dictionary, voters)
    votes = Votes(
        item,
        voter,
        label.astype(np.int32),
        len(items.dictionary),
        len(voters),
        len(known),
        confidence,
    )
    return VoteFile(votes, items.dictionary, voters, known)


def _read_wide(
    path: Path,
    names: list[str],
    item_column: str | None,
    ignore: Sequence[str],
    chosen: Sequence[str],
    classes: int | Sequence[str] | None,
) -> VoteFile:
    key = names[0] if item_column is None else item_column
    if key not in names:
        raise VotesError(f"{path} has no column {key!r}; it has {', '.join(names)}")
    rest = [name for name in names if name != key]
    for pattern in (*ignore, *chosen):
        if not any(fnmatchcase(name, pattern) for name in rest):
            raise VotesError(
                f"{path}: no column matches {pattern!r}; the columns are {', '.join(rest)}"
            )
    voters = [name for name in rest if not any(fnmatchcase(name, p) for p in ignore)]
    if chosen:
        voters = [name for name in voters if any(fnmatchcase(name, p) for p in chosen)]
    elif suspects := [name for name in voters if name.lower() in TRUTHS]:
        raise VotesError(
            f"{path}: column {suspects[0]!r} looks like the truth, not like a voter; say "
            f"--ignore {suspects[0]!r}, or name the voters with --voters"
        )
    if not voters:
        raise VotesError(f"{path} has no voter left besides the id column {key!r}")
    table = read_columns(path, [key, *voters], as_text=[key])
    ids = text_keys(path, table, key)
    check_unique(path, key, ids, VotesError)
    known = class_names(classes, None)
    items: list[NDArray[np.int64]] = []
    labels: list[NDArray[np.int64]] = []
    for name in voters:
        number = class_numbers(path, name, table.column(name).combine_chunks(), known)
        items.append(np.flatnonzero(number != ABSTAIN))
        labels.append(number[items[-1]])
    sizes = [len(one) for one in items]
    item, label = np.concatenate(items), np.concatenate(labels)
    voter = np.repeat(np.arange(len(voters), dtype=np.int32), sizes)
    known = all_classes(path, known, classes, label)
    check_range(path, label, known, lambda at: f"row {item[at] + 1}, column {voters[voter[at]]!r}")
    votes = Votes(item, voter, label.astype(np.int32), len(ids), len(voters), len(known))
    return VoteFile(votes, ids, voters, known)


def read_gold(path: Path, file: VoteFile) -> Gold:
    """Read ``item_id``, ``label`` and, if it is there, the inclusion ``probability``.

    Without that column the items are taken for a plain random sample of those in ``file``.

    Raises
    ------
    GoldError
        If a column is missing, an item is unknown or stands twice, or a label is no class.
    """
    names = column_names(path)
    for name in ("item_id", "label"):
        if name not in names:
            raise GoldError(f"{path} has no column {name!r}; it has {', '.join(names)}")
    extra = ["probability"] if "probability" in names else []
    table = read_columns(path, ["item_id", "label", *extra], as_text=["item_id"])
    ids = text_keys(path, table, "item_id")
    check_unique(path, "item_id", ids, GoldError)
    item = pc.index_in(ids, file.item_ids)
    unknown = np.flatnonzero(pc.is_null(item).to_numpy(zero_copy_only=False))
    if len(unknown):
        raise GoldError(
            f"{path} row {unknown[0] + 1}: item {ids[int(unknown[0])].as_py()!r} has no row among "
            f"the votes; {len(unknown)} such items in all. Gold must be of items that were voted on"
        )
    label = class_numbers(path, "label", table.column("label").combine_chunks(), file.classes)
    wrong = np.flatnonzero((label < 0) | (label >= len(file.classes)))
    if len(wrong):
        at = int(wrong[0])
        raise GoldError(
            f"{path} row {at + 1}: label {table.column('label')[at].as_py()!r} of item "
            f"{ids[at].as_py()!r} is none of the classes {', '.join(file.classes[:20])}; "
            f"{len(wrong)} such rows in all. If there are more classes, say --classes"
        )
    chance = np.full(len(ids), len(ids) / max(len(file.item_ids), 1))
    if extra:
        chance = numbers(path, table, "probability")
    return Gold(item.to_numpy().astype(np.int64), label.astype(np.int32), chance)


def write_labels(
    path: Path, file: VoteFile, label: NDArray[np.int64], posterior: NDArray[np.float64]
) -> None:
    """Write ``item_id, label, confidence, p_0 .. p_{K-1}``; undecided items without label."""
    undecided = label == ABSTAIN
    names = pa.array(file.classes, pa.string())
    if file.classes == [str(k) for k in range(len(file.classes))]:
        names = pa.array(range(len(file.classes)), pa.int32())
    columns: dict[str, Any] = {
        "item_id": file.item_ids,
        "label": names.take(pa.array(label, mask=undecided)),
        "confidence": pa.array(posterior.max(axis=1, initial=0.0), mask=undecided),
    }
    for k in range(len(file.classes)):
        columns[f"p_{k}"] = pa.array(posterior[:, k])
    write_table(path, pa.table(columns))
