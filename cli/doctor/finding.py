"""One line of ``touchstone doctor``."""

from dataclasses import dataclass
from typing import Literal

State = Literal["fine", "note", "mend"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it stands, what was found, and what to do about it."""

    what: str
    state: State
    found: str
    todo: str = ""
