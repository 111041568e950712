"""What passes between a kind and a model: the form of an answer, what was read from it, its tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from labeling.kinds.classes import ClassSpec


@dataclass(frozen=True, slots=True)
class Token:
    """One token of an answer with its log-probability and the likeliest others in its place."""

    text: str
    logprob: float
    others: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """How the answer to one prompt is to be written, settled once the model is known."""

    json: bool = False
    reasoning: bool = False
    stated: bool = False
    logprobs: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)


PLAIN = Form()


def schema_of(form: Form, name: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object whose field ``name`` is the answer, with what ``form`` adds.

    Examples
    --------
    >>> schema_of(Form(stated=True), "label", {"type": "string"})["required"]
    ['label', 'confidence']
    """
    fields: dict[str, Any] = {"reasoning": {"type": "string"}} if form.reasoning else {}
    fields[name] = dict(answer)
    if form.stated:
        fields["confidence"] = {"type": "number"}
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


@dataclass(frozen=True, slots=True)
class Parsed:
    """What an answer says.

    Parameters
    ----------
    label : str, optional
        The answer as it is written down; ``None`` where the answer could not be read.
    reason : str
        Why not; empty where it could.
    confidence : float, optional
        The number that the model stated, in (0, 1].
    refused : bool
        The model declined to answer.
    cut : bool
        The answer ended at its limit before it said a class.
    """

    label: str | None
    reason: str = ""
    confidence: float | None = None
    refused: bool = False
    cut: bool = False


CUT = "the answer was cut at max_tokens"


def legible(told: str | None, *, cut: bool) -> str | Parsed:
    """Return an answer that holds something whole to read, or why it does not.

    ``told`` is the answer without the model's thoughts; None where it ended inside them.
    """
    if told is None:
        return Parsed(None, "the answer ended inside its reasoning", cut=cut)
    if not told.strip():
        return Parsed(None, "empty answer", cut=cut)
    return Parsed(None, CUT, cut=True) if cut else told.strip()


class Reader(Protocol):
    """Reads what models say; made for the classes of a task."""

    def read(
        self,
        answer: str,
        refusal: str | None = None,
        finish_reason: str = "stop",
        text: str = "",
    ) -> Parsed:
        """Read one answer about an item with this text; never raises, never invents one."""
        ...

    def again(self, classes: Sequence[ClassSpec], reason: str) -> str:
        """Return the question that follows an answer which could not be read for ``reason``."""
        ...
