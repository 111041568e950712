"""One place that a voter asks: a model, and how it is asked there."""

from dataclasses import dataclass

from labeling.kinds.asking import Form
from labeling.llm.asking import Asker
from labeling.llm.ledger.rows import question_key
from labeling.llm.prompts.prompt import Prompt
from labeling.llm.providers.room import with_room


@dataclass(slots=True)
class Backend:
    """One place that a voter asks: the first is the prompt's own model, the others are its fallbacks.

    ``room`` is what its answers are given, in tokens: what the prompt says, or were found to need.
    """

    prompt: Prompt
    version: str
    asker: Asker
    form: Form
    room: int = 0

    def __post_init__(self) -> None:
        self.room = max(self.room, self.prompt.room)

    def parameters(self, room: int | None = None) -> dict[str, object]:
        """Return what the model is asked with, its answer having ``room`` tokens."""
        return with_room(self.prompt.settings.parameters, room or self.room)

    def give_room(self, room: int, enough: bool) -> str:
        """Take note of whether ``room`` brought an answer; return what a person should know."""
        if enough:
            self.room = max(self.room, room)
        return (
            f"{self.prompt.model} ended at {self.prompt.room} tokens before it said "
            f"anything; it was asked again with {room}, which {'was' if enough else 'was not'} "
            "enough: raise parameters.max_tokens"
        )

    def key(self, digest: str, sample: int, kind: str, salt: str = "") -> str:
        """Return the key by which the ledger knows a question, whoever asks it and when.

        Parameters
        ----------
        digest : str
            Of what is asked about.
        sample : int
            Number of the answer, from 0, where several are asked.
        kind : str
            ``ask`` or ``repair``.
        salt : str
            Sets a question apart from the same one asked before; empty to know it again.
        """
        return question_key(self.version, digest, sample, kind, salt)
