"""The alarm, as a check of the drift of a batch."""

import math
import warnings

import dagster as dg

from assets.tables import DRIFT
from orchestration.partitions import batches
from orchestration.resources.warehouse import Warehouse
from orchestration.task.task import Task


def accuracy_has_not_drifted(task: Task) -> dg.AssetChecksDefinition:
    """Build the check; it holds publication back if the task says so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # as in expectations.suite
        spec = dg.AssetCheckSpec(
            "accuracy_has_not_drifted",
            asset=DRIFT.key(task.name),
            description="No proof, at the stated false-alarm rate, that accuracy fell below the promise.",
            blocking=task.spec.alarm.holds_publication,
            partitions_def=batches(task),
        )

    @dg.multi_asset_check(name=f"{task.name}_alarm", specs=[spec])
    def accuracy_has_not_drifted(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse
    ) -> dg.AssetCheckResult:
        batch = context.run.tags["dagster/partition"]
        row = warehouse.read(
            "select alarm, log_evidence, log_limit, change_batch from quality.drift where batch = ?",
            [batch],
        ).to_pylist()[0]
        evidence = row["log_evidence"] if row["log_evidence"] is not None else -math.inf
        promise = task.spec.alarm.accuracy_at_least
        return dg.AssetCheckResult(
            asset_key=DRIFT.key(task.name),
            check_name="accuracy_has_not_drifted",
            passed=not row["alarm"],
            severity=dg.AssetCheckSeverity.ERROR
            if task.spec.alarm.holds_publication
            else dg.AssetCheckSeverity.WARN,
            description=(
                f"Accuracy has fallen below {promise:.0%}, most likely since {row['change_batch']}."
                if row["alarm"]
                else f"No proof that accuracy is below {promise:.0%}."
            ),
            metadata={"log_evidence": evidence, "limit": float(row["log_limit"])},
        )

    return accuracy_has_not_drifted
