"""What takes long to make and is the same for everybody: made once, and kept beside the code."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

BUILT = Path(__file__).parent / "built"
"""As what dbt builds is beside its models; what stands there was made here."""


def kept(name: str, make: Callable[[], bytes]) -> bytes:
    """Return what ``make`` makes, which is called only where nothing is kept under ``name``.

    Where the code's folder cannot be written, every process makes it for itself.

    Parameters
    ----------
    name : str
        A file's name, with the version of whatever decides on what is made.
    make : callable
    """
    path = BUILT / name
    with suppress(OSError):
        if found := path.read_bytes():  # an empty one was cut by a power cut
            return found
    made = make()
    with suppress(OSError):
        BUILT.mkdir(exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        with unfinished.open("wb") as file:
            file.write(made)
            os.fsync(file.fileno())
        unfinished.replace(path)
    return made
