"""The ledger of a task, and what is spent by it: of one process, or of many."""

import time
from collections.abc import Callable
from pathlib import Path

from labeling.llm.ledger.budget import Purse, SharedPurse
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.ledger.shared import SharedLedger
from labeling.llm.ledger.shared_pace import SharedPacer
from labeling.llm.prompts.settings import Pace
from labeling.llm.providers.pace import Pacer
from labeling.state.place import Place
from labeling.state.postgres import PostgresSchema


def open_ledger(place: Place | Path) -> Ledger:
    """Open the ledger that is kept at ``place``; its tables are made if missing."""
    return SharedLedger(place) if isinstance(place, PostgresSchema) else Ledger(place)


def open_purse(
    budget: Budget, ledger: Ledger, run: str, clock: Callable[[], float] = time.time
) -> Purse:
    """Return what holds the caps of ``budget`` where this ledger is spent from."""
    if isinstance(ledger, SharedLedger):
        return SharedPurse(budget, ledger, run)
    return Purse(budget, ledger, run, clock)


def open_pacer(ledger: Ledger, model: str, pace: Pace) -> Pacer:
    """Return what holds requests to ``model`` back, of this process or of all."""
    if isinstance(ledger, SharedLedger):
        return SharedPacer(ledger, model, pace.requests_per_minute, pace.tokens_per_minute)
    return Pacer(pace.requests_per_minute, pace.tokens_per_minute)
