"""A scheduler of Dask and a worker, as somebody else's: on one address, killed and started anew."""

import socket
import subprocess
import sys
from pathlib import Path


class DaskCluster:
    """Processes on loopback, none of which looks after the others.

    Parameters
    ----------
    folder : Path
        Where the worker keeps its files.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._folder = folder
        self._scheduler: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self.address = f"tcp://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the scheduler, then a worker of one thread."""
        words = ["--host", "127.0.0.1", "--port", str(self._port), "--no-dashboard"]
        self._scheduler = self._run("scheduler", *words)
        self.start_worker()

    def start_worker(self) -> None:
        """Start a worker, which ends with its scheduler."""
        words = ["--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory"]
        self._worker = self._run("worker", self.address, *words, str(self._folder))

    def kill_worker(self) -> None:
        """End the worker as a machine does that loses power."""
        self._worker = _killed(self._worker)

    def kill(self) -> None:
        """End both so."""
        self._scheduler = _killed(self._scheduler)
        self.kill_worker()

    def _run(self, *words: str) -> "subprocess.Popen[bytes]":
        quiet = subprocess.DEVNULL
        return subprocess.Popen([sys.executable, "-m", "dask", *words], stdout=quiet, stderr=quiet)


def _killed(process: "subprocess.Popen[bytes] | None") -> None:
    if process is not None:
        process.kill()
        process.wait()
