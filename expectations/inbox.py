"""Whether every file that arrived can be read."""

import dagster as dg

from labeling.counted import counted
from resources.store.given import GivenWarehouse
from resources.store.tables import ARRIVALS
from resources.task.task import Task


def every_file_can_be_read(task: Task) -> dg.AssetChecksDefinition:
    """Build the check; a file set aside as a whole waits to be mended, others go on."""

    @dg.asset_check(
        asset=ARRIVALS.asset(task.name),
        name="every_file_can_be_read",
        description="No file is set aside as a whole.",
    )
    def every_file_can_be_read(warehouse: GivenWarehouse) -> dg.AssetCheckResult:
        broken = warehouse.rows("expectations.inbox.broken_files")
        lines = [f"- `{row['file']}`: {row['reason']}" for row in broken]
        return dg.AssetCheckResult(
            passed=not broken,
            severity=dg.AssetCheckSeverity.WARN,
            description=(
                f"{counted(len(broken), 'file is', 'files are')} set aside as a whole, the others go on: mend them where they "
                f"lie and run again (`touchstone quarantine {task.name}`)."
                if broken
                else None
            ),
            metadata={
                "files": len(broken),
                "which": dg.MetadataValue.md("\n".join(lines) or "none"),
            },
        )

    return every_file_can_be_read
