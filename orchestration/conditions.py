"""When an asset may run by itself, and how old it may become."""

from datetime import timedelta

import dagster as dg

_inputs_changed = dg.AutomationCondition.any_deps_updated().since_last_handled()
_nothing_under_way = (
    ~dg.AutomationCondition.any_deps_in_progress() & ~dg.AutomationCondition.in_progress()
)

when_inputs_settle = (
    _inputs_changed
    & _nothing_under_way
    & ~dg.AutomationCondition.any_deps_missing().allow(
        dg.AssetSelection.groups("staging", "marts", "published")
    )
).with_label("when_inputs_settle")
"""Inputs changed since it was made, and no run that makes them is waiting or under way.

For what is made of all batches: a batch that is missing or unsound must not hold back the others,
only a mart that was never built.
"""

when_inputs_are_clean = (
    _inputs_changed
    & _nothing_under_way
    & ~dg.AutomationCondition.any_deps_missing()
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("when_inputs_are_clean")
"""As above, and no input is missing and every blocking check on them passed."""

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
