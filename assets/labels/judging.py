"""A student asked about the parts of a batch, wherever these are worked on."""

import hashlib
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resources.engines.engine import Engine
from resources.engines.parts import Part, write_part

if TYPE_CHECKING:  # scikit-learn takes a second to import
    from labeling.student.others import Terms
    from labeling.student.student import Student


@dataclass(frozen=True)
class StudentOnPart:
    """Asks a student about the texts of a part, and writes what it says into files.

    Parameters
    ----------
    student : Path
        A pickle of the student and of the terms that tell.
    digest : str
        Its SHA-256: another file is not opened.
    """

    student: Path
    digest: str

    def __call__(self, part: Part) -> list[Path]:
        """Return where what it says stands, an array of shape (n_items, K) for each view."""
        from labeling.student.others import judge_part

        student, terms = _loaded(self.student, self.digest)
        found: list[Path] = []
        for view, said in enumerate(judge_part(student, terms, part.read()["text"].to_pylist())):
            path = part.path.with_suffix(f".{view}.npy")
            unfinished = path.with_suffix(".tmp.npy")
            np.save(unfinished, said)
            unfinished.replace(path)
            found.append(path)
        return found


@dataclass(frozen=True)
class JudgeOn:
    """A :data:`labeling.student.others.Judge` that lets an engine read the parts.

    Parameters
    ----------
    engine : Engine
    into : Path
        Folder for what is read and said; emptied by whoever made it.
    """

    engine: Engine
    into: Path

    def __call__(
        self, student: "Student", terms: "Terms", parts: Iterator[Any]
    ) -> Iterator[list[NDArray[np.float64]]]:
        """Write the student and the parts into files, and yield what is said of each part, in order."""
        content = pickle.dumps((student, terms), protocol=pickle.HIGHEST_PROTOCOL)
        digest = hashlib.sha256(content).hexdigest()
        path = self.into / f"student-{digest[:12]}.pickle"
        path.write_bytes(content)
        written = (
            write_part(pa.table({"text": pa.array(texts, pa.string())}), self.into, digest[:12], at)
            for at, texts in enumerate(parts)
        )
        for found in self.engine.map(StudentOnPart(path, digest), written):
            yield [np.load(one) for one in found]


_LAST: dict[str, Any] = {}
"""The student that was loaded last: a worker is asked about one part after another."""


def _loaded(path: Path, digest: str) -> Any:
    if digest not in _LAST:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise OSError(f"{path} is not what was written")
        _LAST.clear()
        _LAST[digest] = pickle.loads(content)  # noqa: S301 - written by the run itself, a moment ago
    return _LAST[digest]
