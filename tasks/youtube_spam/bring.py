"""Bring the YouTube Spam Collection into the inbox, a file a month, the gold labels apart.

The collection is not part of this project; README.md tells where to get it and where it may lie.
"""

import csv
import io
import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from labeling.errors import LabelingError

HERE = Path(__file__).parent

ORIGINAL = HERE / "original"
"""Where the five CSV files of the public original are looked for first."""

SHARED = HERE.parents[2] / "shared" / "data" / "raw_youtube_spam" / "data.parquet"
"""The same comments beside the repository, as parquet, looked for next."""

FILES = (
    "Youtube01-Psy.csv",
    "Youtube02-KatyPerry.csv",
    "Youtube03-LMFAO.csv",
    "Youtube04-Eminem.csv",
    "Youtube05-Shakira.csv",
)

NAMES = {0: "HAM", 1: "SPAM"}

UNDATED = "undated"
"""Name of the file of comments without a date."""


class Comment(NamedTuple):
    """One comment; ``posted_at`` is ISO 8601, or None where the collection has no date."""

    item_id: str
    text: str
    posted_at: str | None
    video: str
    label: str


def read_original(folder: Path) -> list[Comment]:
    """Read the five CSV files; ids are ``yt-0`` on, in the order of the files."""
    comments: list[Comment] = []
    for name in FILES:
        path = folder / name
        if not path.is_file():
            raise LabelingError(
                f"{path} is missing; the YouTube Spam Collection has the files {', '.join(FILES)}"
            )
        video = path.stem.partition("-")[2]
        with path.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                label = NAMES[int(row["CLASS"])]
                posted_at = row["DATE"].strip() or None
                comments.append(
                    Comment(f"yt-{len(comments)}", row["CONTENT"], posted_at, video, label)
                )
    return comments


def read_parquet(path: Path) -> list[Comment]:
    """Read the columns id, text, label, timestamp and video of one parquet file."""
    import pyarrow.parquet as pq

    def comment(row: dict[str, Any]) -> Comment:
        posted: datetime | None = row["timestamp"]
        posted_at = posted.isoformat() if posted else None
        return Comment(row["id"], row["text"], posted_at, row["video"], NAMES[row["label"]])

    return [comment(row) for row in pq.read_table(path).to_pylist()]


def find_comments(original: Path = ORIGINAL, shared: Path = SHARED) -> list[Comment]:
    """Read the collection from where it lies.

    Raises
    ------
    LabelingError
        If it lies nowhere; the message tells how to get it.
    """
    if original.is_dir():
        return read_original(original)
    if shared.is_file():
        return read_parquet(shared)
    raise LabelingError(
        f"the YouTube Spam Collection is neither in {original} nor in {shared}. Download it from "
        "the UCI Machine Learning Repository (search for 'YouTube Spam Collection') and unpack "
        f"its five CSV files into {original}"
    )


def generate(
    inbox: Path, truth: Path, original: Path = ORIGINAL, shared: Path = SHARED
) -> list[Path]:
    """Write ``inbox/MONTH.jsonl`` and ``truth/MONTH.csv``; comments without a date go to *undated*.

    Parameters
    ----------
    inbox : Path
        Folder of the comments: item_id, text, posted_at (ISO 8601 or null), video.
    truth : Path
        Folder of the gold labels: item_id, label. They never come near the items.
    original, shared : Path
        Where the collection may lie.

    Returns
    -------
    list of Path
        The files of ``inbox``, months in order, *undated* last.
    """
    months: defaultdict[str, list[Comment]] = defaultdict(list)
    for comment in find_comments(original, shared):
        months[comment.posted_at[:7] if comment.posted_at else UNDATED].append(comment)
    written: list[Path] = []
    for month in sorted(months):
        lines, table = io.StringIO(), io.StringIO()
        answers = csv.writer(table, lineterminator="\n")
        answers.writerow(["item_id", "label"])
        for one in sorted(months[month], key=lambda comment: comment.posted_at or ""):
            row = {"item_id": one.item_id, "text": one.text}
            row |= {"posted_at": one.posted_at, "video": one.video}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            answers.writerow([one.item_id, one.label])
        written.append(_write(inbox / f"{month}.jsonl", lines.getvalue()))
        _write(truth / f"{month}.csv", table.getvalue())
    return written


def _write(path: Path, text: str) -> Path:
    """Write under a temporary name and rename, unless the file already says just this."""
    data = text.encode()
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(path.suffix + ".part")
        half.write_bytes(data)
        half.replace(path)
    return path
