"""Snorkel and Polars on the same rules; runs in the environment of the peers.

Usage: peer.py snorkel|polars|polars-at-once TEXTS.parquet RULES.json REPEATS
Prints one JSON object: seconds of each repeat, and how many texts each rule found.
"""

import json
import re
import sys
import time
from pathlib import Path


def snorkel(texts: list[str], patterns: list[str]):
    """One labelling function a rule, row by row, as Snorkel applies them."""
    import pandas as pd
    from snorkel.labeling import LabelingFunction, PandasLFApplier

    def function(number: int, pattern: str) -> LabelingFunction:
        search = re.compile(pattern).search
        return LabelingFunction(f"rule_{number}", lambda row: 1 if search(row.text) else -1)

    applier = PandasLFApplier([function(i, one) for i, one in enumerate(patterns)])
    frame = pd.DataFrame({"text": texts})
    return lambda: (applier.apply(frame, progress_bar=False) == 1).sum(axis=0).tolist()


def polars(texts: list[str], patterns: list[str]):
    """Rule by rule."""
    import polars as pl

    column = pl.Series("text", texts)
    return lambda: [int(column.str.contains(one).sum()) for one in patterns]


def polars_at_once(texts: list[str], patterns: list[str]):
    """All rules as expressions of one query, which Polars spreads over the cores."""
    import polars as pl

    frame = pl.DataFrame({"text": texts})
    columns = [pl.col("text").str.contains(one).alias(str(i)) for i, one in enumerate(patterns)]
    return lambda: list(map(int, frame.select(columns).sum().row(0)))


def main() -> None:
    import pyarrow.parquet as pq

    name, texts_file, rules_file, repeats = sys.argv[1:]
    texts = pq.read_table(texts_file)["text"].to_pylist()
    patterns = json.loads(Path(rules_file).read_text())
    peers = {"snorkel": snorkel, "polars": polars, "polars-at-once": polars_at_once}
    run = peers[name](texts, patterns)
    seconds = []
    for _ in range(int(repeats)):
        began = time.perf_counter()
        found = run()
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds, "found": found}))


if __name__ == "__main__":
    main()
