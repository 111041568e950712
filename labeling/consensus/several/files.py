"""Votes, gold and labels on file where an item may have several classes, for people who only want a consensus."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from labeling.class_labels import ABSTENTIONS, Classes
from labeling.consensus.files import item_key, key_and_voters
from labeling.errors import GoldError, VotesError
from labeling.files.checks import check_repeats, check_unique
from labeling.files.columns import column_names, numbers, read_columns, text_keys
from labeling.files.writing import write_table
from labeling.gold import Gold
from labeling.kinds.kind import Answers
from labeling.kinds.several.answer import NOT, written
from labeling.kinds.several.cells import names_in
from labeling.kinds.several.kind import Several
from labeling.kinds.units import Units
from labeling.look_alikes import look_alikes
from labeling.votes import Votes

KIND = Several()


@dataclass(frozen=True, slots=True, eq=False)
class SetFile:
    """Votes on classes of items, with the names that the file gives to items, voters and classes.

    Parameters
    ----------
    votes : Votes
        0 for no and 1 for yes, on ``units``.
    units : Units
        Each item has each class once.
    item_ids : Any
        Text, one each item, in the order of the file.
    voters, classes : list of str
    whole : list of bool
        Voters whose answers say of every class whether it applies: those who ever gave a list of
        several or of none. Others speak only of the class that they name.
    lists_all : bool
        Whether an item that nobody voted on has a row too.
    warnings : list of str
        What of the file is allowed and hardly meant.
    """

    votes: Votes
    units: Units
    item_ids: Any
    voters: list[str]
    classes: list[str]
    whole: list[bool]
    lists_all: bool
    warnings: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    """What stands in the cells that are not empty; ``row`` counts from 1."""

    item: NDArray[np.int64]
    voter: NDArray[np.int32]
    row: NDArray[np.int64]
    text: NDArray[np.int32]
    texts: list[str]


def read_set_votes(
    path: Path,
    *,
    item_column: str | None = None,
    ignore: Sequence[str] = (),
    voters: Sequence[str] = (),
    classes: Sequence[str] | None = None,
) -> SetFile:
    """Read votes whose cells are sets: a list, its JSON, or names with ``;`` or ``|`` between them.

    ``not NAME`` votes against a class, ``[]`` says that none applies, and an empty cell nothing.
    Parameters are those of :func:`labeling.consensus.files.read_votes`.

    Raises
    ------
    LabelingError
        If the file breaks its contract; the message names the column and the row.
    """
    names = column_names(path)
    long = {"voter", "label"} <= set(names)
    if long:
        key = item_key(path, names, item_column)
        sure = ["confidence"] if "confidence" in names else []
        table = read_columns(path, [key, "voter", "label", *sure], numeric=sure, lists=True)
        items = text_keys(path, table, key).dictionary_encode()
        panel = text_keys(path, table, "voter").dictionary_encode()
        ids, columns = items.dictionary, panel.dictionary.to_pylist()
        said = _said(table, ["label"])
        said = _Said(
            items.indices.to_numpy()[said.item].astype(np.int64),
            panel.indices.to_numpy()[said.item].astype(np.int32),
            said.row, said.text, said.texts,
        )  # fmt: skip
        confidence = numbers(path, table, "confidence")[said.row - 1] if sure else None
    else:
        key, columns = key_and_voters(path, names, item_column, ignore, voters)
        table = read_columns(path, [key, *columns], lists=True)
        ids = text_keys(path, table, key)
        check_unique(path, key, ids, VotesError)
        said, confidence = _said(table, columns), None
    known = list(classes or ())
    lists = [_names(path, one, said, columns, known, at) for at, one in enumerate(said.texts)]
    found = {name for names in lists for name in names}
    known = known or sorted(found)
    _check_names(path, said, lists, columns, known)
    whole = np.zeros(len(columns), dtype=np.bool_)
    plural = [
        len(names) != 1 or text.startswith("[")
        for names, text in zip(lists, said.texts, strict=True)
    ]
    whole[said.voter[np.array(plural, dtype=np.bool_)[said.text]]] = True
    answers = [written(names) for names in lists]
    mark = (
        ~whole[said.voter]
        | np.array([_denies(text, known) for text in said.texts], np.bool_)[said.text]
    )
    rows = Answers(said.item, said.text + np.where(mark, 0, len(answers)).astype(np.int32),
                   [*(text.strip() for text in said.texts), *answers])  # fmt: skip
    units = Units.each(len(ids), len(known))
    cast = KIND.cast(units, rows, known)
    voter = said.voter[cast.row]
    check_repeats(path, cast.unit, voter, _Named(ids, known), columns)
    votes = Votes(
        cast.unit, voter, cast.label, units.n_units, len(columns), 2,
        None if confidence is None else confidence[cast.row],
    )  # fmt: skip
    alike = look_alikes(
        {"label": pa.array([name for names in lists for name in names], pa.string())}
    )
    return SetFile(votes, units, ids, columns, known, whole.tolist(), not long, alike)


def read_set_gold(path: Path, file: SetFile) -> Gold:
    """Read ``item_id``, ``label`` (a set) and, if it is there, the inclusion ``probability``.

    As :func:`labeling.consensus.files.read_gold`; the gold is of units.

    Raises
    ------
    GoldError
        If a column is missing, an item is unknown or stands twice, or a label names no class.
    """
    names = column_names(path)
    for name in ("item_id", "label"):
        if name not in names:
            raise GoldError(f"{path} has no column {name!r}; it has {', '.join(names)}")
    extra = ["probability"] if "probability" in names else []
    table = read_columns(path, ["item_id", "label", *extra], numeric=extra, lists=True)
    ids = text_keys(path, table, "item_id")
    check_unique(path, "item_id", ids, GoldError)
    answers: list[str] = []
    for row, text in enumerate(table.column("label").to_pylist(), start=1):
        where = f"{path} row {row}: item {ids[row - 1].as_py()!r}"
        try:
            chosen = names_in(text, file.classes)
        except ValueError as error:
            raise GoldError(f"{where}: {error}") from None
        if chosen is None:
            raise GoldError(f"{where} has no label; [] says that no class applies")
        if strangers := [name for name in chosen if name not in file.classes]:
            raise GoldError(
                f"{where}: {strangers[0]!r} is no class; allowed are {', '.join(file.classes[:20])}. "
                f"If there are more classes, say --classes"
            )
        answers.append(written(chosen))
    item = pc.index_in(ids, file.item_ids).to_numpy(zero_copy_only=False)
    known = ~np.isnan(item)
    if not known.all() and (file.lists_all or not known.any()):
        row = int(np.argmin(known))
        raise GoldError(
            f"{path} row {row + 1}: item {ids[row].as_py()!r} has no row among the votes; "
            f"{int((~known).sum())} such items in all. Gold must be of items that were voted on"
        )
    if not known.all():
        file.warnings.append(
            f"{int((~known).sum())} of {len(ids)} gold items have no vote and are left out"
        )
    chance = numbers(path, table, "probability") if extra else None
    if chance is None:
        chance = np.full(len(ids), known.sum() / max(len(file.item_ids), 1))
    kept = [text for text, one in zip(answers, known.tolist(), strict=True) if one]
    cast = KIND.cast(
        file.units, Answers.of(item[known].astype(np.int64).tolist(), kept), file.classes
    )
    return Gold(cast.unit, cast.label, chance[known][cast.row])


def write_sets(
    path: Path,
    file: SetFile,
    label: Sequence[str | None],
    confidence: NDArray[np.float64],
    by_class: NDArray[np.float64],
) -> None:
    """Write ``item_id, label, confidence, p_0 .. p_{K-1}``: how likely each class applies.

    Parameters
    ----------
    path : Path
    file : SetFile
    label : sequence of str or None
        A JSON list an item; None where undecided.
    confidence : float array of shape (n_items,)
    by_class : float array of shape (n_items, n_classes)
    """
    undecided = np.array([one is None for one in label], dtype=np.bool_)
    columns: dict[str, Any] = {
        "item_id": file.item_ids,
        "label": pa.array(label, pa.string()),
        "confidence": pa.array(confidence, mask=undecided),
    }
    for k in range(len(file.classes)):
        columns[f"p_{k}"] = pa.array(by_class[:, k])
    write_table(path, pa.table(columns))


@dataclass(frozen=True, slots=True)
class _Named:
    """Names units for messages."""

    ids: Any
    classes: list[str]

    def __getitem__(self, unit: int) -> Any:
        item, question = divmod(unit, len(self.classes))
        return pa.scalar(f"{self.ids[item].as_py()}, class {self.classes[question]}")


def _said(table: pa.Table, columns: Sequence[str]) -> _Said:
    texts: dict[str, int] = {}
    parts: list[tuple[NDArray[np.int64], ...]] = []
    for voter, name in enumerate(columns):
        encoded = table.column(name).combine_chunks().dictionary_encode()
        place = [
            -1 if text.strip() in ("", *ABSTENTIONS) else texts.setdefault(text, len(texts))
            for text in map(str, encoded.dictionary.to_pylist())
        ]
        codes = np.array([*place, -1], dtype=np.int64)
        text = codes[pc.fill_null(encoded.indices, len(place)).to_numpy(zero_copy_only=False)]
        row = np.flatnonzero(text >= 0)
        parts.append((row, np.full(len(row), voter), text[row]))
    item, voter, text = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _Said(item, voter.astype(np.int32), item + 1, text.astype(np.int32), list(texts))


def _denies(text: str, classes: Collection[str]) -> bool:
    return text.strip().startswith(NOT) and text.strip() not in classes


def _names(
    path: Path, text: str, said: _Said, voters: list[str], classes: Collection[str], code: int
) -> tuple[str, ...]:
    try:
        if _denies(text, classes):
            return (text.strip().removeprefix(NOT),)
        return names_in(text, classes) or ()
    except ValueError as error:
        raise VotesError(f"{_where(path, said, voters, code)}: {error}") from None


def _check_names(
    path: Path, said: _Said, lists: Sequence[Sequence[str]], voters: list[str], classes: list[str]
) -> None:
    Classes(classes)
    if not classes:
        raise VotesError(f"{path} names no class; give the names of all with --classes")
    known = frozenset(classes)
    for code, names in enumerate(lists):
        for name in names:
            if name not in known:
                raise VotesError(
                    f"{_where(path, said, voters, code)}: {name!r} is no class; allowed are "
                    f"{', '.join(classes[:20])}{' ...' if len(classes) > 20 else ''}, and nothing for "
                    f"an abstention"
                )


def _where(path: Path, said: _Said, voters: list[str], code: int) -> str:
    at = int(np.argmax(said.text == code))
    return f"{path} row {said.row[at]}: voter {voters[said.voter[at]]!r} says {said.texts[code]!r}"
