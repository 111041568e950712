"""Files that a task's generator writes, where it has one: all of them, or none."""

import importlib.util
import shutil

from labeling.files.found import find_files
from resources.task.errors import TaskError
from resources.task.task import Task


def simulate_inbox(task: Task) -> None:
    """Let the task's generator write its files, where it has one and none stand yet.

    They are written apart and moved as a whole: a generator that is killed leaves nothing that
    could be taken for all of it.

    Raises
    ------
    TaskError
        If the generator cannot be loaded, or files of other names are in the way.
    """
    source = task.spec.source
    if (
        task.spec.demo.generator is None
        or source.files is None
        or find_files(task.path(source.files))
    ):
        return
    path = task.folder / task.spec.demo.generator
    spec = importlib.util.spec_from_file_location(f"{task.name}_generator", path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise TaskError(f"{task.folder / 'task.yaml'}: demo.generator: {path} does not stand")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    inbox, truth, part = task.var / "inbox", task.var / "truth", task.var / "part"
    if inbox.is_dir() and any(inbox.iterdir()):
        raise TaskError(
            f"{inbox} holds files, but none that source.files names ({source.files}); the generator "
            "writes there: move them away, or correct the pattern"
        )
    shutil.rmtree(part, ignore_errors=True)
    module.generate(part / "inbox", part / "truth")
    for made, target in ((part / "truth", truth), (part / "inbox", inbox)):
        shutil.rmtree(target, ignore_errors=True)
        if made.is_dir():
            made.rename(target)
    shutil.rmtree(part)
