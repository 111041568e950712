"""What stands in a task's file of pilots."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Candidate:
    """A prompt, asked of one model, as it was when it was tried.

    Parameters
    ----------
    name : str
        Of its file, and of its model where that names several.
    file : str
        Name of its file without the ending.
    model : str
        As LiteLLM names it.
    version : str
        Hash of all that shapes its answers; another one is another candidate.
    text : str
        The whole file.
    entered : int
        Draws that were made before it was first tried, at least 0: whoever wrote it may have seen
        what is wrong there, so only later draws judge it.
    """

    name: str
    file: str
    model: str
    version: str
    text: str
    entered: int = 0


@dataclass(frozen=True, slots=True)
class Draw:
    """One item that a pilot met, in the order it was met.

    Parameters
    ----------
    number : int
        Counted from 1 over all pilots of the task.
    item_id, batch : str
        Which item.
    probability : float
        Chance, in (0, 1], with which a person was to be asked, told before chance decided.
    chosen : bool
        Whether a person is asked.
    population : int
        Items among which it was drawn, each as likely as the others.
    shares : mapping of str to float
        What each version weighed in the chance, told before the item was met; they add up to 1.
    """

    number: int
    item_id: str
    batch: str
    probability: float
    chosen: bool
    population: int
    shares: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a candidate said of an item; ``label`` is None where it said nothing that counts."""

    version: str
    item_id: str
    batch: str
    label: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Promotion:
    """A decision about which prompts the full run asks.

    Parameters
    ----------
    number : int
        Counted from 1; decisions only grow in number.
    at : datetime
        When, in UTC.
    who : str
        Who decided.
    restores : int or None
        For a promotion, None; for one that was taken back, the number of the promotion that
        counts again, 0 for none.
    prompts : tuple of Candidate
        What is asked from then on; empty where nothing is.
    evidence : mapping
        What the pilot told at that moment.
    """

    number: int
    at: datetime
    who: str
    restores: int | None
    prompts: tuple[Candidate, ...]
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def counts(self) -> int:
        """Number of the promotion whose prompts are asked."""
        return self.number if self.restores is None else self.restores
