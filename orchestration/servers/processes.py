"""Start processes, wait until they answer, and end them with everything they started."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from labeling.errors import LabelingError

LOOPBACK = "127.0.0.1"
GRACE_S = 12.0
"""Time that a service has to end by itself; what is left of it then is killed."""

POLL_S = 0.25
TAIL_LINES = 20
"""Lines of its log shown with a service that died."""


class ServiceError(LabelingError):
    """A service ended, or did not answer in time; the message holds the end of its log."""


@dataclass(frozen=True)
class Service:
    """One process to start.

    Parameters
    ----------
    name : str
        What people call it; also the name of its log.
    command : sequence of str
        Program and arguments.
    answers : callable
        Whether it does its work by now; asked until it does.
    address : str, optional
        Where a browser finds it.
    after : tuple of str
        Names of services that have to answer before it is started.
    """

    name: str
    command: Sequence[str]
    answers: Callable[[], bool]
    address: str | None = None
    after: tuple[str, ...] = ()


class Services:
    """Processes that live and end together: a context manager.

    Each is the leader of a session of its own, so that Ctrl-C reaches only us, and so that all that
    it starts can be ended with it.

    Parameters
    ----------
    services : sequence of Service
        Started in this order.
    folder, logs : Path
        Working directory of all, and where each writes ``NAME.log``.
    environment : mapping
        Environment variables of all.
    """

    def __init__(
        self, services: Sequence[Service], folder: Path, logs: Path, environment: Mapping[str, str]
    ) -> None:
        self.services = services
        self.folder = folder
        self.logs = logs
        self.environment = environment
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "Services":
        """Start every service that waits for no other.

        Raises
        ------
        ServiceError
            If a program cannot be started.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        self._start(answering=set())
        return self

    def _start(self, answering: set[str]) -> None:
        """Start what was waiting for nothing but services that answer."""
        try:
            for service in self.services:
                if service.name in self._processes or not answering.issuperset(service.after):
                    continue
                with self.log_of(service).open("wb") as log:
                    self._processes[service.name] = subprocess.Popen(  # noqa: S603
                        list(service.command),
                        cwd=self.folder,
                        env=dict(self.environment),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
        except OSError as error:
            self.end()
            raise ServiceError(f"{error.filename} cannot be started: {error.strerror}") from None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End every service."""
        self.end()

    def log_of(self, service: Service) -> Path:
        """Where a service writes what it has to say."""
        return self.logs / f"{service.name.replace(' ', '-')}.log"

    def wait_until_answering(
        self,
        stop: threading.Event,
        patience_s: float,
        tell: Callable[[Service, float], None] = lambda *_: None,
    ) -> bool:
        """Wait until every service answers.

        Parameters
        ----------
        stop : Event
            Set from outside to give up.
        patience_s : float
            Seconds to wait, at most.
        tell : callable
            Called with each service once it answers, and the seconds that took.

        Returns
        -------
        bool
            Whether all answer; ``False`` if ``stop`` was set.

        Raises
        ------
        ServiceError
            If one ends, or does not answer in time.
        """
        began = time.monotonic()
        silent = list(self.services)
        while silent and not stop.is_set():
            self._raise_if_one_died()
            for service in [s for s in silent if s.name in self._processes and s.answers()]:
                silent.remove(service)
                tell(service, time.monotonic() - began)
            self._start({s.name for s in self.services if s not in silent})
            if silent and time.monotonic() - began > patience_s:
                raise ServiceError(
                    f"{silent[0].name} does not answer after {patience_s:g} s; "
                    f"{self._end_of_log(silent[0])}"
                )
            stop.wait(POLL_S)
        return not silent

    def watch(self, stop: threading.Event) -> None:
        """Return once ``stop`` is set.

        Raises
        ------
        ServiceError
            If a service ends before.
        """
        while not stop.wait(POLL_S):
            self._raise_if_one_died()

    def end(self, grace_s: float = GRACE_S) -> None:
        """End all services and all that they started; ask first, kill what is left after."""
        for process in self._processes.values():
            _signal(process.pid, signal.SIGTERM)
        if not self._all_gone(within_s=grace_s):
            for process in self._processes.values():
                _signal(process.pid, signal.SIGKILL)
            self._all_gone(within_s=GRACE_S)
        self._processes.clear()

    def _all_gone(self, within_s: float) -> bool:
        deadline = time.monotonic() + within_s
        while True:
            for process in self._processes.values():
                process.poll()
            if not any(_exists(process.pid) for process in self._processes.values()):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)

    def _raise_if_one_died(self) -> None:
        for service in self.services:
            process = self._processes.get(service.name)
            code = process.poll() if process else None
            if code is not None:
                how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
                raise ServiceError(f"{service.name} {how}; {self._end_of_log(service)}")

    def _end_of_log(self, service: Service) -> str:
        path = self.log_of(service)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        if not lines:
            return f"its log {path} is empty"
        return "\n".join([f"the end of {path}:", *(f"  {line}" for line in lines)])


def free_port(wanted: int, taken: set[int]) -> int:
    """Return ``wanted`` if it is free on loopback, else the next that is; note it in ``taken``.

    Raises
    ------
    ServiceError
        If none of the next hundred is free.
    """
    for port in range(wanted, min(wanted + 100, 65536)):
        if port in taken:
            continue
        with socket.socket() as probe, suppress(OSError):
            # what a server that ended a moment ago left behind does not take the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            taken.add(port)
            return port
    raise ServiceError(f"no port is free from {wanted} on; name another")


def answers_http(address: str) -> bool:
    """Whether a GET of ``address`` succeeds."""
    import httpx

    with suppress(httpx.HTTPError):
        return httpx.get(address, timeout=2, trust_env=False).is_success
    return False


def _signal(group: int, which: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, which)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
