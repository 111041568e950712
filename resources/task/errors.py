"""What a user did that cannot work, said so that it can be mended."""

from labeling.errors import LabelingError


class TaskError(LabelingError):
    """The task's folder, its task.yaml or its input cannot be used as it is."""


class BlockedError(TaskError):
    """A check found rows of a batch that cannot be right; the batch is left as it is."""


class LostRaceError(TaskError):
    """Somebody else wrote the same tables at the same time; nothing of ours was written."""


class NoVersionsError(TaskError):
    """The tables of a task lie where nothing of what they were before is kept."""


class DamagedError(TaskError):
    """A file of what was made, said or paid cannot be read any more."""
