"""Answers of people and models from a plain table."""

# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportCallIssue=false
# pyarrow's stubs leave its functions half typed

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from labeling.class_labels import ABSTENTIONS
from labeling.errors import LabelingError, QualityError
from labeling.files.checks import check_repeats, check_unique
from labeling.files.columns import column_names, read_columns, text_keys
from labeling.kinds.several.cells import names_in
from labeling.kinds.spans.cells import spans_in
from labeling.kinds.spans.offsets import check
from labeling.quality.judging.likeness import Codes, Part
from labeling.quality.judging.names import people_and_models
from labeling.quality.judging.panel import Panel
from labeling.votes import ABSTAIN

VOTERS = ("voter", "annotator", "worker", "reviewer")
"""How a file with a row an answer may call who gave it."""

ITEMS = ("item_id", "item", "task", "id")
"""How it may call the item."""


def read_panel(
    path: Path,
    kind: str = "single",
    *,
    people: Sequence[str] = (),
    models: Sequence[str] = (),
    item_column: str | None = None,
) -> Panel:
    """Read a row an item and a column each person and model, or a row an answer.

    A file has a row an answer if it has the columns ``label`` and one of :data:`VOTERS`. An empty cell is no
    answer, nor is -1; where answers are lists, ``[]`` is one.

    Parameters
    ----------
    path : Path
        CSV, JSON Lines or Parquet; ids and answers are text.
    kind : str
        ``single``, ``several`` or ``spans``.
    people, models : sequences of str
        See :func:`labeling.quality.judging.names.people_and_models`.
    item_column : str, optional
        Column with the id; where a row is an item the first one by default.

    Raises
    ------
    LabelingError
        If the file breaks its contract; the message names the column and the row.
    """
    names = column_names(path)
    who = next((name for name in VOTERS if name in names), None)
    if who is not None and "label" in names:
        return _read_long(path, names, who, kind, people, models, item_column)
    key = item_column or names[0]
    if key not in names:
        raise QualityError(f"{path} has no column {key!r}; it has {', '.join(names)}")
    told = people_and_models(path, [name for name in names if name != key], people, models)
    table = read_columns(path, [key, *told[0], *told[1]], lists=kind != "single")
    check_unique(path, key, text_keys(path, table, key), QualityError)
    texts = _Texts(path, kind)
    said = [
        np.stack([texts.codes(table, name) for name in side], axis=1).astype(np.int32)
        for side in told
    ]
    return texts.panel(said[0], said[1], told)


def _read_long(
    path: Path,
    names: list[str],
    who: str,
    kind: str,
    people: Sequence[str],
    models: Sequence[str],
    item_column: str | None,
) -> Panel:
    wanted = [item_column] if item_column else ITEMS
    key = next((name for name in wanted if name in names), None)
    if key is None:
        raise QualityError(
            f"{path} has no column {' or '.join(map(repr, wanted))} for the item; it has "
            f"{', '.join(names)}. Name it with --id"
        )
    table = read_columns(path, [key, who, "label"], lists=kind != "single")
    items = text_keys(path, table, key).dictionary_encode()
    panel = text_keys(path, table, who).dictionary_encode()
    everybody = panel.dictionary.to_pylist()
    told = people_and_models(path, everybody, people, models)
    texts = _Texts(path, kind)
    code = texts.codes(table, "label")
    item, voter = (one.indices.to_numpy().astype(np.int64) for one in (items, panel))
    spoken = code != ABSTAIN
    check_repeats(path, item[spoken], voter[spoken].astype(np.int32), items.dictionary, everybody)
    said: list[Codes] = []
    for side in told:
        place = np.full(len(everybody) + 1, ABSTAIN, dtype=np.int64)
        place[[everybody.index(name) for name in side]] = np.arange(len(side))
        here = spoken & (place[voter] != ABSTAIN)
        matrix = np.full((len(items.dictionary), len(side)), ABSTAIN, dtype=np.int32)
        matrix[item[here], place[voter[here]]] = code[here]
        said.append(matrix)
    return texts.panel(said[0], said[1], told)


class _Texts:
    """Numbers answers; those that say the same have one number, however they are written."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self.kind = path, kind
        self.number: dict[frozenset[Part], int] = {}
        self.read: Callable[[str], tuple[Part, ...] | None] = {
            "single": lambda text: (text,),
            "several": lambda text: names_in(text, ()),
            "spans": _spans,
        }[kind]

    def codes(self, table: pa.Table, column: str) -> Codes:
        """Return the number of each cell's answer, ABSTAIN of none."""
        encoded = table.column(column).combine_chunks().dictionary_encode()
        code = [self._code(str(text), encoded, column) for text in encoded.dictionary.to_pylist()]
        at = pc.fill_null(encoded.indices, len(code)).to_numpy(zero_copy_only=False)
        return np.array([*code, ABSTAIN], dtype=np.int32)[at]

    def _code(self, text: str, encoded: Any, column: str) -> int:
        if text.strip() in ("", *ABSTENTIONS):
            return ABSTAIN
        try:
            parts = self.read(text)
        except ValueError as error:
            row = pc.index(encoded.cast(pa.string()), pa.scalar(text)).as_py() + 1
            raise QualityError(f"{self.path} row {row}: column {column!r}: {error}") from None
        answer = frozenset(parts or ())
        return self.number.setdefault(answer, len(self.number))

    def panel(self, people: Codes, models: Codes, names: tuple[list[str], list[str]]) -> Panel:
        """Return the panel of all answers numbered so far."""
        if not len(people):
            raise LabelingError(f"{self.path} has no row under its header: nothing to judge by")
        return Panel(people, models, names[0], names[1], list(self.number), self.kind)


def _spans(text: str) -> tuple[Part, ...] | None:
    spans = spans_in(text)
    for span in spans or ():
        check(span, span.end)
    return spans
