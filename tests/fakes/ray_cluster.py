"""A Ray cluster of one node, as somebody else's: on one address, killed and started anew."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psutil

STARTS_S = 120
INSTALLED = find_spec("ray") is not None
"""Known without importing it: when it is imported, Ray looks whether it is to show a token."""

TOKEN = "a-token-that-nobody-guesses-0123456789"


def _free_port() -> int:
    """Find a port that is free, and not among those that Ray gives its workers."""
    while True:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
        if port > 20_000:
            return port


class RayCluster:
    """A head node with a client server, whose clients need :data:`TOKEN` in ``RAY_AUTH_TOKEN``.

    Parameters
    ----------
    cores : int
        Parts that it works on at once.
    """

    def __init__(self, cores: int = 2) -> None:
        self._ports = _free_port(), _free_port()
        self._cores = cores
        self._folder = Path(tempfile.mkdtemp(prefix="ray"))  # sockets need a short path
        self._head: subprocess.Popen[bytes] | None = None
        self.address = f"ray://127.0.0.1:{self._ports[1]}"

    def start(self) -> None:
        """Start it, and wait until clients are let in."""
        words = [
            "start", "--head", "--block", "--disable-usage-stats", "--include-dashboard=false",
            "--node-ip-address=127.0.0.1", f"--port={self._ports[0]}", f"--num-cpus={self._cores}",
            f"--ray-client-server-port={self._ports[1]}", f"--temp-dir={self._folder}",
            f"--object-store-memory={200 << 20}",
        ]  # fmt: skip
        environment = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
        ray = Path(sys.executable).with_name("ray")
        self._head = subprocess.Popen(
            [ray, *words],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + STARTS_S
        while time.monotonic() < until:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self._ports[1]), 1),
            ):
                return
            time.sleep(0.2)
        raise TimeoutError(f"Ray did not start within {STARTS_S} s")

    def kill(self) -> None:
        """End all of it as a machine does that loses power."""
        if self._head is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self._head.pid).children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        self._head.kill()
        self._head.wait()
        self._head = None

    def remove(self) -> None:
        """End it, and leave nothing behind."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)
