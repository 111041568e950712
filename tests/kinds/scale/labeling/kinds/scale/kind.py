"""The kind ``scale``: the classes are grades, in their order; a neighbour is not wrong."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from labeling.kinds.asking import Form, Parsed, Reader, Token
from labeling.kinds.classes import ClassSpec
from labeling.kinds.kind import UNDECIDED
from labeling.kinds.single.kind import Single

ONLY = re.compile(r"\s*(\d+)\s*")


@dataclass(frozen=True)
class GradeReader:
    """Reads the number of a grade, from 1."""

    classes: tuple[ClassSpec, ...]

    def read(
        self,
        answer: str,
        refusal: str | None = None,
        finish_reason: str = "stop",
        text: str = "",
    ) -> Parsed:
        """Read one answer."""
        del text
        found = ONLY.fullmatch(answer)
        if refusal or found is None or not 1 <= int(found[1]) <= len(self.classes):
            return Parsed(None, "no grade", refused=bool(refusal), cut=finish_reason == "length")
        return Parsed(self.classes[int(found[1]) - 1].name)

    def again(self, classes: Sequence[ClassSpec], reason: str) -> str:
        """Ask for the number alone."""
        return f"That was {reason}. Answer with a number from 1 to {len(classes)}."


class Scale(Single):
    """Grades."""

    name: ClassVar[str] = "scale"
    page: ClassVar[str] = "scale"

    def instruction(self, form: Form, classes: Sequence[ClassSpec]) -> str:
        """Tell a model to answer with a number."""
        del form
        grades = ", ".join(f"{at} {c.name}" for at, c in enumerate(classes, start=1))
        return f"Answer with the number of one grade and nothing else: {grades}"

    def schema(self, form: Form, classes: Sequence[ClassSpec]) -> dict[str, Any]:
        """Return the JSON schema of an answer: a number."""
        del form
        return {"type": "integer", "minimum": 1, "maximum": len(classes)}

    def reader(self, classes: Sequence[ClassSpec]) -> Reader:
        """Return what reads numbers."""
        return GradeReader(tuple(classes))

    def confidence(
        self, tokens: Sequence[Token], answer: str, classes: Sequence[ClassSpec]
    ) -> float | None:
        """Return nothing: a number's tokens were not looked at."""
        del tokens, answer, classes

    def wrong(
        self, given: NDArray[np.int32], gold: NDArray[np.int32], answers: Sequence[str]
    ) -> NDArray[np.bool_]:
        """Tell what is more than one grade off."""
        del answers
        nothing = (given == UNDECIDED) | (gold == UNDECIDED)
        return (np.abs(given - gold) > 1) & ~nothing
