"""The file of a student: a light look whether it can be read, a guarded load, and its classes."""

# joblib publishes partial types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import pickle
import zlib
from pathlib import Path
from typing import Any

from labeling.errors import LabelingError

ZLIB = b"x"
"""First byte of a file that joblib compressed."""


def is_whole(path: Path) -> bool:
    """Whether the file of a student stands from its first byte to its last; nothing in it is run.

    A cut, emptied or overwritten file is found; a byte that changed in the middle shows when the
    file is loaded (:func:`read_student`).
    """
    try:
        content = path.read_bytes()
        if content[:1] == ZLIB:
            content = zlib.decompress(content)
    except (OSError, zlib.error):
        return False
    return content[:1] == pickle.PROTO and content[-1:] == pickle.STOP


def read_student(path: Path) -> Any:
    """Load the file of a student.

    Raises
    ------
    LabelingError
        If it is damaged; it names the file and the way out.
    """
    import joblib

    try:
        return joblib.load(path)
    except Exception as error:  # a damaged pickle may raise anything
        raise LabelingError(
            f"{path} is damaged ({type(error).__name__}): delete it; the next run makes it anew"
        ) from error


def classes_of(student: Any) -> list[str]:
    """Return the classes that a student knows: a pipeline of scikit-learn's, or a tagger of spans."""
    from labeling.student.tagger.tagger import Tagger

    known = student.types if isinstance(student, Tagger) else student.steps[-1][1].classes_
    return [str(name) for name in known]
