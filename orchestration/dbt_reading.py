"""dbt reads its project for a task on a processor that has nothing to do."""

import contextlib
import subprocess
from collections.abc import Generator

from resources.task.task import Task


@contextlib.contextmanager
def dbt_reading(task: Task) -> Generator[None]:
    """Have dbt read its project for a task in another process while the block runs.

    dbt reads all of it anew, 4 s of computing, for a task that it has not seen; labelling leaves a
    second processor idle in the meantime. Entering does not wait, leaving does. If it fails, the
    build will read the project itself, and tell what is wrong.
    """
    from resources.store.dbt import parse_command  # a second to import

    command = parse_command(task)
    if command is None:
        yield
        return
    reading = subprocess.Popen(  # noqa: S603 - our own dbt
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
        reading.wait()
    finally:
        reading.kill()
        reading.wait()
