"""Workers of a Ray cluster that stands, reached through Ray's client.

No cluster is started here: Ray's own listens on all of a machine's networks, whatever address it is
given. Nor is this process made a part of a cluster, since Ray ends such processes together with it.
"""

import logging
import signal
import socket
import time
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from labeling.counted import counted
from resources.engines.cluster import (
    ANSWERS_S,
    RETRIES,
    ClusterEngine,
    DiedError,
    GoneError,
    alone,
    log,
)
from resources.engines.code_version import code_version
from resources.environment import kept, show_ray_token
from resources.task.errors import TaskError
from resources.task.settings.scale import Scale

PORT = 10001
"""Where Ray's client server answers if nothing else is said."""

LEFT_BEHIND = ("RAY_AUTH_MODE", "RAY_CLIENT_MODE", "RAY_USAGE_STATS_ENABLED")
"""Variables that are set so that Ray connects, and stay as they were."""


class RayConnection:
    """See :class:`resources.engines.cluster.Connection`.

    Parameters
    ----------
    context : ray.client_builder.ClientContext
        A connection of its own, beside any other of this process.
    """

    worker = "`ray start --address HEAD`"

    def __init__(self, context: Any) -> None:
        self._ray = import_module("ray")
        self._context = context
        self._alone = self._ray.remote(num_cpus=1, max_retries=RETRIES, retry_exceptions=True)(
            alone
        )

    def threads(self) -> int:
        """Count the parts that can be worked on at once."""
        return int(sum(node["Resources"].get("CPU", 0) for node in self._nodes()))

    def told(self) -> str:
        """Say in words who works on parts."""
        nodes, cores = counted(len(self._nodes()), "node"), counted(self.threads(), "core")
        return f"{nodes} with {cores}, Ray {self._ray.__version__}"

    def versions(self, within_s: float) -> dict[str, dict[str, str]]:
        """Return what code each node has that parts can go to."""
        until = time.monotonic() + within_s
        while not (nodes := self._nodes()):
            if time.monotonic() > until:
                raise TimeoutError
            time.sleep(0.5)
        ask = self._ray.remote(num_cpus=0)(_code_version)
        on = import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy
        with self._connected():
            asked = {
                node["NodeManagerHostname"] + " " + node["NodeID"][:6]: ask.options(
                    scheduling_strategy=on(node["NodeID"], soft=False)
                ).remote()
                for node in nodes
            }
            return {name: self._ray.get(one) for name, one in asked.items()}

    def hand_out(self, pickled: bytes) -> Any:
        """Put large work where each node fetches it once."""
        with self._connected():
            return self._ray.put(pickled)

    def send(self, digest: str, handed: Any, part: Any) -> Any:
        """Have a worker do a part."""
        with self._connected():
            return self._alone.remote(digest, handed, part)

    def result(self, sent: Any) -> Any:
        """Wait for a result."""
        faults = self._ray.exceptions
        with self._connected():
            try:
                return self._ray.get(sent)
            except (faults.WorkerCrashedError, faults.OutOfMemoryError):
                raise DiedError(RETRIES + 1) from None
            except faults.RayTaskError as error:
                raise error.cause from None

    def close(self, within_s: float) -> None:
        """Leave the cluster."""
        del within_s
        with suppress(Exception):
            self._context.disconnect()

    def _nodes(self) -> list[dict[str, Any]]:
        with self._connected():
            nodes: list[dict[str, Any]] = self._ray.nodes()
        return [node for node in nodes if node["Alive"] and node["Resources"].get("CPU")]

    @contextmanager
    def _connected(self) -> Generator[None]:
        """Make calls of Ray's go over this connection."""
        with self._context:
            if not import_module("ray.util.client").ray.is_connected():
                raise GoneError("its client server closed the connection")
            try:
                yield
            except ConnectionError as error:
                raise GoneError(error) from None


def _code_version() -> dict[str, str]:
    return code_version()


@contextmanager
def ray_engine(
    scale: Scale, answers_s: float = ANSWERS_S, tell: Callable[[str], object] = log.warning
) -> Generator[ClusterEngine]:
    """Yield an engine on the cluster whose client server answers at ``scale.address``.

    It takes what :func:`resources.engines.engine.engine_of` does.

    Raises
    ------
    TaskError
        If Ray is not installed, nobody answers, or workers have other code.
    """
    address = str(scale.address)
    with kept(*LEFT_BEHIND):
        show_ray_token()
        try:
            ray = import_module("ray")
        except ImportError:
            raise TaskError(
                "scale.engine is ray, which is not installed: `pip install 'touchstone[ray]'`, or "
                "leave scale out of task.yaml"
            ) from None
    logging.getLogger("ray").setLevel(logging.CRITICAL)  # it is raised, and told in our words

    def connect(within_s: float) -> RayConnection:
        until = time.monotonic() + within_s
        while True:
            try:
                _answers(address, until)
                with _own_signals(), warnings.catch_warnings():
                    warnings.filterwarnings("ignore", "Ray Client connection timed out")
                    return RayConnection(
                        ray.init(
                            address,
                            allow_multiple=True,
                            log_to_driver=False,
                            logging_level=logging.CRITICAL,
                        )
                    )
            except Exception as error:  # noqa: BLE001  Ray raises whatever went wrong over there
                if time.monotonic() < until and isinstance(error, ConnectionError):
                    time.sleep(0.5)  # a server that has just started refuses the first ones
                    continue
                said = str(error).strip().splitlines()[-1] if str(error).strip() else repr(error)
                raise TaskError(
                    f"scale.address: no client server of Ray answers at {address} ({said}); start "
                    "one with `ray start --head`, correct the address, or give this process the "
                    "token of the cluster (RAY_AUTH_TOKEN or RAY_AUTH_TOKEN_PATH)"
                ) from None

    with kept(*LEFT_BEHIND):
        engine = ClusterEngine(connect, address, answers_s, tell)
        try:
            yield engine
        finally:
            engine.close()


def _answers(address: str, until: float) -> None:
    """Find out at once whether anybody listens: Ray would try for a minute."""
    where = urlsplit(address)
    with socket.create_connection(
        (where.hostname, where.port or PORT), max(0.1, until - time.monotonic())
    ):
        pass


@contextmanager
def _own_signals() -> Generator[None]:
    """Keep how this process ends when it is asked to: Ray has it end at once, without a word."""
    ends = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with suppress(ValueError):  # only the first thread has signals
            signal.signal(signal.SIGTERM, ends)
