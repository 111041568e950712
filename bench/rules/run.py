"""Rules on 120,000 news texts: ours, Snorkel's PandasLFApplier and Polars, in the same run.

Usage: .venv/bin/python bench/rules/run.py [--repeats 5] [--snorkel-texts 12000]

Writes bench/results/rules.md. Snorkel goes row by row, so that its time grows with the rows; by
default it gets a tenth of them and its time is multiplied by ten (give 120000 to run it whole).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import workload

from labeling.rules.engine import RuleSet
from labeling.rules.rule import Patterns, Rule

HERE = Path(__file__).parent
OUT = HERE.parent / "out" / "rules"
PEERS = HERE.parent / ".peers" / "rules"


def peers_python() -> Path:
    """Make the environment of the peers once; pip finds torch's build without CUDA."""
    python = PEERS / "bin" / "python"
    if not (PEERS / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        requirements = HERE / "requirements.txt"
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
        (PEERS / "done").touch()
    return python


def peer(name: str, texts: list[str], patterns: list[str], repeats: int) -> dict:
    OUT.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"text": texts}), OUT / "texts.parquet")
    (OUT / "rules.json").write_text(json.dumps(patterns))
    command = [peers_python(), HERE / "peer.py", name, OUT / "texts.parquet", OUT / "rules.json"]
    done = subprocess.run([*command, str(repeats)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


class Ours:
    """Our rules; the times hold everything from the Arrow batch to the table of votes."""

    def __init__(self, texts: list[str], patterns: list[str]) -> None:
        self.batch = workload.table(texts)
        self.seconds: list[float] = []
        self.processor_seconds: list[float] = []
        began = time.perf_counter()
        rules = [Rule(f"r{i}", "A", "regex", Patterns((one,))) for i, one in enumerate(patterns)]
        self.rule_set = RuleSet(rules, ["A", "B"])
        self.rule_set.apply(self.batch.slice(0, 1))
        self.load = time.perf_counter() - began
        self.votes = self.rule_set.apply(self.batch).votes

    def run(self) -> None:
        began, processor_began = time.perf_counter(), time.process_time()
        self.rule_set.apply(self.batch)
        self.seconds.append(time.perf_counter() - began)
        self.processor_seconds.append(time.process_time() - processor_began)

    def found(self) -> list[int]:
        counts = self.votes.group_by("voter").aggregate([("item_id", "count")]).to_pylist()
        by_voter = {row["voter"]: row["item_id_count"] for row in counts}
        return [by_voter.get(one.voter, 0) for one in self.rule_set.rules]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--snorkel-texts", type=int, default=12_000)
    given = parser.parse_args()
    texts = workload.texts()
    many = workload.patterns(texts)
    few = many[::10]

    fifty, five_hundred = Ours(texts, few), Ours(texts, many)
    counts = five_hundred.found()
    most = sorted(range(len(many)), key=lambda i: -counts[i])[:50]
    broad = Ours(texts, [many[i] for i in sorted(most)])
    for _ in range(given.repeats):
        for one in (fifty, five_hundred, broad):
            one.run()
    polars = peer("polars", texts, few, given.repeats)
    at_once = peer("polars-at-once", texts, few, given.repeats)
    part = texts[: given.snorkel_texts]
    snorkel = peer("snorkel", part, few, given.repeats)

    assert polars["found"] == at_once["found"] == fifty.found(), "Polars finds something else"
    assert snorkel["found"] == Ours(part, few).found(), "Snorkel finds something else"

    median = statistics.median
    base, big, wide = (median(one.seconds) for one in (fifty, five_hundred, broad))
    cpu, big_cpu, wide_cpu = (median(one.processor_seconds) for one in (fifty, five_hundred, broad))
    scale = len(texts) / len(part)
    rows = [
        ("Touchstone, 50 rules", base, ""),
        ("Polars 2.1.0, rule by rule", median(polars["seconds"]), "at least 4"),
        ("Polars 2.1.0, one query", median(at_once["seconds"]), ""),
        (
            "Snorkel 0.10.0, PandasLFApplier",
            median(snorkel["seconds"]) * scale,
            "at least 300",
        ),
        ("Touchstone, 500 rules", big, "less than 3"),
    ]
    lines = [
        "# Rules on 120,000 news texts",
        "",
        "Made by `.venv/bin/python bench/rules/run.py"
        + (f" --snorkel-texts {given.snorkel_texts}`." if scale == 1 else "`."),
        "",
        f"{len(texts):,} texts of `wrench_agnews` ({sum(map(len, texts)) / 1e6:.1f} MB); the 50 rules "
        f"are every tenth of the 500. Medians of {given.repeats}, ours in turn, on "
        f"{len(os.sched_getaffinity(0))} processors. All find the same texts, rule by rule. "
        + (f"Snorkel ran on {len(part):,} texts, times {scale:g}." if scale > 1 else ""),
        "",
        "| | seconds | times ours with 50 rules | wanted |",
        "|---|---:|---:|---:|",
        *(f"| {name} | {s:.3f} | {s / base:.1f} | {goal} |" for name, s, goal in rows),
        "",
        (
            f"50 rules cast {fifty.votes.num_rows:,} votes, 500 rules "
            f"{five_hundred.votes.num_rows:,}: beside the pass over the text, it is the votes that "
            f"cost. In processor time 500 rules take {big_cpu / cpu:.1f} times as long as every tenth "
            f"of them ({big_cpu:.3f} s and {cpu:.3f} s), and {big_cpu / wide_cpu:.1f} times as long "
            f"as the 50 of them that vote most ({broad.votes.num_rows:,} votes, {wide_cpu:.3f} s; "
            f"{big / wide:.1f} times by the clock), as when narrow rules join broad ones. Reading, "
            f"checking and compiling them once takes {fifty.load:.2f} s and {five_hundred.load:.2f} "
            "s, and is not in the times above."
        ),
        "",
    ]
    target = HERE.parent / "results" / "rules.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
