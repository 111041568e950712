"""Models that asked to be left alone for hours: remembered in the ledger, until when and why."""

import time
from dataclasses import dataclass

from labeling.llm.ledger.ledger import Ledger
from labeling.llm.providers.breaker import Breaker


@dataclass(frozen=True, slots=True)
class Rest:
    """Until when a model takes no more requests, in seconds since 1970, and in whose words."""

    until: float
    why: str


def resting(ledger: Ledger, now: float | None = None) -> dict[str, Rest]:
    """Return the models that are not to be asked yet, and forget the rests that are over.

    One that begins in the future was written by a clock that was put back since: it is over too,
    so that no clock makes a model rest for longer than was asked for.

    Parameters
    ----------
    now : float, optional
        Seconds since 1970; the clock's if not given.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "l.sqlite") as ledger:
    ...     remember_rest(ledger, "m", Rest(7200.0, "quota of the day"), now=3600.0)
    ...     list(resting(ledger, 3600.0)), list(resting(ledger, 7200.0))
    (['m'], [])
    """
    now = time.time() if now is None else now
    found: dict[str, Rest] = {}
    for model, said_at, until, why in ledger.execute(
        "select model, said_at, until, why from rests order by model"
    ):
        if said_at <= now < until:
            found[model] = Rest(until, why)
        else:
            ledger.execute("delete from rests where model = ? and said_at = ?", (model, said_at))
    return found


def remember_rest(ledger: Ledger, model: str, rest: Rest, now: float | None = None) -> None:
    """Write down that ``model`` asked to be left alone."""
    said_at = time.time() if now is None else now
    ledger.execute(
        "insert into rests values (?, ?, ?, ?) on conflict (model) do update set"
        " said_at = excluded.said_at, until = excluded.until, why = excluded.why",
        (model, said_at, rest.until, rest.why),
    )


def forget_rests(ledger: Ledger) -> list[str]:
    """Forget every rest, as where a quota was raised; return whose they were."""
    return [row[0] for row in ledger.execute("delete from rests returning model")]


def breaker_of(model: str, ledger: Ledger) -> Breaker:
    """Return the breaker of ``model``, open where it rests; it remembers the next rest."""
    breaker = Breaker(model, rested=lambda at, why: remember_rest(ledger, model, Rest(at, why)))
    rest = resting(ledger).get(model)
    if rest is not None:
        breaker.rest_until(rest.until, rest.why)
    return breaker
