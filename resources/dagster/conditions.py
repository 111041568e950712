"""When an asset may run by itself, and how old it may become."""

from datetime import timedelta

import dagster as dg

_inputs_changed = dg.AutomationCondition.any_deps_updated().since_last_handled()
_nothing_under_way = (
    ~dg.AutomationCondition.any_deps_in_progress() & ~dg.AutomationCondition.in_progress()
)

when_inputs_are_clean = (
    _inputs_changed
    & _nothing_under_way
    & ~dg.AutomationCondition.any_deps_missing()
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("when_inputs_are_clean")
"""Inputs changed since it was made; no run makes them; none is missing, all blocking checks passed.

For what is made of one batch.
"""

LAST_OF_A_BATCH = (("quality", "drift"), ("quality", "early_warnings"), ("quality", "canary"))
"""What runs that label or measure a batch make last."""


def when_batches_settle(task: str) -> dg.AutomationCondition[dg.AssetKey]:
    """Return when marts, files, report and tracking of a task are made: all in one run.

    Inputs changed since, and no batch is being labelled or measured or waits for it. A batch that
    is missing or unsound does not hold back the others; a mart that was never built does.
    """
    condition = _inputs_changed & _nothing_under_way
    for table in LAST_OF_A_BATCH:
        condition &= ~dg.AutomationCondition.asset_matches(
            dg.AssetKey([task, *table]), dg.AutomationCondition.in_progress()
        )
    never_built = dg.AutomationCondition.any_deps_missing().allow(
        dg.AssetSelection.groups("staging", "marts", "published")
    )
    return (condition & ~never_built).with_label("when_batches_settle")


WINDOW = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
    "file": timedelta(weeks=1),
}
"""How long the window of one batch is; files may come at any time, a week is taken as usual."""


def fresh_within_two_batches(every: str) -> dg.FreshnessPolicy:
    """Return the policy of what is made anew with each batch: two windows without are too many.

    Parameters
    ----------
    every : str
        Length of a batch, as in task.yaml; one of :data:`WINDOW`.
    """
    window = WINDOW[every]
    return dg.FreshnessPolicy.time_window(fail_window=2 * window, warn_window=1.25 * window)
