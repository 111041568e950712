"""Every check of a task: the suites, and the ones that need more than a table."""

from pathlib import Path

import dagster as dg

from expectations.alarm import accuracy_has_not_drifted
from expectations.canary import the_models_are_the_same
from expectations.expected import SUITES
from expectations.inbox import every_file_can_be_read
from expectations.labelled import AS_BEFORE, MOST, items_are_labelled
from expectations.suite import suite_checks
from resources.sources.zero_shot import ZeroShotVoters
from resources.task.task import Task


def checks(task: Task) -> list[dg.AssetChecksDefinition]:
    """Build the checks of ``task``."""
    names = sorted(Path(path).stem for path in SUITES.glob("*.yml"))
    if not task.spec.zero_shot:
        names.remove(ZeroShotVoters.name)
    unchecked = set(task.spec.quality.unchecked)
    return [
        *(suite_checks(task, name) for name in names),
        *([every_file_can_be_read(task)] if "every_file_can_be_read" not in unchecked else []),
        *([items_are_labelled(task)] if not unchecked.issuperset((MOST, AS_BEFORE)) else []),
        accuracy_has_not_drifted(task),
        the_models_are_the_same(task),
    ]
