"""What became of asking one voter about one content."""

from dataclasses import dataclass

FILTERED = "the provider's content filter held the answer back"
WAITS = "some answers are still to come from a provider's batch"
AGAIN = "; asked again in the next run"

MOST_RUNS = 5
"""Runs that ask for an answer which does not come; after that it is left at the reason."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One voter on one content: a label, or why there is none.

    ``failed`` says that no answer came, ``again`` that the next run asks once more.
    """

    label: str | None
    confidence: float | None = None
    reason: str = ""
    version: str = ""
    again: bool = False
    failed: bool = False
