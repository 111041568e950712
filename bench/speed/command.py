"""Run a command of the product with the code of a checkout, and say what it took."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Took(NamedTuple):
    """Seconds of the whole process, and CPU seconds of all that it started."""

    seconds: float
    cpu: float


def command(code: Path, project: Path, *words: str) -> Took:
    """Run ``touchstone WORDS`` of the checkout ``code`` in ``project``."""
    python = code / ".venv" / "bin" / "python"
    room = "cli" if (code / "cli").is_dir() else "orchestration.commands"
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [
            str(python if python.exists() else sys.executable),
            "-c",
            f"from {room}.app import main; main()",
            *words,
        ],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{words}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(seconds, cpu)
