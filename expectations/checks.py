"""Every check of a task: the suites, and the ones that need more than a table."""

from pathlib import Path

import dagster as dg

from expectations.alarm import accuracy_has_not_drifted
from expectations.canary import the_models_are_the_same
from expectations.inbox import every_file_can_be_read
from expectations.labelled import items_are_labelled
from expectations.suite import SUITES, suite_checks
from orchestration.task.task import Task


def checks(task: Task) -> list[dg.AssetChecksDefinition]:
    """Build the checks of ``task``."""
    names = sorted(Path(path).stem for path in SUITES.glob("*.yml"))
    return [
        *(suite_checks(task, name) for name in names),
        every_file_can_be_read(task),
        items_are_labelled(task),
        accuracy_has_not_drifted(task),
        the_models_are_the_same(task),
    ]
