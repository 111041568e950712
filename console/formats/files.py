"""Which format a file is in, by its ending."""

from pathlib import Path

from console.formats.bundle import Bundle
from console.formats.csv import read_csv, write_csv
from console.formats.jsonl import read_jsonl, write_jsonl
from console.formats.label_studio import read_label_studio, write_label_studio
from orchestration.resources.review_rows import ReviewError

READERS = {".csv": read_csv, ".jsonl": read_jsonl, ".json": read_label_studio}
WRITERS = {".csv": write_csv, ".jsonl": write_jsonl}
"""``.json`` is Label Studio's."""


def read_file(path: Path) -> Bundle:
    """Read a file of reviews in any of our formats.

    Raises
    ------
    ReviewError
        If there is no such file, its ending says nothing or its content is wrong.
    """
    reader = READERS.get(path.suffix)
    if reader is None:
        raise ReviewError(_unknown(path))
    if not path.is_file():
        raise ReviewError(f"{path}: there is no such file")
    return reader(path)


def write_file(bundle: Bundle, path: Path, images: Path | None = None) -> int:
    """Write a file of reviews and return how many rows, lines or tasks it has.

    Parameters
    ----------
    bundle : Bundle
    path : Path
    images : Path, optional
        The task's image folder; its images are put into a file for Label Studio.

    Raises
    ------
    ReviewError
        If the ending says nothing.
    """
    if path.suffix == ".json":
        return write_label_studio(bundle, path, images)
    writer = WRITERS.get(path.suffix)
    if writer is None:
        raise ReviewError(_unknown(path))
    return writer(bundle, path)


def _unknown(path: Path) -> str:
    return f"{path}: the name must end in .csv, .jsonl or .json (Label Studio)"
