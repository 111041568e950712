"""kill -9 at 50 random moments of a run over 2,000 items with 64 calls in flight.

Run: python bench/llm/kill.py [kills] [items]
"""

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.faults.llm.killing import provider_process, run_killed

CAP_USD = 5.0


def main(kills: int = 50, items: int = 2000) -> None:
    with tempfile.TemporaryDirectory() as folder, provider_process(latency_s=0.05) as address:
        killed = run_killed(address, Path(folder) / "l.sqlite", items, kills, CAP_USD, seed=0)
    for name, value in asdict(killed).items():
        print(f"{name}: {value}")
    assert killed.answered == killed.distinct_answered == items
    assert killed.answered <= killed.metered <= killed.answered + killed.lost
    assert killed.metered_usd <= killed.spent_usd <= CAP_USD
    print(
        f"paid twice: {killed.metered - killed.answered} in flight at a kill, of {killed.metered}"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
