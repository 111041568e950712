"""Whether a task that tries its prompts first has any that models may be asked."""

from resources.pilots.store import PilotStore
from resources.task.task import Task


def nothing_promoted(task: Task) -> str:
    """Say that no model is asked and what is next, where a task has a pilot and nothing is promoted; else nothing."""
    models = task.spec.models
    if models is None or models.pilot is None or PilotStore(task.pilots).promoted():
        return ""
    return f"no prompt is promoted, so no model is asked; next: `touchstone pilot {task.name}`"
