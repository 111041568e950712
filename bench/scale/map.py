"""Rules, patterns, label model and posteriors over many texts, in parts: here, and on workers of Dask.

    python -m bench.scale.map --items 5000000 --rules 500 --parts 40

Both ways do the same work with the product's own functions and must give the same bytes. What is told is
the processor's time from the first part to the last posterior, without the start of workers, and the
peak memory of a process that works on parts. ``--workers`` starts so many; the run that has one shows
what a second one gains.
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from assets.votes.rule_parts import RulesOnPart, vote_in_parts
from assets.votes.rule_sets import load_voters
from bench.speed.scale import CLASSES, LENGTH, OWN, WORDS, _word
from labeling.consensus.counts.confidences import Confidences
from labeling.consensus.counts.events import Events
from labeling.consensus.counts.vote_counts import VoteCounts, count_votes
from labeling.consensus.label_model import LabelModel
from labeling.votes import Votes
from resources.engines.dask_engine import dask_engine
from resources.engines.engine import Engine
from resources.engines.in_process import InProcess
from resources.engines.parts import Part, write_part
from resources.task.settings.scale import Scale
from resources.task.task import load_task

TASK = """name: many
classes: [{classes}]
source: {{files: "{{var}}/inbox/*.jsonl", id: item_id, text: text}}
batch: {{every: file}}
rules: {{files: [rules.yaml]}}
"""
NAMES = [f"subject_{k}" for k in range(CLASSES)]


def make(project: Path, items: int, parts: int, rules: int, seed: int = 0) -> list[Part]:
    """Write a task with so many rules, and the parts of its items."""
    rng = np.random.default_rng(seed)
    words = np.array([_word(n) for n in range(WORDS)])
    own = rng.permutation(WORDS // 2)[: CLASSES * OWN].reshape(CLASSES, OWN)
    folder = project / "tasks" / "many"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(
        TASK.format(classes=", ".join(f"{{name: {n}}}" for n in NAMES)), encoding="utf-8"
    )
    lines = ["rules:"]
    for n in range(rules):
        told = ", ".join(
            f"'{word}'" for word in words[rng.choice(own[n % CLASSES], 4, replace=False)]
        )
        lines.append(
            f"  - {{name: rule_{n}, label: {NAMES[n % CLASSES]}, keyword: [{told}], description: '{n}'}}"
        )
    (folder / "rules.yaml").write_text("\n".join(lines), encoding="utf-8")
    common = np.cumsum(1 / np.arange(1, WORDS + 1))
    common /= common[-1]
    into = project / "items"
    into.mkdir()
    made: list[Part] = []
    for number in range(parts):
        n = items // parts
        kind = rng.integers(0, CLASSES, n)
        lengths = rng.integers(*LENGTH, n)
        at = np.searchsorted(common, rng.random(int(lengths.sum())))
        starts = np.cumsum(lengths) - lengths
        other = np.where(rng.random(n) < 0.75, kind, rng.integers(0, CLASSES, n))
        at[starts] = own[other, rng.integers(0, OWN, n)]
        texts = pc.binary_join(
            pa.LargeListArray.from_arrays(
                pa.array(np.append(starts, len(at)), pa.int64()), pa.array(words).take(pa.array(at))
            ),
            " ",
        )
        nothing = pa.nulls(n, pa.string())
        table = pa.table(
            {
                "item_id": pa.array([f"{number}-{i}" for i in range(n)]),
                "text": texts.cast(pa.string()),
                "image": nothing,
                "time": nothing,
                "metadata": pa.repeat("{}", n),
            }
        )
        made.append(write_part(table, into, "items", number))
    return made


@dataclass(frozen=True)
class OfPart:
    """The votes of a part, out of its files."""

    voters: list[str]

    def votes(self, pair: tuple[Part, Part]) -> Votes:
        items, said = pair
        rows = pq.read_table(said.path, columns=["item_id", "voter", "label"])
        ids = pq.read_table(items.path, columns=["item_id"])["item_id"].combine_chunks()

        def place(name: str, among: Any) -> Any:
            return pc.index_in(rows[name].combine_chunks(), value_set=among).to_numpy()

        return Votes(
            place("item_id", ids).astype(np.int64), place("voter", pa.array(self.voters)),
            place("label", pa.array(NAMES)), len(ids), len(self.voters), CLASSES,
        )  # fmt: skip


@dataclass(frozen=True)
class Count(OfPart):
    """Counts what is said of a part."""

    events: Events

    def __call__(self, pair: tuple[Part, Part]) -> VoteCounts:
        return count_votes(self.votes(pair), self.events)[0]


@dataclass(frozen=True)
class Posterior(OfPart):
    """Writes the posteriors of a part; returns their digest."""

    model: LabelModel
    into: Path

    def __call__(self, pair: tuple[Part, Part]) -> str:
        found = self.model.predict_proba(self.votes(pair))
        np.save(self.into / f"posterior-{pair[0].number:05d}.npy", found)
        return hashlib.sha256(found.tobytes()).hexdigest()


def run(engine: Engine, project: Path, parts: list[Part], into: Path) -> dict[str, Any]:
    """Do all of it; tell the digest of the posteriors, and what there was."""
    into.mkdir()
    task = load_task(project / "tasks" / "many")
    loaded = load_voters(task)
    versions = {rule.name: rule.version for rule in loaded}
    work = RulesOnPart(task, versions, {"batch": "b", "run": "r"}, into)
    voted = vote_in_parts(engine, work, loaded, parts)
    pairs = list(zip(parts, [one.votes for one in voted], strict=True))
    voters = sorted(rule.voter for rule in loaded)
    model = LabelModel(CLASSES)
    sizes = Confidences.of(Votes(*(np.zeros(0, int),) * 3, 0, len(voters), CLASSES))
    events = model.events(sizes)
    counts = list(engine.map(Count(voters, events), pairs))
    began = time.process_time()
    whole = counts[0].merge(*counts[1:])
    reduced = time.process_time()
    model.fit_counts(whole)
    fitted = time.process_time()
    digests = list(engine.map(Posterior(voters, model, into), pairs))
    return {
        "digest": hashlib.sha256("".join(digests).encode()).hexdigest()[:16],
        "votes": sum(one.votes.rows for one in voted),
        "patterns": whole.patterns.n_patterns,
        "reduce_cpu_s": round(reduced - began, 2),
        "fit_cpu_s": round(fitted - reduced, 2),
    }


def _own() -> tuple[float, float]:
    """Processor seconds of this process, and its peak memory in MB."""
    import psutil

    times = psutil.Process().cpu_times()
    return times.user + times.system, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(here: bool, workers: int, project: Path, parts: list[Part]) -> dict[str, Any]:
    """Run one way in this process, and tell what it took."""
    into = project / f"out-{os.getpid()}"
    rows = sum(part.rows for part in parts)

    def told(engine: Engine, elsewhere: Callable[[], list[tuple[float, float]]]) -> dict[str, Any]:
        before, own_before, began = elsewhere(), _own()[0], time.perf_counter()
        found = run(engine, project, parts, into)
        clock, after, (own, peak) = time.perf_counter() - began, elsewhere(), _own()
        away = sum(a[0] for a in after) - sum(b[0] for b in before)
        cpu = own - own_before + away
        return found | {
            "clock_s": round(clock, 1),
            "cpu_s": round(cpu, 1),
            "of_workers_cpu_s": round(away, 1),
            "rows_a_core_second": round(rows / (cpu - found["reduce_cpu_s"] - found["fit_cpu_s"])),
            "peak_mb": round(peak),
            "peak_worker_mb": round(max((a[1] for a in after), default=peak)),
        }

    try:
        if here:
            with InProcess() as engine:
                return told(engine, list)
        with _workers(workers) as engine:
            return told(engine, lambda: list(engine._client.run(_own).values()))  # noqa: SLF001
    finally:
        shutil.rmtree(into, ignore_errors=True)


def _workers(n: int) -> Any:
    module = import_module("resources.engines.dask_engine")
    module.usable_cores = lambda: n
    return dask_engine(Scale(engine="dask"))


def apart(words: list[str]) -> Iterator[dict[str, Any]]:
    """Run each way in a process of its own, so that peaks are its own."""
    import subprocess
    import sys

    for word in words:
        done = subprocess.run(
            [sys.executable, "-m", "bench.scale.map", *word.split()],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        yield json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print a line a way."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--items", type=int, default=5_000_000)
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--parts", type=int, default=40)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        project = Path(given.one)
        parts = [
            Part(number, path, pq.read_metadata(path).num_rows)
            for number, path in enumerate(sorted((project / "items").glob("*.parquet")))
        ]
        n = given.workers[0]
        print(json.dumps(measure(n == 0, n, project, parts)))
        return
    project = Path(tempfile.mkdtemp(prefix="scale"))
    try:
        make(project, given.items, given.parts, given.rules)
        ways = [0, *given.workers]
        found = list(apart([f"--one {project} --workers {n}" for n in ways]))
        for n, one in zip(ways, found, strict=True):
            print(f"{f'{n} workers of Dask' if n else 'in one process'}: {json.dumps(one)}")
        if len({one["digest"] for one in found}) != 1:
            raise SystemExit("the posteriors are not the same")
    finally:
        shutil.rmtree(project, ignore_errors=True)


if __name__ == "__main__":
    main()
