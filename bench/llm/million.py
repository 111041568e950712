# ruff: noqa: ARG002  a protocol names its arguments
"""What a batch of a million questions takes in memory: quoted, or handed in to a batch endpoint.

Run: python -m bench.llm.million --items 1000000 [--code ../an/older/checkout]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa

from bench.llm.pace import CLASSES, PROMPT, Nobody
from labeling.llm.labelling import label_batch
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.providers.transport import Request
from labeling.llm.quote import quote_batch

WORDS, LENGTH, AT_ONCE = 30_000, 14, 10_000


class Taken(Nobody):
    """A batch endpoint that takes everything and answers nothing."""

    async def submit(self, requests: Sequence[tuple[str, Request]], mark: str) -> str:
        return f"batch-{mark[-8:]}"

    async def find(self, mark: str, model: str) -> None:
        return None


def texts(items: int) -> Iterator[pa.RecordBatch]:
    """Yield so many distinct texts."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{k:05d}" for k in range(WORDS)])
    for start in range(0, items, AT_ONCE):
        ids = [f"i{k}" for k in range(start, min(start + AT_ONCE, items))]
        drawn = words[rng.integers(0, WORDS, (len(ids), LENGTH))]
        yield pa.record_batch({"item_id": ids, "text": [" ".join(row) for row in drawn]})


def measure(what: str, items: int) -> None:
    """Print the peak beside the table, sampled every 20 ms."""
    table = pa.Table.from_batches(texts(items))
    process = psutil.Process(os.getpid())
    before = most = process.memory_info().rss

    def watch() -> None:
        nonlocal most
        while True:
            most = max(most, process.memory_info().rss)
            time.sleep(0.02)

    threading.Thread(target=watch, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "l.sqlite") as ledger:
        if what == "quote":
            quote_batch(table, [PROMPT], CLASSES, Taken(), ledger)
        else:
            label_batch(table, [PROMPT], CLASSES, Taken(), ledger, run="r", later=Taken())
    table_mb, peak_mb = table.nbytes / 2**20, (most - before) / 2**20
    print(f"{what}: {items:,} items, {table_mb:.0f} MB; at most {peak_mb:.0f} MB beside them")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--code", default=".", help="the checkout to measure")
    parser.add_argument("--only", choices=["quote", "hand in"])
    args = parser.parse_args()
    if args.only:
        measure(args.only, args.items)
        return
    for what in ("quote", "hand in"):
        subprocess.run(
            [sys.executable, __file__, "--items", str(args.items), "--only", what],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([args.code, ".", "bench/llm"])},
            check=True,
        )


if __name__ == "__main__":
    main()
