"""The items that measure: drawn at random, with known probabilities, before anybody looks."""

import zlib
from dataclasses import dataclass
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import by_batch
from labeling.sampling.audits.audit import AuditSample, continue_audit, draw_audit
from labeling.sampling.audits.design import AuditDesign, design_audit
from resources.pilots.store import PilotStore
from resources.reviews.drawn import drawn_in
from resources.reviews.store import ReviewStore
from resources.store.given import GivenWarehouse
from resources.store.tables import AUDIT_DESIGN, AUDIT_SAMPLE, RELEASED
from resources.store.warehouse import Warehouse
from resources.task.task import Task

PROOF_BATCHES = 20
"""The newest audited batches that have to show that predicted errors rank the real ones."""


def audit_sample(task: Task) -> dg.AssetsDefinition:
    """Declare the audit sample of ``task``."""

    @by_batch(task, AUDIT_SAMPLE, deps=[RELEASED])
    def audit_sample(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """A random sample of the batch's released labels, in the order it was drawn.

        Doubtful labels are drawn more often once earlier audits have proven that doubt ranks
        errors; until then all alike. A design stands as long as the same items are labelled.
        """
        return dg.MaterializeResult(metadata=draw(task, warehouse, context.partition_key))

    return audit_sample


def draw(task: Task, warehouse: Warehouse, batch: str) -> dict[str, Any]:
    """Draw the sample of a batch, or the same again, and return what is worth telling of it."""
    items = warehouse.read("people.audit.labelled", batch=batch)
    seed = zlib.crc32(f"{task.name} {batch} {task.spec.demo.seeds.audit}".encode())
    tried = PilotStore(task.pilots).chosen_in(batch)
    drawn = _draw(task, warehouse, batch, items, seed)
    # what chose prompts measures no labels; an audit that was drawn before it and has none of it stands
    if tried and (not drawn.kept or tried & {drawn.ids[at] for at in drawn.sample.item}):
        left = [one not in tried for one in items["item_id"].to_pylist()]
        drawn = _draw(task, warehouse, batch, items.filter(pa.array(left, pa.bool_())), seed)
    ids, sample = drawn.ids, drawn.sample
    own = sample.n_drawn
    sample = continue_audit(sample, _drawn_elsewhere(task, batch, ids))
    rows = _design_rows(batch, ids, drawn.design, drawn.doubt, drawn.kind)
    warehouse.replace_batch(AUDIT_DESIGN, batch, rows)
    warehouse.replace_batch(AUDIT_SAMPLE, batch, _sample_rows(batch, ids, sample))
    return {
        "dagster/partition_row_count": sample.n_drawn,
        "population": len(ids),
        "seed": seed,
        "design": drawn.kind,
        "strata": len(drawn.design.planned),
        "drawn_elsewhere": sample.n_drawn - own,
    }


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A sample of items, how it was drawn, and whether it was so before."""

    ids: list[str]
    doubt: NDArray[np.float64]
    design: AuditDesign
    kind: str
    sample: AuditSample
    kept: bool


def _draw(task: Task, warehouse: Warehouse, batch: str, items: pa.Table, seed: int) -> _Drawn:
    ids = [str(i) for i in items["item_id"].to_pylist()]
    doubt = np.clip(items["doubt"].to_numpy().astype(np.float64), 0.0, 1.0)
    kept = _kept(warehouse, batch, ids, seed)
    if kept is None:
        design, kind = _design(task, warehouse, batch, doubt)
    else:
        design, doubt, kind = kept
    sample = draw_audit(ids, task.spec.audit.per_batch, seed, design=design)
    return _Drawn(ids, doubt, design, kind, sample, kept is not None)


def _drawn_elsewhere(task: Task, batch: str, ids: list[str]) -> list[int]:
    """Tell which labelled items of a batch people declared to be drawn at random."""
    if not task.reviews.exists():
        return []
    place = {item_id: at for at, item_id in enumerate(ids)}
    store = ReviewStore(task.reviews, kind=task.kind)
    try:
        return [place[one] for one in drawn_in(store, batch) if one in place]
    finally:
        store.close()


def _kept(
    warehouse: Warehouse, batch: str, ids: list[str], seed: int
) -> tuple[AuditDesign, NDArray[np.float64], str] | None:
    """Return the design the batch was drawn with, if it was drawn from the same items."""
    before = warehouse.read("people.audit.design", batch=batch, seed=seed)
    if before["item_id"].to_pylist() != ids or not ids:
        return None
    stratum = before["stratum"].to_numpy().astype(np.int64)
    planned = np.zeros(int(stratum.max()) + 1, dtype=np.int64)
    planned[stratum] = before["planned"].to_numpy()
    kind = str(before["design"][0].as_py())
    return AuditDesign(stratum, planned), before["predicted_error"].to_numpy(), kind


def _design(
    task: Task, warehouse: Warehouse, batch: str, doubt: NDArray[np.float64]
) -> tuple[AuditDesign, str]:
    """Stratify by doubt where reviews of earlier batches prove that it ranks errors."""
    from labeling.quality.gain import UNPROVEN, proven_gain

    wanted = task.spec.audit.per_batch
    gain = UNPROVEN
    if task.spec.audit.design == "proven":
        seen = warehouse.read("people.audit.proof", batch=batch, most=PROOF_BATCHES)
        said, found = (list(map(str, seen[name].to_pylist())) for name in ("label", "gold"))
        wrong = task.kind.differ(said, found, task.classes)
        gain = proven_gain(seen["predicted_error"].to_numpy(), wrong)
    if gain.proven or task.spec.audit.design == "stratified":
        return design_audit(doubt, wanted), "stratified"
    strata = np.full(min(len(doubt), 1), max(wanted, 1), dtype=np.int64)
    return AuditDesign(np.zeros(len(doubt), np.int64), strata), "uniform"


def _design_rows(
    batch: str, ids: list[str], design: AuditDesign, doubt: NDArray[np.float64], kind: str
) -> pa.Table:
    return pa.Table.from_pydict(
        {
            "item_id": pa.array(ids, pa.string()),
            "batch": pa.array([batch] * len(ids), pa.string()),
            "stratum": design.stratum.astype(np.int32),
            "planned": design.planned[design.stratum],
            "predicted_error": doubt,
            "design": pa.array([kind] * len(ids), pa.string()),
        }
    )


def _sample_rows(batch: str, ids: list[str], sample: AuditSample) -> pa.Table:
    n = sample.n_drawn
    return pa.Table.from_pydict(
        {
            "item_id": pa.array([ids[i] for i in sample.item], pa.string()),
            "batch": pa.array([batch] * n, pa.string()),
            "draw": np.arange(1, n + 1, dtype=np.int32),
            "probability": sample.probability,
            "draw_probability": sample.draw_probability,
            "stratum": sample.stratum.astype(np.int32),
            "population": np.full(n, len(ids), dtype=np.int64),
            "seed": np.full(n, sample.seed, dtype=np.int64),
        }
    )
