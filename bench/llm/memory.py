"""Does memory grow with the number of calls? Labels 4 batches of 2,000 texts in one process.

Run: python bench/llm/memory.py
"""

import os
import tempfile
from pathlib import Path

import psutil
import pyarrow as pa
from pace import CLASSES, PROMPT

from labeling.llm.labelling import label_batch
from labeling.llm.ledger.caps import Budget
from labeling.llm.ledger.ledger import Ledger
from labeling.llm.prompts.settings import Pace
from resources.models.litellm_transport import LiteLlmTransport
from tests.faults.llm.killing import provider_process

SIZE = 2000


def main() -> None:
    process = psutil.Process(os.getpid())
    with (
        provider_process() as address,
        tempfile.TemporaryDirectory() as folder,
        Ledger(Path(folder) / "l.sqlite") as ledger,
    ):
        for batch in range(4):
            ids = [f"{batch}/{k}" for k in range(SIZE)]
            label_batch(
                pa.table({"item_id": ids, "text": [f"text {i}" for i in ids]}),
                [PROMPT],
                CLASSES,
                LiteLlmTransport(f"{address}/v1", "k"),
                ledger,
                run="r",
                budget=Budget(10, 10, 10),
                pace=Pace(concurrency=64),
            )
            print(f"after {(batch + 1) * SIZE} calls: {process.memory_info().rss / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
