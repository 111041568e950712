"""How many items of a batch have a label: few are told, and so are far fewer than before."""

import warnings
from typing import Any

import dagster as dg

from resources.dagster.partitions import batches
from resources.store.given import GivenWarehouse
from resources.store.tables import RELEASED
from resources.task.task import Task

MOST, AS_BEFORE = "most_items_are_labelled", "as_many_are_labelled_as_before"
SHOWN_ROWS = 20
"""Undecided items that a failed check names."""


def items_are_labelled(task: Task) -> dg.AssetChecksDefinition:
    """Build the checks of the released labels' number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)  # as in expectations.suite
        specs = [
            dg.AssetCheckSpec(
                name,
                asset=RELEASED.asset(task.name),
                description=description,
                partitions_def=batches(task),
            )
            for name, description in (
                (MOST, "Few items are undecided; where many are, this says what helps."),
                (AS_BEFORE, "The share of labelled items has not broken down, beyond chance."),
            )
            if name not in task.spec.quality.unchecked
        ]

    @dg.multi_asset_check(name=f"{task.name}_labelled", specs=specs)
    def items_are_labelled(
        context: dg.AssetCheckExecutionContext, warehouse: GivenWarehouse
    ) -> Any:
        from labeling.quality.labelled_share import labelled_share

        batch = context.partition_key
        rows = warehouse.rows("expectations.labelled.counts", batch=batch)
        count = {row["batch"]: (int(row["labelled"]), int(row["items"])) for row in rows}
        labelled, items = count.pop(batch, (0, 0))
        fall = task.spec.quality.labelled_falls_at_most
        found = labelled_share(labelled, items, list(count.values()), fall)
        undecided = warehouse.column("expectations.labelled.undecided", batch=batch)
        told = f"{items - labelled:,} of {items:,} items ({1 - found.share:.0%}) are undecided"
        many = items > 0 and 1 - found.share > task.spec.quality.undecided_warns_above
        results = (
            _result(task, MOST, not many, _few(task, told), undecided),
            _result(task, AS_BEFORE, not found.fell, _fallen(told, found), undecided, found),
        )
        yield from (r for r in results if r.check_name not in task.spec.quality.unchecked)

    return items_are_labelled


def _few(task: Task, told: str) -> str:
    ask = "" if task.spec.models is None else "; let a prompt `ask: undecided`"
    return (
        f"{told}. What is decided is published, the rest comes first in the queue. More labels: "
        f"answer the queue (`touchstone review {task.name}`){ask}; take over rules that "
        f"`touchstone rules {task.name}` proposes; or lower student.decides_from "
        f"({task.spec.student.decides_from:g})."
    )


def _fallen(told: str, found: Any) -> str:
    if found.usual is None:
        return f"{told}; there is no earlier batch to compare with."
    usual = f"{told}, in earlier batches {1 - found.usual:.0%}"
    if not found.fell:
        return f"{usual}."
    return (
        f"{usual}: voters that spoke before are silent or contradict each other. Look at what changed "
        "in the input, the rules and the models; if this is how it is from now on, raise "
        "quality.labelled_falls_at_most."
    )


def _result(
    task: Task, name: str, passed: bool, told: str, undecided: list[str], found: Any = None
) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {"undecided": len(undecided)}
    if found is not None:
        metadata |= {"share": found.share, "limit": found.limit, "chance": found.chance}
    if not passed:
        more = len(undecided) - SHOWN_ROWS
        shown = "\n".join(f"- `{item}`" for item in undecided[:SHOWN_ROWS])
        metadata["which"] = dg.MetadataValue.md(
            shown + (f"\n\nand {more:,} more" if more > 0 else "")
        )
    return dg.AssetCheckResult(
        asset_key=RELEASED.asset(task.name),
        check_name=name,
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        description=told,
        metadata=metadata,
    )
