"""Label items in a process that is killed again and again, and settle what came of it."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labeling.llm.ledger.ledger import Ledger

ROOT = Path(__file__).parents[3]

WORKER = """
import sys
from pathlib import Path
import pyarrow as pa
from labeling.llm.ledger.budget import Budget
from labeling.kinds.classes import ClassSpec
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.prompts.prompt import parse_prompts
from labeling.llm.prompts.settings import Pace
from resources.models.litellm_transport import LiteLlmTransport

url, path, n, cap = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
(prompt,) = parse_prompts(
    "---\\nmodel: openai/fake\\nprice: {input: 1, output: 2}\\n"
    "output: {format: text, confidence: none}\\n---\\nSort these.", "classify")
items = pa.table({"item_id": [str(k) for k in range(n)], "text": [f"message {k}" for k in range(n)]})
with Ledger(path) as ledger:
    result = label_batch(
        items, [prompt], [ClassSpec("SPAM"), ClassSpec("HAM")], LiteLlmTransport(url, "k"), ledger,
        run="run", budget=Budget(cap, cap, cap), pace=Pace(concurrency=64))
print(result.votes.num_rows, result.summary.pending, result.summary.why)
"""


@contextmanager
def provider_process(latency_s: float = 0.0, limit: int | None = None) -> Iterator[str]:
    """A fake provider in a process of its own; yields its address."""
    more = [] if limit is None else ["--limit", str(limit)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.provider", "--latency-s", str(latency_s), *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def meter(address: str) -> list[list[float]]:
    """What the provider metered: time, status, prompt tokens, completion tokens."""
    with urllib.request.urlopen(f"{address}/meter") as response:
        return json.load(response)


def start(address: str, ledger: Path, n: int, cap: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, f"{address}/v1", str(ledger), str(n), str(cap)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


@dataclass(frozen=True)
class Killed:
    """What a run that was killed came to."""

    kills: int
    said: str
    answered: int
    distinct_answered: int
    lost: int
    failed: int
    metered: int
    metered_usd: float
    spent_usd: float
    seconds: float


def run_killed(address: str, path: Path, n: int, kills: int, cap: float, seed: int) -> Killed:
    """Kill the worker ``kills`` times, each up to 0.2 s after it got something answered."""
    rng = random.Random(seed)
    begun = time.monotonic()
    done = 0
    for _ in range(kills):
        worker = start(address, path, n, cap)
        before = len(meter(address))
        while len(meter(address)) == before and worker.poll() is None:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.2))
        if worker.poll() is None:
            os.kill(worker.pid, signal.SIGKILL)
            done += 1
        worker.wait()
    last = start(address, path, n, cap)
    said, _ = last.communicate(timeout=600)
    with Ledger(path) as ledger:
        counts = dict(
            tuple(r) for r in ledger.execute("select status, count(*) from calls group by status")
        )
        distinct = ledger.execute("select count(distinct key) from calls where status='answered'")
        spent = ledger.spent("run").task
    metered = [m for m in meter(address) if m[1] in (0, 200)]
    return Killed(
        kills=done,
        said=said.strip(),
        answered=counts.get("answered", 0),
        distinct_answered=distinct[0][0],
        lost=counts.get("lost", 0),
        failed=counts.get("failed", 0),
        metered=len(metered),
        metered_usd=sum(m[2] * 1e-6 + m[3] * 2e-6 for m in metered),
        spent_usd=spent,
        seconds=time.monotonic() - begun,
    )
