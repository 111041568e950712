"""One model behind a voter."""

from dataclasses import dataclass

from labeling.llm.asking import Asker
from labeling.llm.ledger import question_key
from labeling.llm.prompt import Prompt
from labeling.llm.rendering import Form


@dataclass(slots=True)
class Seat:
    """One model behind a voter: the first is the prompt's own, the others are its fallbacks."""

    prompt: Prompt
    version: str
    asker: Asker
    form: Form

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
