"""Released labels as a file: CSV, JSON Lines or Parquet."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from labeling.files.apostrophes import harmless
from labeling.kinds.kind import Kind
from labeling.kinds.spans.answer import marked

SPANS = pa.list_(pa.struct([("start", pa.int64()), ("end", pa.int64()), ("label", pa.string())]))
"""How spans stand in a file that can hold lists."""


def write_table(table: pa.Table, path: Path, kind: Kind) -> int:
    """Write labels, and return how many cells of a CSV file got an apostrophe in front.

    Parameters
    ----------
    table : pyarrow.Table
        With ``label``, which is a list where the kind and the file have lists: of classes, or of
        objects with start, end and label.
    path : Path
        Ends in .csv, .jsonl or .parquet.
    kind : Kind
        Of the task.
    """
    if path.suffix == ".csv":
        table, changed = _harmless(table)
        _write_csv(table, path)
        return changed
    if kind.marks_text:
        table = _as_objects(table)
    elif kind.many:
        table = _with_lists(table, kind)
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    else:
        _write_jsonl(table, path)
    return 0


def _as_objects(table: pa.Table) -> pa.Table:
    said = [None if text is None else marked(text) for text in table["label"].to_pylist()]
    spans = [
        None
        if one is None
        else [{"start": span.start, "end": span.end, "label": span.name} for span in one.found]
        for one in said
    ]
    at = table.column_names.index("label")
    return table.set_column(at, "label", pa.array(spans, SPANS))


def _with_lists(table: pa.Table, kind: Kind) -> pa.Table:
    names = [
        None if text is None else list(kind.named(text)) for text in table["label"].to_pylist()
    ]
    at = table.column_names.index("label")
    return table.set_column(at, "label", pa.array(names, pa.list_(pa.string())))


def _harmless(table: pa.Table) -> tuple[pa.Table, int]:
    changed = 0
    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            before = table.column(at).to_pylist()
            after = [None if cell is None else harmless(cell) for cell in before]
            changed += sum(a != b for a, b in zip(after, before, strict=True))
            table = table.set_column(at, field.name, pa.array(after, pa.string()))
    return table, changed


def _write_csv(table: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.column_names)
        writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _write_jsonl(table: pa.Table, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in table.to_pylist():
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
