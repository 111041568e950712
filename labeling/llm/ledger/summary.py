"""What is in a ledger, by voter, model and kind of question."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from labeling.llm.ledger.cassette import IMPORTED
from labeling.llm.ledger.ledger import Ledger

COUNTED = """
select voter, model, kind,
  count(*) filter (where run <> $imported) as calls,
  count(*) filter (where status = 'answered' and run <> $imported) as answered,
  count(*) filter (where status = 'filtered' and run <> $imported) as filtered,
  count(*) filter (where status = 'failed') as failed,
  count(*) filter (where status = 'lost') as lost,
  count(*) filter (where status = 'spare') as spare,
  count(*) filter (where status = 'sent') as waiting,
  count(*) filter (where run = $imported) as imported,
  coalesce(sum(prompt_tokens + completion_tokens) filter (where run <> $imported), 0) as tokens,
  sum(cost_usd) as cost_usd,
  sum(case status when 'sent' then reserved_usd else exposure_usd end) as owed_usd
from calls group by voter, model, kind order by voter, model, kind
""".replace("$imported", f"'{IMPORTED}'")

BOOKED = """
select voter, count(*) as calls, sum(cost_usd) as cost_usd from calls
where account = ? and run <> ? group by voter
"""


@dataclass(frozen=True, slots=True)
class Booked:
    """What one voter's work for an account took, in all runs and by batch endpoints too.

    Attributes
    ----------
    calls : int
        Requests sent, those without an answer among them.
    cost_usd : float
        Paid, in US dollars; of what is still out, nothing yet.
    p95_s : float, optional
        Latency that 95 % of the answers kept to, in seconds; ``None`` if all came by batch.
    """

    calls: int = 0
    cost_usd: float = 0.0
    p95_s: float | None = None


def booked_on(ledger: Ledger, account: str) -> dict[str, Booked]:
    """Sum up, by voter, what is booked on ``account``."""
    latencies: dict[str, list[float]] = {}
    for voter, latency in ledger.execute(
        "select voter, latency_s from calls where account = ? and run <> ?"
        " and status = 'answered' and latency_s is not null",
        (account, IMPORTED),
    ):
        latencies.setdefault(str(voter), []).append(float(latency))
    return {
        row["voter"]: Booked(row["calls"], row["cost_usd"], _p95(latencies.get(row["voter"])))
        for row in ledger.execute(BOOKED, (account, IMPORTED))
    }


def by_voter(ledger: Ledger) -> list[dict[str, Any]]:
    """Count the calls of a ledger and what they cost.

    Returns
    -------
    list of dict
        One for each voter, model and kind (ask, repair, probe, canary, injections, suggest): ``calls`` of this task and
        how they ended (``answered``, ``filtered``, ``failed``, ``lost``, ``spare``, ``waiting``), answers
        ``imported`` from a cassette, ``tokens``, ``cost_usd`` paid, ``owed_usd`` that the provider
        may ask for at worst, and ``p95_s`` of the answers, in seconds; ``None`` without any.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "l.sqlite") as ledger:
    ...     by_voter(ledger)
    []
    """
    latencies: dict[tuple[str, str, str], list[float]] = {}
    for *voter, latency in ledger.execute(
        "select voter, model, kind, latency_s from calls "
        "where status = 'answered' and run <> ? and latency_s is not null",
        (IMPORTED,),
    ):
        latencies.setdefault((voter[0], voter[1], voter[2]), []).append(float(latency))
    counted = [dict(row) for row in ledger.execute(COUNTED)]
    for row in counted:
        seen = latencies.get((row["voter"], row["model"], row["kind"]))
        row["p95_s"] = _p95(seen)
    return counted


def _p95(latencies_s: list[float] | None) -> float | None:
    return float(np.quantile(latencies_s, 0.95)) if latencies_s else None
