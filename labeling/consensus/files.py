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

from labeling.class_labels import Classes, class_numbers, find_classes
from labeling.errors import GoldError, LabelingError, VotesError
from labeling.files.checks import are_numbers, check_repeats, check_unique
from labeling.files.columns import column_names, numbers, read_columns, text_keys
from labeling.files.writing import write_table
from labeling.gold import Gold
from labeling.look_alikes import look_alikes
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
    known : Classes
        One each class; their numbers where the file has only numbers.
    lists_all : bool
        Whether an item that nobody voted on has a row too.
    numeric : bool
        Whether the file keeps labels as numbers, so that those made of them are numbers too.
    warnings : list of str
        What of the file is allowed and hardly meant.
    """

    votes: Votes
    item_ids: Any
    voters: list[str]
    known: Classes
    lists_all: bool
    numeric: bool
    warnings: list[str]

    @property
    def classes(self) -> list[str]:
        """Names of the classes."""
        return self.known.names


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
        CSV, JSON Lines or Parquet; ids and labels are text.
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
    key = item_key(path, names, item_column)
    sure = ["confidence"] if "confidence" in names else []
    table = read_columns(path, [key, "voter", "label", *sure], numeric=sure)
    said = {"label": table.column("label").combine_chunks()}
    known = find_classes(path, said, classes, any_text=True)
    number = class_numbers(path, said, known)["label"]
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
    check_repeats(path, item, voter, items.dictionary, voters)
    votes = Votes(
        item,
        voter,
        label.astype(np.int32),
        len(items.dictionary),
        len(voters),
        len(known.names),
        confidence,
    )
    return VoteFile(
        votes,
        items.dictionary,
        voters,
        known,
        False,
        are_numbers(path, ["label"]),
        look_alikes(said),
    )


def item_key(path: Path, names: list[str], item_column: str | None) -> str:
    """Return the column of the item in a file with a row a vote.

    Raises
    ------
    VotesError
        If there is none.
    """
    wanted = [item_column] if item_column else ["item_id", "item"]
    key = next((name for name in wanted if name in names), None)
    if key is None:
        raise VotesError(
            f"{path} has no column {' or '.join(map(repr, wanted))} for the item; it has "
            f"{', '.join(names)}. Name it with --id"
        )
    return key


def key_and_voters(
    path: Path,
    names: list[str],
    item_column: str | None,
    ignore: Sequence[str],
    chosen: Sequence[str],
) -> tuple[str, list[str]]:
    """Return the column of the item and those of voters, in a file with a row an item.

    Raises
    ------
    VotesError
        If a column that is named is not there, one looks like the truth, or no voter is left.
    """
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
            f"--voters '!{suspects[0]}' to leave it out, or name the voters with --voters"
        )
    if not voters:
        raise VotesError(f"{path} has no voter left besides the id column {key!r}")
    return key, voters


def _read_wide(
    path: Path,
    names: list[str],
    item_column: str | None,
    ignore: Sequence[str],
    chosen: Sequence[str],
    classes: int | Sequence[str] | None,
) -> VoteFile:
    key, voters = key_and_voters(path, names, item_column, ignore, chosen)
    table = read_columns(path, [key, *voters])
    ids = text_keys(path, table, key)
    check_unique(path, key, ids, VotesError)
    said = {name: table.column(name).combine_chunks() for name in voters}
    known = find_classes(path, said, classes, any_text=False)
    numbers_of = class_numbers(path, said, known)
    items = [np.flatnonzero(numbers_of[name] != ABSTAIN) for name in voters]
    labels = [numbers_of[name][at] for name, at in zip(voters, items, strict=True)]
    sizes = [len(one) for one in items]
    item, label = np.concatenate(items), np.concatenate(labels)
    voter = np.repeat(np.arange(len(voters), dtype=np.int32), sizes)
    votes = Votes(item, voter, label.astype(np.int32), len(ids), len(voters), len(known.names))
    return VoteFile(votes, ids, voters, known, True, are_numbers(path, voters), look_alikes(said))


def read_gold(path: Path, file: VoteFile) -> Gold:
    """Read ``item_id``, ``label`` and, if it is there, the inclusion ``probability``.

    Without that column the items are taken for a plain random sample of those in ``file``. Where
    a file of votes has a row a vote, gold of items without any is left out, with a warning in
    ``file``: labels that nobody voted on are not what the consensus is measured by.

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
    table = read_columns(path, ["item_id", "label", *extra], numeric=extra)
    ids = text_keys(path, table, "item_id")
    check_unique(path, "item_id", ids, GoldError)
    said = table.column("label").combine_chunks()
    try:
        label = class_numbers(path, {"label": said}, file.known, abstentions=())["label"]
    except LabelingError as error:
        raise GoldError(f"{error}. If there are more classes, say --classes") from None
    for row in np.flatnonzero(label == ABSTAIN)[:1]:
        raise GoldError(f"{path} row {row + 1}: item {ids[int(row)].as_py()!r} has no label")
    item = pc.index_in(ids, file.item_ids).to_numpy(zero_copy_only=False)
    known = ~np.isnan(item)
    _tell_unknown(path, file, ids, known)
    chance = numbers(path, table, "probability") if extra else None
    if chance is None:
        chance = np.full(len(ids), known.sum() / max(len(file.item_ids), 1))
    return Gold(item[known].astype(np.int64), label[known].astype(np.int32), chance[known])


def _tell_unknown(path: Path, file: VoteFile, ids: Any, known: NDArray[np.bool_]) -> None:
    if known.all():
        return
    row = int(np.argmin(known))
    first, n_unknown = f"{path} row {row + 1}: item {ids[row].as_py()!r}", int((~known).sum())
    if file.lists_all or not known.any():
        raise GoldError(
            f"{first} has no row among the votes; {n_unknown} such items in all. Gold must be of "
            f"items that were voted on"
        )
    file.warnings.append(
        f"{n_unknown} of {len(ids)} gold items have no vote and are left out, such as {first}; "
        f"what is measured is the labels of items with votes"
    )


def write_labels(
    path: Path, file: VoteFile, label: NDArray[np.int64], posterior: NDArray[np.float64]
) -> None:
    """Write ``item_id, label, confidence, p_0 .. p_{K-1}``; undecided items without label."""
    undecided = label == ABSTAIN
    names = pa.array(file.classes, pa.string())
    if file.numeric and file.classes == [str(k) for k in range(len(file.classes))]:
        names = names.cast(pa.int32())
    columns: dict[str, Any] = {
        "item_id": file.item_ids,
        "label": names.take(pa.array(label, mask=undecided)),
        "confidence": pa.array(posterior.max(axis=1, initial=0.0), mask=undecided),
    }
    for k in range(len(file.classes)):
        columns[f"p_{k}"] = pa.array(posterior[:, k])
    write_table(path, pa.table(columns))
