"""Which program spans in a file are of, told by the name of the file or by its first record."""

from pathlib import Path

from console.formats.foreign import Asked, Foreign, each
from console.formats.spans import brat, conll, docbin, doccano, prodigy
from labeling.files.records import Record
from resources.reviews.rows import ReviewError

SPANS = (*conll.ENDINGS, docbin.ENDING)
"""Endings of files that hold spans alone."""


def read_spans(path: Path, asked: Asked) -> Foreign:
    """Read a folder of brat, or a file of spaCy or CoNLL.

    Raises
    ------
    ReviewError
        If it is missing or damaged.
    """
    if path.is_dir():
        return Foreign("brat", *brat.read(path, asked.names))
    if not path.is_file():
        raise ReviewError(f"{path}: there is no such file")
    if path.suffix.lower() == docbin.ENDING:
        return Foreign("a DocBin of spaCy", *docbin.read(path))
    return Foreign("CoNLL", conll.read(path, asked.names))


def spans_of_a_tool(path: Path, records: list[Record]) -> Foreign | None:
    """Read records of Prodigy or doccano; None if they are of neither.

    Raises
    ------
    ReviewError
        If a record is not what it should be; names its row.
    """
    first, source = records[0][1], str(path)
    if prodigy.is_record(first):
        return each("Prodigy", source, records, prodigy.read_records)
    if doccano.is_record(first):
        return each(
            "doccano", source, records,
            lambda one, at: doccano.read_records(one, at, path.stem),
        )  # fmt: skip
    return None
