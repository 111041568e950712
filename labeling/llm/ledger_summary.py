"""What is in a ledger, by voter, model and kind of question."""

from typing import Any

import numpy as np

from labeling.llm.cassette import IMPORTED
from labeling.llm.ledger import Ledger

COUNTED = """
select voter, model, kind,
  count(*) filter (where run <> $imported) as calls,
  count(*) filter (where status = 'answered' and run <> $imported) as answered,
  count(*) filter (where status = 'filtered' and run <> $imported) as filtered,
  count(*) filter (where status = 'failed') as failed,
  count(*) filter (where status = 'lost') as lost,
  count(*) filter (where status = 'sent') as waiting,
  count(*) filter (where run = $imported) as imported,
  coalesce(sum(prompt_tokens + completion_tokens) filter (where run <> $imported), 0) as tokens,
  sum(cost_usd) as cost_usd,
  sum(case status when 'sent' then reserved_usd else exposure_usd end) as owed_usd
from calls group by voter, model, kind order by voter, model, kind
""".replace("$imported", f"'{IMPORTED}'")


def by_voter(ledger: Ledger) -> list[dict[str, Any]]:
    """Count the calls of a ledger and what they cost.

    Returns
    -------
    list of dict
        One for each voter, model and kind (ask, repair, probe, canary): ``calls`` of this task and
        how they ended (``answered``, ``filtered``, ``failed``, ``lost``, ``waiting``), answers
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
        row["p95_s"] = float(np.quantile(seen, 0.95)) if seen else None
    return counted
