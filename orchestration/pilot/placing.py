"""A suggested prompt takes its place beside the file that it betters."""

import os
from itertools import count
from pathlib import Path


def place_beside(file: Path, text: str) -> Path:
    """Write a file beside another, whole or not at all, under a name that none has."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    unfinished.write_text(text, encoding="utf-8")
    try:
        for number in count(1):
            path = file.with_stem(f"{file.stem}-suggested" + (f"-{number}" if number > 1 else ""))
            try:
                path.hardlink_to(unfinished)
            except FileExistsError:
                continue
            except OSError:  # no hard links on this file system: an empty file takes the name first
                try:
                    path.open("x", encoding="utf-8").close()
                except FileExistsError:
                    continue
                unfinished.replace(path)
            return path
    finally:
        unfinished.unlink(missing_ok=True)
    raise AssertionError("numbers do not end")
