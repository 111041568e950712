"""Whether the models still are what they were, apart from whether the data is."""

import warnings

import dagster as dg

from resources.dagster.partitions import batches
from resources.store.given import GivenWarehouse
from resources.store.tables import CANARY
from resources.task.task import Task

TOLD_ONLY = ("the_models_are_the_same",)
"""Checks that may fail as an error and hold nothing back."""


def the_models_are_the_same(task: Task) -> dg.AssetChecksDefinition:
    """Build the check.

    A model that is proven to have changed is an error, another fingerprint alone or a round that
    says nothing a warning. Neither holds anything back: a vote counts for what reviews say it is
    worth, and labels that suffer raise the alarm of accuracy.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # as in expectations.suite
        spec = dg.AssetCheckSpec(
            "the_models_are_the_same",
            asset=CANARY.asset(task.name),
            description="Every prompt answers the canary as it did in its first round.",
            partitions_def=batches(task),
        )

    @dg.multi_asset_check(name=f"{task.name}_canary", specs=[spec])
    def the_models_are_the_same(
        context: dg.AssetCheckExecutionContext, warehouse: GivenWarehouse
    ) -> dg.AssetCheckResult:
        from labeling.llm.canary.finding import diagnose

        batch = context.partition_key
        found = warehouse.rows("expectations.canary.newest", batch=batch)
        alarms = warehouse.column("expectations.canary.alarms", batch=batch)
        complete = [row for row in found if row["why"] is None]
        changed = any(row["changed"] for row in complete)
        odd = [row for row in found if row["changed"] or row["fingerprint_changed"] or row["why"]]
        verdict = "the canary was not asked"
        if complete:
            verdict = diagnose(changed, any(alarms))
        elif found:
            verdict = "whether a model changed is not known"
        told = [row["verdict"] for row in odd]
        return dg.AssetCheckResult(
            asset_key=CANARY.asset(task.name),
            check_name="the_models_are_the_same",
            passed=not odd,
            severity=dg.AssetCheckSeverity.ERROR if changed else dg.AssetCheckSeverity.WARN,
            description=". ".join([*told, verdict[:1].upper() + verdict[1:]]) + ".",
            metadata={"voters": len(found), "diagnosis": verdict},
        )

    return the_models_are_the_same
