"""Workers of Dask: of a cluster that stands, or started on this machine for the time of a run."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from labeling.counted import counted
from labeling.rules.cores import usable_cores
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
from resources.environment import kept
from resources.task.errors import TaskError
from resources.task.settings.scale import Scale

MALLOC = {"MALLOC_MMAP_THRESHOLD_": 32 << 20, "MALLOC_TRIM_THRESHOLD_": 64 << 20}
"""Bytes of a block from which on it is mapped by itself, and of free heap from which on it is given back.

What glibc comes to by itself, unless a threshold is set; Dask sets the second one to 64 kB, and arrays then take their
pages from the kernel each time, which costs up to half of a worker's time.
"""


class DaskConnection:
    """See :class:`resources.engines.cluster.Connection`.

    Parameters
    ----------
    client : distributed.Client
        Of the scheduler.
    """

    worker = "`dask worker ADDRESS`"

    def __init__(self, client: Any) -> None:
        self.client = client

    def threads(self) -> int:
        """Count the parts that can be worked on at once."""
        return sum(self.client.nthreads().values())

    def told(self) -> str:
        """Say in words who works on parts."""
        threads: dict[str, int] = self.client.nthreads()
        dask = import_module("distributed").__version__
        workers, every = counted(len(threads), "worker"), counted(sum(threads.values()), "thread")
        return f"{workers} with {every}, Dask {dask}"

    def versions(self, within_s: float) -> dict[str, dict[str, str]]:
        """Return what code each worker has."""
        try:
            self.client.wait_for_workers(1, timeout=within_s)
            found: dict[str, dict[str, str]] = self.client.run(code_version)
        except TimeoutError:
            raise
        except _gone() as error:
            raise GoneError(error) from None
        return found

    def hand_out(self, pickled: bytes) -> Any:
        """Give large work to every worker."""
        try:
            return self.client.scatter(pickled, broadcast=True, hash=False)
        except _gone():
            raise GoneError from None

    def send(self, digest: str, handed: Any, part: Any) -> Any:
        """Have a worker do a part."""
        try:
            return self.client.submit(alone, digest, handed, part, pure=False, retries=RETRIES)
        except _gone():
            raise GoneError from None

    def result(self, sent: Any) -> Any:
        """Wait for a result."""
        try:
            return sent.result()
        except import_module("distributed.scheduler").KilledWorker as error:
            raise DiedError(error.allowed_failures + 1) from None
        except _gone():
            if sent.status == "error":  # raised by the work, on a worker that is there
                raise
            raise GoneError from None

    def close(self, within_s: float) -> None:
        """Leave the cluster."""
        self.client.close(timeout=within_s)


def _gone() -> tuple[type[BaseException], ...]:
    """Return what is raised where a connection, or the scheduler behind it, is no more."""
    cancelled = import_module("concurrent.futures").CancelledError
    return OSError, cancelled, import_module("distributed.comm").CommClosedError


@contextmanager
def dask_engine(
    scale: Scale, answers_s: float = ANSWERS_S, tell: Callable[[str], object] = log.warning
) -> Generator[ClusterEngine]:
    """Yield an engine on the cluster that answers at ``scale.address``, or on one of its own.

    It takes what :func:`resources.engines.engine.engine_of` does.

    Raises
    ------
    TaskError
        If Dask is not installed, nobody answers, or workers have other code.
    """
    try:
        client = import_module("distributed").Client
    except ImportError:
        raise TaskError(
            "scale.engine is dask, which is not installed: `pip install 'touchstone[dask]'`, or "
            "leave scale out of task.yaml"
        ) from None
    # what it would log is raised, and told in our words
    for logger in [one for one in logging.root.manager.loggerDict if one.startswith("distributed")]:
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    with _address(scale) as (address, security, name):

        def connect(within_s: float) -> DaskConnection:
            try:
                return DaskConnection(client(
                    address, security=security, timeout=within_s, set_as_default=False, name="touchstone"
                ))  # fmt: skip
            except (OSError, TimeoutError, ValueError) as error:
                said = str(error).partition("\n")[0]
                raise TaskError(
                    f"scale.address: no scheduler of Dask answers at {name} ({said}); start one "
                    "with `dask scheduler`, or correct the address"
                ) from None

        engine = ClusterEngine(connect, name, answers_s, tell)
        try:
            yield engine
        finally:
            engine.close()


@contextmanager
def _address(scale: Scale) -> Generator[tuple[Any, Any, str]]:
    """Yield where the scheduler answers, what opens a connection to it, and its name."""
    if scale.address is not None:
        yield scale.address, None, scale.address
        return
    distributed: Any = import_module("distributed")
    security = distributed.Security.temporary()  # whoever else is on this machine has no key to it
    malloc = {
        f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in MALLOC.items()
    }
    with kept(*MALLOC), import_module("dask").config.set(malloc), distributed.LocalCluster(
        n_workers=usable_cores(), threads_per_worker=1, host="127.0.0.1", protocol="tls",
        dashboard_address=None, worker_dashboard_address=None, security=security,
        silence_logs=50, memory_limit=0,
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address, security, "the cluster on this machine"
