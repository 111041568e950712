"""Which format a file is in: by its ending, and by what stands in it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from console.formats.foreign import Asked, Foreign, each
from console.formats.own.bundle import Bundle
from console.formats.own.csv import is_ours_csv, read_csv, write_csv
from console.formats.own.jsonl import is_ours_jsonl, read_jsonl, write_jsonl
from console.formats.spans.reading import SPANS, read_spans, spans_of_a_tool
from console.formats.tools import argilla, doccano, label_studio_export, prodigy
from console.formats.tools.arrays import read_array
from console.formats.tools.label_studio import read_label_studio, write_label_studio
from console.formats.tools.label_studio_answers import OURS
from console.formats.tools.table import (
    LABEL,
    check_label,
    columns_of,
    read_flags,
    read_table,
)
from labeling.errors import LabelingError
from labeling.files.cells import parse_json
from labeling.files.columns import column_names
from labeling.files.records import Record, other_separator, read_records
from labeling.kinds.kind import Kind
from labeling.kinds.registry import SINGLE
from resources.reviews.rows import ReviewError

READ = (".csv", ".jsonl", ".json", ".parquet", ".npy")


def read_any(
    path: Path,
    classes: Sequence[str],
    *,
    former: Mapping[str, str] = MappingProxyType({}),
    items: Path | None = None,
    id_column: str = "item_id",
    label: str | None = None,
    kind: Kind = SINGLE,
) -> Bundle | Foreign:
    """Read a file of ours, of Label Studio, doccano, Prodigy, Argilla, or a plain table or array.

    Parameters
    ----------
    path : Path
        Ends in one of :data:`READ`.
    classes : sequence of str
        Of the task.
    former : mapping of str to str
        Names that classes had before, and what they are called today.
    items : Path, optional
        For an array: the file whose rows its labels are of.
    id_column : str
        What the task's own files call the id.
    label : str, optional
        The column, control or question with the label, as the user said.
    kind : Kind
        What an answer of the task is.

    Raises
    ------
    ReviewError
        If the file is missing, damaged or of no known format.
    """
    asked = Asked(classes, former, label, kind)
    if kind.marks_text and (path.is_dir() or path.suffix.lower() in SPANS):
        return read_spans(path, asked)
    if not path.is_file():
        found = "is a folder, not a file" if path.is_dir() else "is no file that can be read"
        raise ReviewError(f"{path}: {found if path.exists() else 'there is no such file'}")
    ending = path.suffix.lower()
    if ending not in READ:
        allowed = ", ".join((*READ, *SPANS) if kind.marks_text else READ)
        raise ReviewError(f"{path}: the name must end in {allowed}")
    try:
        if ending == ".npy":
            if kind.many or kind.marks_text:
                asked_for, table = (
                    ("asks for spans", "lists of them")
                    if kind.marks_text
                    else ("allows any number", "lists or a column of 0 and 1 a class")
                )
                raise ReviewError(
                    f"{path}: an array has one label an item, and the task {asked_for}; make a table "
                    f"of it, with {table}"
                )
            return Foreign("array", read_array(path, items, id_column, classes, former))
        if ending == ".json":
            return _json(path, asked)
        columns = column_names(path) if ending in (".csv", ".parquet") else []
        if ending == ".csv" and (separated := other_separator(columns)):
            raise ReviewError(f"{path} cannot be read: {separated}")
        records, rejects = read_records(path, tuple(columns))
    except LabelingError as error:
        raise ReviewError(str(error)) from None
    for row, _, reason, _ in rejects[:1]:
        where = f", row {row}" if row else ""
        raise ReviewError(f"{path}{where}: {reason}; {len(rejects)} such rows in all")
    records = [one for one in records if ending != ".csv" or any(map(str.strip, one[1].values()))]
    if not records:
        raise ReviewError(f"{path}: there is no row in it")
    return _rows(path, records, asked)


def write_file(bundle: Bundle, path: Path, images: Path | None = None, kind: Kind = SINGLE) -> int:
    """Write a file of reviews and return how many rows, lines or tasks it has.

    Parameters
    ----------
    bundle : Bundle
    path : Path
    images : Path, optional
        The task's image folder; its images are put into a file for Label Studio.
    kind : Kind
        What an answer of the task is.

    Raises
    ------
    ReviewError
        If the ending says nothing.
    """
    if path.suffix == ".json":
        return write_label_studio(bundle, path, images, kind)
    if path.suffix == ".jsonl":
        return write_jsonl(bundle, path, kind)
    if path.suffix == ".csv":
        return write_csv(bundle, path)
    raise ReviewError(_unknown(path))


def _json(path: Path, asked: Asked) -> Bundle | Foreign:
    try:
        said = parse_json(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ReviewError(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    except (ValueError, RecursionError) as error:
        lines = (
            "; a record a line? Then its name ends in .jsonl" if "Extra data" in str(error) else ""
        )
        raise ReviewError(f"{path}: not JSON ({error}){lines}") from None
    found = [said] if isinstance(said, dict) and "data" in said else said
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ReviewError(f"{path}: must be a list of tasks or records, as tools export them")
    if not found:
        raise ReviewError(f"{path}: there is no task in it")
    if any("data" in one for one in found) or not any(found):
        ours = [isinstance(one.get("data"), dict) and OURS in one["data"] for one in found]
        if all(ours):
            return _whole(
                "Label Studio JSON", str(path), lambda: read_label_studio(path, asked.kind)
            )
        tasks = list(enumerate(found, start=1))
        return each(
            "Label Studio JSON", str(path), tasks,
            lambda some, at: label_studio_export.read_tasks(some, at, asked.kind),
        )  # fmt: skip
    return _rows(path, list(enumerate(found, start=1)), asked)


def _rows(path: Path, records: list[Record], asked: Asked) -> Bundle | Foreign:
    source, columns, label = str(path), columns_of(records), asked.label
    found = _of_a_tool(path, records, asked)
    answered = {name for one in found.entries for name in one.said} if found else set()
    if found and (label is None or label in answered or label not in columns):
        return found
    if label in (None, LABEL) and path.suffix.lower() == ".jsonl" and is_ours_jsonl(columns):
        return _whole("reviews", source, lambda: read_jsonl(path, asked.kind))
    if label in (None, LABEL) and path.suffix.lower() == ".csv" and is_ours_csv(columns):
        return read_csv(path)
    flags = asked.flags(columns, source)
    if flags:
        return each("table", source, records, lambda one, at: read_flags(one, at, flags))
    named, chosen = label or LABEL, asked.chosen
    check_label(records, source, named, asked.names, asked.named)
    return each("table", source, records, lambda one, at: read_table(one, at, named, chosen))


def _of_a_tool(path: Path, records: list[Record], asked: Asked) -> Foreign | None:
    source, first = str(path), records[0][1]
    if label_studio_export.is_row(first):
        kind = "CSV" if path.suffix.lower() == ".csv" else "JSON-MIN"
        return each(
            f"Label Studio {kind}", source, records,
            lambda one, at: label_studio_export.read_rows(one, at, asked.kind),
        )  # fmt: skip
    if asked.kind.marks_text:
        return spans_of_a_tool(path, records)
    if prodigy.is_record(first):
        return each(
            "Prodigy", source, records,
            lambda one, at: prodigy.read_records(one, at, asked.classes, asked.former, asked.kind),
        )  # fmt: skip
    if argilla.is_record(first):
        return each("Argilla", source, records, argilla.read_records)
    if "item_id" not in first and doccano.is_record(first):
        return each(
            "doccano", source, records,
            lambda one, at: doccano.read_records(one, at, path.stem, asked.names, asked.kind),
        )  # fmt: skip
    return None


def _whole(kind: str, source: str, read: Callable[[], Bundle]) -> Bundle:
    try:
        return read()
    except ReviewError:
        raise
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ReviewError(f"{source}: is not what {kind} holds: {error}") from None


def _unknown(path: Path) -> str:
    return f"{path}: the name must end in .csv, .jsonl or .json (Label Studio)"
