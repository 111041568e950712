"""Which process is meant: an id alone is given to another process later, in a container at once."""

import contextlib
import os
from pathlib import Path

import psutil

BOOT = Path("/proc/sys/kernel/random/boot_id")


def this_process() -> str:
    """Return what no other process is called by: id, start, and which start of the machine.

    Examples
    --------
    >>> is_alive(this_process())
    True
    """
    return _name(os.getpid()) or str(os.getpid())


def is_alive(name: str | None) -> bool:
    """Whether the process that was called so by :func:`this_process` is still there.

    Examples
    --------
    >>> is_alive(f"{os.getpid()} 0.0 elsewhere"), is_alive(None)
    (False, False)
    """
    if not name or not name.split()[0].isdigit():
        return False
    return _name(int(name.split()[0])) == name


def describe(pid: int) -> str:
    """Say in words which process an id stands for."""
    with contextlib.suppress(psutil.Error):
        return f"process {pid} ({psutil.Process(pid).name()})"
    return f"process {pid}"


def _name(pid: int) -> str | None:
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return f"{pid} {_start(pid, process)}"
    except psutil.Error:
        return None


def _start(pid: int, process: psutil.Process) -> str:
    """Return when a process began: on Linux in ticks since the start of the machine.

    The clock there may be set while the process runs; elsewhere the system remembers the time.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return f"{stat.rpartition(')')[2].split()[19]} {BOOT.read_text().strip()}"
    except OSError:
        return f"{process.create_time():.2f}"
