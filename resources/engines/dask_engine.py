"""Workers of Dask: of a cluster that stands, or started on this machine for the time of a run."""

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from labeling.counted import counted
from labeling.rules.cores import at_most, usable_cores
from resources.engines.code_version import code_version
from resources.environment import kept
from resources.task.errors import TaskError
from resources.task.settings.scale import Scale

P = TypeVar("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

ANSWERS_S = 30.0
"""How long a scheduler that stands is waited for when a run begins, in seconds."""

BACK_S = 120.0
"""How long one that went away is waited for, in seconds: something starts it anew, or nothing does."""

RETRIES = 3
"""How often work that raised is done anew, on any worker: its machine may be at fault."""

LARGE = 100_000
"""Bytes of pickled work from which on workers are given it once, and not with every part."""

MALLOC = {"MALLOC_MMAP_THRESHOLD_": 32 << 20, "MALLOC_TRIM_THRESHOLD_": 64 << 20}
"""Bytes of a block from which on it is mapped by itself, and of free heap from which on it is given back.

What glibc comes to by itself, unless a threshold is set; Dask sets the second one to 64 kB, and arrays then take their
pages from the kernel each time, which costs up to half of a worker's time.
"""

AHEAD = 2
"""Parts that are sent for each one that is worked on, so that no worker waits for the next."""


class _GoneError(Exception):
    """The scheduler went away, and all that it knew."""


class DaskEngine:
    """Parts as tasks of Dask, each on one core.

    Parameters
    ----------
    connect : callable
        Returns a client of the scheduler within so many seconds, whenever one is needed.
    name : str
        What the scheduler is called in messages.
    answers_s : float
        How long it is waited for, in seconds, and a worker after it.
    tell : callable
        Is told what is waited for in the middle of a run.
    """

    def __init__(
        self,
        connect: Callable[[float], Any],
        name: str,
        answers_s: float,
        tell: Callable[[str], object],
    ) -> None:
        self._connect = connect
        self._name = name
        self._answers_s = answers_s
        self._tell = tell
        self._client = connect(answers_s)
        self._check_workers()

    def map(self, work: Callable[[P], R], parts: Iterable[P]) -> Iterator[R]:
        """See :meth:`resources.engines.engine.Engine.map`."""
        coming, handed = iter(parts), self._hand_out(work)
        sent: deque[tuple[P, Any]] = deque()
        most = AHEAD * max(1, sum(self._client.nthreads().values()))
        while True:
            try:
                for part in islice(coming, most - len(sent)):
                    sent.append((part, None))
                    sent[-1] = part, self._send(handed, part)
                if not sent:
                    return
                found: R = self._result(sent[0][1])
            except _GoneError:
                self._client = self._again()
                handed = self._hand_out(work)
                sent = deque((part, self._send(handed, part)) for part, _ in sent)
            else:
                sent.popleft()
                yield found

    def told(self) -> str:
        """See :meth:`resources.engines.engine.Engine.told`."""
        threads: dict[str, int] = self._client.nthreads()
        dask = import_module("distributed").__version__
        workers, every = counted(len(threads), "worker"), counted(sum(threads.values()), "thread")
        return f"{self._name}: {workers} with {every}, Dask {dask}"

    def close(self) -> None:
        """Leave the cluster."""
        self._client.close(timeout=5)

    def _hand_out(self, work: Callable[..., Any]) -> tuple[str, Any]:
        """Pickle work once; every worker gets what is large before its first part."""
        pickled: bytes = import_module("cloudpickle").dumps(work)
        digest = hashlib.sha256(pickled).hexdigest()
        if len(pickled) < LARGE:
            return digest, pickled
        try:
            return digest, self._client.scatter(pickled, broadcast=True, hash=False)
        except _gone():
            return digest, pickled  # whoever sends it finds the scheduler gone

    def _send(self, handed: tuple[str, Any], part: Any) -> Any:
        try:
            return self._client.submit(_alone, *handed, part, pure=False, retries=RETRIES)
        except _gone():
            raise _GoneError from None

    def _result(self, future: Any) -> Any:
        try:
            return future.result()
        except import_module("distributed.scheduler").KilledWorker as error:
            raise TaskError(
                f"{self._name}: {error.allowed_failures + 1} workers died one after another over "
                "the same part; most likely it does not fit into their memory: give them more, or "
                "set scale.items_a_part lower, and run again. What is done stands"
            ) from None
        except _gone():
            if future.status == "error":  # raised by the work, on a worker that is there
                raise
            raise _GoneError from None

    def _again(self) -> Any:
        """Return a new client, as soon as the scheduler is back."""
        self._tell(f"{self._name} went away; it is waited for, {BACK_S:g} s at most")
        self._client.close(timeout=1)
        ends_at = time.monotonic() + BACK_S
        while True:
            try:
                self._client = self._connect(
                    max(1.0, min(self._answers_s, ends_at - time.monotonic()))
                )
                self._check_workers()
            except TaskError as error:
                if time.monotonic() >= ends_at:
                    raise TaskError(
                        f"{self._name} went away in the middle of a run and was not back after "
                        f"{BACK_S:g} s: start it and run again; what is done stands"
                    ) from error
            else:
                return self._client

    def _check_workers(self) -> None:
        """Refuse workers that would answer by other code.

        Raises
        ------
        TaskError
            Naming what differs, here and there.
        """
        try:
            self._client.wait_for_workers(1, timeout=self._answers_s)
            found: dict[str, dict[str, str]] = self._client.run(code_version)
        except TimeoutError:
            raise TaskError(
                f"{self._name} has no worker: start one with `dask worker ADDRESS`"
            ) from None
        except ImportError as error:
            raise TaskError(
                f"workers of {self._name} cannot import what parts need ({error}); install the "
                "same Touchstone there"
            ) from None
        except _gone() as error:
            raise TaskError(f"{self._name} went away: {error}") from None
        here = code_version()
        for worker, there in sorted(found.items()):
            for what, version in here.items():
                if there.get(what) != version:
                    raise TaskError(
                        f"worker {worker} of {self._name} has {what} {there.get(what)}, and this "
                        f"process has {version}: labels could differ; install the same there"
                    )


_LAST: dict[str, Any] = {}
"""The work that this worker unpickled last, by its digest: parts of one map come one after another."""


def _alone(digest: str, pickled: bytes, part: Any) -> Any:
    """Do the work of a part on one core; other parts have the others."""
    from threadpoolctl import threadpool_limits

    if digest not in _LAST:
        _LAST.clear()
        _LAST[digest] = import_module("pickle").loads(pickled)
    with at_most(1), threadpool_limits(1):
        return _LAST[digest](part)


def _gone() -> tuple[type[BaseException], ...]:
    """Return what is raised where a connection, or the scheduler behind it, is no more."""
    cancelled = import_module("concurrent.futures").CancelledError
    return OSError, cancelled, import_module("distributed.comm").CommClosedError


@contextmanager
def dask_engine(
    scale: Scale, answers_s: float = ANSWERS_S, tell: Callable[[str], object] = log.warning
) -> Generator[DaskEngine]:
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

        def connect(within_s: float) -> Any:
            try:
                return client(
                    address, security=security, timeout=within_s, set_as_default=False, name="touchstone"
                )  # fmt: skip
            except (OSError, TimeoutError, ValueError) as error:
                said = str(error).partition("\n")[0]
                raise TaskError(
                    f"scale.address: no scheduler of Dask answers at {name} ({said}); start one "
                    "with `dask scheduler`, or correct the address"
                ) from None

        engine = DaskEngine(connect, name, answers_s, tell)
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
