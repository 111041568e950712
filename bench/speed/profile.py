"""Where each second of a command goes, by step and by library.

    python -m bench.speed.profile demo
    python -m bench.speed.profile many --items 200000 --batches 2

A sample is taken a hundred times a second of the thread that does the work; a step is the asset or
suite that the stack goes through, and a library the package whose code was running. What dbt does
stands beside it: it has a process of its own.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from bench.speed import scale

ROOT = Path(__file__).parents[2]
PEER = ROOT / "bench" / ".peers" / "profile"
RATE = 100
"""Samples a second."""

OURS = ("assets", "expectations", "orchestration", "resources", "labeling", "console", "cli")
FRAME = re.compile(r"^(?P<name>.*) \((?P<path>[^:)]*)(?::\d+)?\)$")


def sampler() -> Path:
    """Return py-spy, installing it into an environment of its own if it is not there."""
    found = PEER / "bin" / "py-spy"
    if not found.exists():
        subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
        pins = Path(__file__).with_name("requirements-profile.txt")
        pip = [PEER / "bin" / "python", "-m", "pip", "install", "-q", "-r", pins]
        subprocess.run(pip, check=True)
    return found


def sampled(project: Path, task: str) -> list[tuple[list[tuple[str, str]], int]]:
    """Run a task once; return stacks, outermost frame first, and how often each was seen."""
    raw = project / "stacks.txt"
    subprocess.run(
        [sampler(), "record", "-r", str(RATE), "-f", "raw", "-o", raw, "--",
         sys.executable, "-c", "from cli.app import main; main()", "run", task],
        cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False,
    )  # fmt: skip
    found = []
    for line in raw.read_text(encoding="utf-8").splitlines():
        stack, _, seen = line.rpartition(" ")
        frames = [m for frame in stack.split(";") if (m := FRAME.match(frame))]
        if any(m["path"].startswith("cli/") for m in frames):
            found.append(([(m["name"], m["path"]) for m in frames], int(seen)))
    return found


def step(frames: list[tuple[str, str]]) -> str:
    """Name the asset or suite that a stack goes through, else what of ours it is in."""
    if any("importlib" in path for _, path in frames):
        return "imports"
    for name, path in frames:
        room, _, file = path.partition("/")
        if room in ("assets", "expectations") and ".<locals>." in name:
            return f"{room}/{file}"
    ours = [path for _, path in frames if path.partition("/")[0] in OURS]
    return ours[-1] if ours else "other"


def library(frames: list[tuple[str, str]]) -> str:
    """Name the package whose code was running."""
    for _, path in reversed(frames):
        package = path.partition("/")[0]
        if "/" in path and not package.startswith("<"):
            return "ours" if package in OURS else package
    return "Python"


def table(title: str, seen: Counter[str]) -> str:
    """Write seconds and shares, those of a hundredth and more."""
    total = sum(seen.values())
    lines = [f"| {title} | s | % |", "|---|---|---|"]
    for name, n in seen.most_common():
        if n >= total / 100:
            lines.append(f"| {name} | {n / RATE:.1f} | {100 * n / total:.0f} |")
    return "\n".join([*lines, f"| all | {total / RATE:.1f} | 100 |"])


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", choices=["demo", "many"])
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--batches", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="profile") as folder:
        project = Path(folder)
        if given.what == "demo":
            shutil.copytree(ROOT / "tasks", project / "tasks")
        else:
            scale.make(project, given.items, given.batches)
        stacks = sampled(project, "support_inbox" if given.what == "demo" else "many")
    steps, libraries = Counter[str](), Counter[str]()
    for frames, seen in stacks:
        steps[step(frames)] += seen
        libraries[library(frames)] += seen
    print(table("step", steps), table("library", libraries), sep="\n\n")


if __name__ == "__main__":
    main()
