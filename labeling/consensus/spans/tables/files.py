"""Marks, gold and labels of spans on file, for people who only want a consensus."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from labeling.consensus.files import item_key, key_and_voters
from labeling.consensus.spans.certainty import Certain
from labeling.consensus.spans.said import BelievedSpans, reviewed_in, votes_in
from labeling.consensus.spans.tables.rows import (
    PLACES,
    Row,
    answers_in,
    cells_in,
    check_row,
    spans_of_rows,
    text_of,
)
from labeling.counted import counted
from labeling.errors import GoldError, VotesError
from labeling.files.checks import check_unique
from labeling.files.columns import column_names, read_columns, text_keys
from labeling.files.writing import write_table
from labeling.kinds.kind import Answers
from labeling.kinds.spans.answer import Marked
from labeling.look_alikes import look_alikes
from labeling.span_votes import ReviewedSpans, SpanVotes

TEXT = "text"


@dataclass(frozen=True, slots=True, eq=False)
class SpanFile:
    """Marks with the names that the file gives to items, voters and classes.

    Parameters
    ----------
    votes : SpanVotes
    item_ids : Any
        Text, one each item, in the order of the file.
    voters, classes : list of str
    texts : list of str or None
        The text of each item, where a file has them.
    silent : bool array of shape (n_items,)
        Items of which nobody said anything, where silence is no answer.
    warnings : list of str
        What of the file is allowed and hardly meant.
    """

    votes: SpanVotes
    item_ids: Any
    voters: list[str]
    classes: list[str]
    texts: list[str] | None
    silent: NDArray[np.bool_]
    warnings: list[str]


def read_span_votes(
    path: Path,
    *,
    texts: Path | None = None,
    item_column: str | None = None,
    ignore: Sequence[str] = (),
    voters: Sequence[str] = (),
    classes: Sequence[str] | None = None,
) -> SpanFile:
    """Read marks of voters: a row a span, a row an answer, or a row an item and a column a voter.

    A file with ``voter``, ``start``, ``end`` and ``label`` has a row a span, and a voter's silence
    about an item says that it found nothing of the classes that it marks anywhere; a row without a span says so of every
    class. In the others a cell is a list of spans or the JSON of one, or an object of what is
    ``found`` and ``denied``; an empty one says nothing.

    Parameters
    ----------
    path : Path
        CSV, JSON Lines or Parquet; a column ``text`` has the texts.
    texts : Path, optional
        Another file with ``item_id`` and ``text``: then all its items count.
    item_column : str, optional
        Column with the id; where a row is an item, the first one by default.
    ignore, voters : sequences of str
        Where a column is a voter: columns (with wildcards) that are none, or the only ones that are.
    classes : sequence of str, optional
        By default what the marks name.

    Raises
    ------
    LabelingError
        If the file breaks its contract; the message names the row, and what is allowed.
    """
    names = column_names(path)
    by_span = {"voter", *PLACES} <= set(names)
    if by_span or {"voter", "label"} <= set(names):
        key = item_key(path, names, item_column)
        columns = ["voter", *(PLACES if by_span else ("label",))]
        panel: list[str] = []
    else:
        key, panel = key_and_voters(path, names, item_column, _others(names, ignore), voters)
        columns = panel
    with_text = [TEXT] if TEXT in names and texts is None else []
    table = read_columns(path, [key, *columns, *with_text], lists=True)
    ids = text_keys(path, table, key)
    if panel:
        check_unique(path, key, ids, VotesError)
        said = list(cells_in(path, table, ids.to_pylist(), panel))
    elif by_span:
        said = list(spans_of_rows(path, table, ids.to_pylist()))
    else:
        said = list(answers_in(path, table, ids.to_pylist()))
    known, content = _texts(texts, path, ids, table, with_text)
    place = {name: at for at, name in enumerate(known.to_pylist())}
    for one in said:
        if one.item not in place:
            raise VotesError(f"{path} row {one.row}: item {one.item!r} has no text in {texts}")
        check_row(
            path, one, None if content is None else content[place[one.item]], classes, VotesError
        )
    found = [span.name for one in said for span in (*one.said.found, *one.said.denied)]
    named = list(classes or sorted(set(found)))
    if not named:
        raise VotesError(f"{path} marks no span; give the names of all classes with --classes")
    panel = panel or list(dict.fromkeys(text_keys(path, table, "voter").to_pylist()))
    number = {name: at for at, name in enumerate(panel)}
    rows = Answers.of([place[one.item] for one in said], [text_of(one.said) for one in said])
    voter = np.array([number[one.voter] for one in said], dtype=np.int32)
    votes = votes_in(rows, voter, len(known), len(panel), named)
    silent = np.bincount(rows.item, minlength=len(known)) == 0
    alike = look_alikes({"label": pa.array(found, pa.string())})
    return SpanFile(votes, known, panel, named, content, silent & (not by_span), alike)


def read_span_gold(path: Path, file: SpanFile) -> ReviewedSpans:
    """Read reviewed items: ``item_id`` and ``label`` with a list of spans, or a row a span.

    Raises
    ------
    GoldError
        If a column is missing, an item is unknown or stands twice, or a span is none.
    """
    names = column_names(path)
    for name in ("item_id", "label"):
        if name not in names:
            raise GoldError(f"{path} has no column {name!r}; it has {', '.join(names)}")
    by_span = set(PLACES) <= set(names)
    table = read_columns(path, ["item_id", *(PLACES if by_span else ("label",))], lists=True)
    ids = text_keys(path, table, "item_id")
    if by_span:
        said = list(spans_of_rows(path, table, ids.to_pylist()))
        said = [Row(one.item, "", Marked(one.said.found, whole=True), one.row) for one in said]
    else:
        check_unique(path, "item_id", ids, GoldError)
        said = list(cells_in(path, table, ids.to_pylist(), ["label"]))
        if len(said) < len(ids):
            row = min(set(range(1, len(ids) + 1)) - {one.row for one in said})
            raise GoldError(f"{path} row {row}: has no label; [] says that there is no span")
    place = {name: at for at, name in enumerate(file.item_ids.to_pylist())}
    strange = [one for one in said if one.item not in place]
    if strange:
        raise GoldError(
            f"{path} row {strange[0].row}: item {strange[0].item!r} has no row among the votes; "
            f"{counted(len(strange), 'such item')} in all. Gold must be of items that were voted on"
        )
    for one in said:
        text = None if file.texts is None else file.texts[place[one.item]]
        check_row(path, one, text, file.classes, GoldError)
        if not one.said.whole:
            raise GoldError(f"{path} row {one.row}: gold is a list of all spans, [] for none")
    rows = Answers.of([place[one.item] for one in said], [text_of(one.said) for one in said])
    return reviewed_in(rows, len(file.item_ids), file.classes)


def write_spans(path: Path, file: SpanFile, spans: BelievedSpans, sure: Certain) -> None:
    """Write ``item_id, label, confidence, p_0 .. p_{K-1}``: how likely an item holds each class.

    Parameters
    ----------
    path : Path
    file : SpanFile
    spans : BelievedSpans
        One consensus; written as JSON lists, none where nobody said anything.
    sure : Certain
        How likely each list is right as a whole, and holds each class.
    """
    answers = spans.answers(file.classes)
    columns: dict[str, Any] = {
        "item_id": file.item_ids,
        "label": pa.array(answers, pa.string(), mask=file.silent),
        "confidence": pa.array(sure.answer, mask=file.silent),
    }
    for k, share in enumerate(sure.holds.T):
        columns[f"p_{k}"] = pa.array(share)
    write_table(path, pa.table(columns))


def _others(names: Sequence[str], ignore: Sequence[str]) -> list[str]:
    return [*ignore, *([TEXT] if TEXT in names[1:] else [])]


def _texts(
    texts: Path | None, path: Path, ids: Any, table: pa.Table, inside: Sequence[str]
) -> tuple[Any, list[str] | None]:
    """Return the items, each once, and their texts where there are any."""
    if texts is None:
        first: dict[str, int] = {}
        for row, name in enumerate(ids.to_pylist()):
            first.setdefault(name, row)
        known = pa.array(list(first), pa.string())
        if not inside:
            return known, None
        content = _filled(table)
        for row, name in enumerate(ids.to_pylist()):
            if content[row] != content[first[name]]:
                raise VotesError(
                    f"{path} row {row + 1}: item {name!r} has another text than on row {first[name] + 1}"
                )
        return known, [content[row] for row in first.values()]
    names = column_names(texts)
    for name in ("item_id", TEXT):
        if name not in names:
            raise VotesError(f"{texts} has no column {name!r}; it has {', '.join(names)}")
    other = read_columns(texts, ["item_id", TEXT])
    known = text_keys(texts, other, "item_id")
    check_unique(texts, "item_id", known, VotesError)
    return known, _filled(other)


def _filled(table: pa.Table) -> list[str]:
    return [text or "" for text in table.column(TEXT).to_pylist()]
