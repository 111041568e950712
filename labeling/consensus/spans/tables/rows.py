"""Answers about spans as they stand in the rows of tables."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from labeling.errors import LabelingError, VotesError
from labeling.files.columns import text_keys
from labeling.kinds.spans.answer import NOTHING, Marked, Span, finds, marked, written
from labeling.kinds.spans.cells import offset_in, spans_in
from labeling.kinds.spans.offsets import LONGEST, check

PLACES = ("start", "end", "label")
"""Columns of a file with a row a span."""


@dataclass(frozen=True, slots=True)
class Row:
    """One answer: of which item, by whom, what, and on which row, counted from 1."""

    item: str
    voter: str
    said: Marked
    row: int


def cells_in(path: Path, table: pa.Table, ids: list[str], columns: Sequence[str]) -> Iterator[Row]:
    """Read columns that hold answers, one each voter; an empty cell says nothing.

    Raises
    ------
    VotesError
        If a cell holds something else; names its row and column.
    """
    for name in columns:
        for row, cell in enumerate(table.column(name).to_pylist()):
            if cell is not None and cell.strip():
                where = f"{path} row {row + 1}: {name}"
                yield Row(ids[row], name, _said(cell, where), row + 1)


def answers_in(path: Path, table: pa.Table, ids: list[str]) -> Iterator[Row]:
    """Read rows of a voter's answer about an item, in ``voter`` and ``label``.

    Raises
    ------
    VotesError
        If a cell is no answer, or a voter gives two about an item.
    """
    seen: dict[tuple[str, str], int] = {}
    who = text_keys(path, table, "voter").to_pylist()
    for one in cells_in(path, table, ids, ["label"]):
        voter = who[one.row - 1]
        first = seen.setdefault((one.item, voter), one.row)
        if first != one.row:
            raise VotesError(
                f"{path} row {one.row}: voter {voter!r} speaks of item {one.item!r} on row {first} too; "
                f"keep one row with all its spans"
            )
        yield Row(one.item, voter, one.said, one.row)


def spans_of_rows(path: Path, table: pa.Table, ids: list[str]) -> Iterator[Row]:
    """Gather the rows of each voter and item, where a row is a span.

    Raises
    ------
    VotesError
        If a row is no span; names it.
    """
    who = (
        text_keys(path, table, "voter").to_pylist()
        if "voter" in table.column_names
        else [""] * len(ids)
    )
    rows = zip(*(table.column(name).to_pylist() for name in PLACES), strict=True)
    spans: dict[tuple[str, str], set[Span]] = {}
    first: dict[tuple[str, str], int] = {}
    for row, (item, voter, cells) in enumerate(zip(ids, who, rows, strict=True), start=1):
        found = spans.setdefault((item, voter), set())
        first.setdefault((item, voter), row)
        if not any(cells):
            continue
        try:
            span = Span(*map(offset_in, cells[:2]), str(cells[2] or ""))
            if not span.name:
                raise VotesError("label is empty, and start and end are not")
            check(span)
        except ValueError as error:
            raise VotesError(
                f"{path} row {row}: {error}; a row has start, end and label, or none of them where "
                f"nothing was found"
            ) from None
        found.add(span)
    for (item, voter), some in spans.items():
        yield Row(item, voter, Marked(tuple(sorted(some)), whole=not some), first[item, voter])


def _said(cell: str, where: str) -> Marked:
    said = marked(cell.strip())
    if said is not None:
        return said
    try:
        return Marked(spans_in(cell) or (), whole=True)
    except ValueError as error:
        raise VotesError(
            f"{where}: {error}; allowed: a list of [start, end, class], [] for nothing, or "
            f'{{"found": [...], "denied": [...]}}'
        ) from None


def check_row(
    path: Path,
    one: Row,
    text: str | None,
    classes: Sequence[str] | None,
    error: type[LabelingError],
) -> None:
    """Refuse an answer that is not about the text, where it is known, or names no class."""
    for span in (*one.said.found, *one.said.denied):
        where = f"{path} row {one.row}: item {one.item!r}"
        try:
            check(span, LONGEST if text is None else len(text))
        except ValueError as problem:
            raise error(f"{where}: {problem}") from None
        if classes is not None and span.name not in classes:
            raise error(
                f"{where}: {span.name!r} is no class; allowed are {', '.join(classes[:20])}"
            )


def text_of(said: Marked) -> str:
    """Write an answer."""
    if said.whole:
        return written(said.found)
    return finds(said.found, said.denied) if said.found or said.denied else NOTHING
