"""When an asset may run by itself."""

import dagster as dg

when_inputs_are_clean = (
    dg.AutomationCondition.any_deps_updated()
    & ~dg.AutomationCondition.any_deps_missing()
    & ~dg.AutomationCondition.any_deps_in_progress()
    & ~dg.AutomationCondition.in_progress()
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("when_inputs_are_clean")
"""Inputs changed, none is missing or being made, and every blocking check on them passed."""
