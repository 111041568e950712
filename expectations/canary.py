"""Whether the models still are what they were, apart from whether the data is."""

import warnings

import dagster as dg

from resources.dagster.partitions import batches
from resources.store.tables import CANARY, DRIFT
from resources.store.warehouse import Warehouse
from resources.task.task import Task

NEWEST = """
select voter, why, changed, fingerprint_changed, verdict from quality.canary
where batch = ? qualify row_number() over (partition by voter order by asked_at desc, round desc) = 1
order by voter
"""
"""Each voter's newest round with a batch: a round by the clock tells more than the one before it."""

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
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse
    ) -> dg.AssetCheckResult:
        from labeling.llm.canary_finding import diagnose

        batch = context.run.tags["dagster/partition"]
        warehouse.ensure(CANARY, DRIFT)
        found = warehouse.read(NEWEST, [batch]).to_pylist()
        alarms = warehouse.read("select alarm from quality.drift where batch = ?", [batch])
        complete = [row for row in found if row["why"] is None]
        changed = any(row["changed"] for row in complete)
        odd = [row for row in found if row["changed"] or row["fingerprint_changed"] or row["why"]]
        verdict = "the canary was not asked"
        if complete:
            verdict = diagnose(changed, any(alarms["alarm"].to_pylist()))
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
