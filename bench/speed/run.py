"""Whole commands of this build and of an older one, in turn, in one run.

    python -m bench.speed.run --runs 3
    python -m bench.speed.run --old 3949360 --runs 5 --only status,second

Both builds are checked out into temporary folders (of this one what is committed) and set up there by
their own Makefiles. Each pair is run old, new, old, new; the ratio is that of the medians. Seconds are of the whole process,
CPU seconds those of all processes that it started.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.speed import scale
from bench.speed.command import command

HERE = Path(__file__).parents[2]
OLD = "3949360"
ITEMS, BATCHES = 100_000, 5

TASK = {"old": (), "new": ("support_inbox",)}
"""How ``explain`` is told the task."""


def demo(code: Path, folder: Path) -> tuple[float, float]:
    """Run the shipped demo from nothing; the project stays for the rows after it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(code / "tasks", folder / "tasks")
    return command(code, folder, "run", "support_inbox")


def many(code: Path, folder: Path) -> tuple[float, float]:
    """Run a task of many short texts from nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    scale.make(folder, ITEMS, BATCHES)
    return command(code, folder, "run", "many")


def setup(code: Path, cache: Path) -> tuple[float, float]:
    """Set a checkout up from nothing: no environment, no package kept from before."""
    for kept in (code / ".venv", code / "transforms" / "target", cache):
        shutil.rmtree(kept, ignore_errors=True)
    keep = {"UV_CACHE_DIR": cache / "uv", "PIP_CACHE_DIR": cache / "pip"}
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(["make", "-s", "setup"], cwd=code, env={**env, **keep}, check=True)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


PAGE = """
import time
from console.dashboard.page import render
from tests.console.dashboard.test_page import report
given = report(batches=1095, alarm_from=1000)
began, cpu = time.perf_counter(), time.process_time()
render(given)
print(time.perf_counter() - began, time.process_time() - cpu)
"""


def page(code: Path) -> tuple[float, float]:
    """Render the report of three years of daily batches in a process that has rendered none before."""
    asked = [str(code / ".venv" / "bin" / "python"), "-c", PAGE]
    env = {**os.environ, "PYTHONPATH": str(code)}
    told = subprocess.run(asked, cwd=code, env=env, capture_output=True, text=True, check=True)
    seconds, cpu = map(float, told.stdout.split())
    return seconds, cpu


def first_item(project: Path) -> str:
    """Name an item of the demo."""
    path = min((project / "var" / "support_inbox" / "inbox").glob("*.jsonl"))
    with path.open(encoding="utf-8") as file:
        line = file.readline()
    return line.partition('"item_id": "')[2].partition('"')[0]


def main() -> None:
    """Print one line a row."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--old", default=OLD)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="setup,demo,second,status,explain,report,many")
    given = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="speed"))
    codes = {"old": place / "old", "new": place / "new"}
    for name, commit in (("old", given.old), ("new", "HEAD")):
        subprocess.run(
            ["git", "-C", HERE, "worktree", "add", "-q", "--detach", codes[name], commit],
            check=True,
        )
    try:
        for code in codes.values():
            setup(code, place / "cache")
        folders = {name: place / f"project_{name}" for name in codes}

        def project(name: str) -> Path:
            if not (folders[name] / "var").is_dir():
                demo(codes[name], folders[name])
            return folders[name]

        rows: dict[str, Callable[[str], tuple[float, float]]] = {
            "setup": lambda n: setup(codes[n], place / "cache"),
            "demo": lambda n: demo(codes[n], folders[n]),
            "second": lambda n: command(codes[n], project(n), "run", "support_inbox"),
            "status": lambda n: command(codes[n], project(n), "status", "support_inbox"),
            "explain": lambda n: command(
                codes[n], project(n), "explain", *TASK[n], first_item(project(n))
            ),
            "report": lambda n: page(codes[n]),
            "many": lambda n: many(codes[n], place / f"many_{n}"),
        }
        print(
            "| work | old s | new s | ratio | old CPU s | new CPU s | ratio |\n|---|---|---|---|---|---|---|"
        )
        for row in given.only.split(","):
            took: dict[str, list[tuple[float, float]]] = {"old": [], "new": []}
            for _ in range(given.runs):
                for name in codes:
                    took[name].append(rows[row](name))
            wall, cpu = (
                {n: statistics.median(one[at] for one in runs) for n, runs in took.items()}
                for at in (0, 1)
            )
            print(f"| {row} | {wall['old']:.1f} | {wall['new']:.1f} | {wall['old'] / wall['new']:.1f} "
                  f"| {cpu['old']:.1f} | {cpu['new']:.1f} | {cpu['old'] / cpu['new']:.1f} |", flush=True)  # fmt: skip
    finally:
        for code in codes.values():
            subprocess.run(["git", "-C", HERE, "worktree", "remove", "--force", code], check=False)
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
