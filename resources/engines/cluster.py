"""What an engine on a cluster does whichever it is: send parts, send anew what was lost, look at whose code answers."""

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from itertools import islice
from typing import Any, Protocol, TypeVar

from labeling.rules.cores import at_most
from resources.engines.code_version import code_version
from resources.task.errors import TaskError

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

AHEAD = 2
"""Parts that are sent for each one that is worked on, so that no worker waits for the next."""


class GoneError(Exception):
    """The scheduler went away, and all that it knew."""


class DiedError(Exception):
    """One worker after another died over a part; how many, is said."""


class Connection(Protocol):
    """One connection to a scheduler. Whatever it is asked, it may answer with :class:`GoneError`."""

    worker: str
    """What starts a worker, as it is told."""

    def threads(self) -> int:
        """Count the parts that can be worked on at once."""
        ...

    def told(self) -> str:
        """Say in words who works on parts."""
        ...

    def versions(self, within_s: float) -> dict[str, dict[str, str]]:
        """Return :func:`code_version` of each worker; the first one is waited for.

        Raises
        ------
        TimeoutError
            If there is none.
        ImportError
            If a worker has no Touchstone.
        """
        ...

    def hand_out(self, pickled: bytes) -> Any:
        """Give large work to every worker, and return what stands for it."""
        ...

    def send(self, digest: str, handed: Any, part: Any) -> Any:
        """Have a worker do :func:`alone`, and return what stands for its result."""
        ...

    def result(self, sent: Any) -> Any:
        """Wait for a result; raise what the work raised, or :class:`DiedError`."""
        ...

    def close(self, within_s: float) -> None:
        """Leave the cluster; whatever goes wrong is of no interest."""
        ...


class ClusterEngine:
    """Parts as tasks of a cluster, each on one core.

    Parameters
    ----------
    connect : callable
        Connects to the scheduler within so many seconds, whenever it is needed, or raises TaskError.
    name : str
        What the scheduler is called in messages.
    answers_s : float
        How long it is waited for, in seconds, and a worker after it.
    tell : callable
        Is told what is waited for in the middle of a run.
    """

    def __init__(
        self,
        connect: Callable[[float], Connection],
        name: str,
        answers_s: float,
        tell: Callable[[str], object],
    ) -> None:
        self._connect = connect
        self._name = name
        self._answers_s = answers_s
        self._tell = tell
        self._connection = connect(answers_s)
        self._check_workers()

    def map(self, work: Callable[[P], R], parts: Iterable[P]) -> Iterator[R]:
        """See :meth:`resources.engines.engine.Engine.map`."""
        pickled: bytes = import_module("cloudpickle").dumps(work)
        digest = hashlib.sha256(pickled).hexdigest()
        coming = iter(parts)
        sent: deque[tuple[P, Any]] = deque()
        handed: Any = None
        most = 0
        while True:
            there = self._connection
            try:
                if handed is None:
                    most = AHEAD * max(1, there.threads())
                    handed = pickled if len(pickled) < LARGE else there.hand_out(pickled)
                    sent = deque((part, there.send(digest, handed, part)) for part, _ in sent)
                for part in islice(coming, most - len(sent)):
                    sent.append((part, None))
                    sent[-1] = part, there.send(digest, handed, part)
                if not sent:
                    return
                found: R = there.result(sent[0][1])
            except GoneError:
                self._again()
                handed = None
            except DiedError as error:
                raise TaskError(
                    f"{self._name}: {error} workers died one after another over the same part; most "
                    "likely it does not fit into their memory: give them more, or set "
                    "scale.items_a_part lower, and run again. What is done stands"
                ) from None
            else:
                sent.popleft()
                yield found

    def told(self) -> str:
        """See :meth:`resources.engines.engine.Engine.told`."""
        return f"{self._name}: {self._connection.told()}"

    def close(self) -> None:
        """Leave the cluster."""
        self._connection.close(within_s=5)

    def _again(self) -> None:
        """Connect anew, as soon as the scheduler is back."""
        self._tell(f"{self._name} went away; it is waited for, {BACK_S:g} s at most")
        self._connection.close(within_s=1)
        ends_at = time.monotonic() + BACK_S
        while True:
            left_s = min(self._answers_s, ends_at - time.monotonic())
            try:
                self._connection = self._connect(max(1.0, left_s))
                self._check_workers()
            except TaskError as error:
                if time.monotonic() >= ends_at:
                    raise TaskError(
                        f"{self._name} went away in the middle of a run and was not back after "
                        f"{BACK_S:g} s: start it and run again; what is done stands"
                    ) from error
            else:
                return

    def _check_workers(self) -> None:
        """Refuse workers that would answer by other code.

        Raises
        ------
        TaskError
            Naming what differs, here and there.
        """
        try:
            found = self._connection.versions(self._answers_s)
        except TimeoutError:
            raise TaskError(
                f"{self._name} has no worker: start one with {self._connection.worker}"
            ) from None
        except ImportError as error:
            raise TaskError(
                f"workers of {self._name} cannot import what parts need ({error}); install the "
                "same Touchstone there"
            ) from None
        except GoneError as error:
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


def alone(digest: str, pickled: bytes, part: Any) -> Any:
    """Do the work of a part on one core; other parts have the others."""
    from threadpoolctl import threadpool_limits

    if digest not in _LAST:
        _LAST.clear()
        _LAST[digest] = import_module("pickle").loads(pickled)
    with at_most(1), threadpool_limits(1):
        return _LAST[digest](part)
