"""Whether the models still are what they were, apart from whether the data is."""

import warnings

import dagster as dg

from assets.tables import CANARY, DRIFT
from orchestration.partitions import batches
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task


def the_models_are_the_same(task: Task) -> dg.AssetChecksDefinition:
    """Build the check; a changed model is told, and holds nothing back: its votes are measured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # as in expectations.suite
        spec = dg.AssetCheckSpec(
            "the_models_are_the_same",
            asset=CANARY.key(task.name),
            description="Every prompt answers the canary as it did in its first round.",
            partitions_def=batches(task),
        )

    @dg.multi_asset_check(name=f"{task.name}_canary", specs=[spec])
    def the_models_are_the_same(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse
    ) -> dg.AssetCheckResult:
        from labeling.llm.canary import diagnose

        batch = context.run.tags["dagster/partition"]
        warehouse.ensure(CANARY, DRIFT)
        found = warehouse.read(
            "select voter, changed, fingerprint_changed, verdict from quality.canary"
            " where batch = ? order by voter",
            [batch],
        ).to_pylist()
        alarms = warehouse.read("select alarm from quality.drift where batch = ?", [batch])
        changed = any(row["changed"] for row in found)
        renamed = any(row["fingerprint_changed"] for row in found)
        fell = any(alarms["alarm"].to_pylist())
        told = [row["verdict"] for row in found if row["changed"] or row["fingerprint_changed"]]
        verdict = diagnose(changed, fell) if found else "the canary was not asked"
        return dg.AssetCheckResult(
            asset_key=CANARY.key(task.name),
            check_name="the_models_are_the_same",
            passed=not (changed or renamed),
            severity=dg.AssetCheckSeverity.WARN,
            description=". ".join([*told, verdict[:1].upper() + verdict[1:]]) + ".",
            metadata={"voters": len(found), "diagnosis": verdict},
        )

    return the_models_are_the_same
