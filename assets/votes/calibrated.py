"""Confidences of voters, made to mean what they say on the audits of earlier batches."""

import pyarrow as pa

from resources.store.warehouse import Warehouse

COLUMNS = ("item_id", "voter", "label", "confidence")


def calibrated(warehouse: Warehouse, batch: str, votes: pa.Table) -> pa.Table:
    """Return the votes with calibrated ``confidence``, the ``stated`` one, and whether it was.

    The audit of the batch itself is never read, so that it can judge the outcome.
    """
    from labeling.llm.confidence.calibration import calibrate

    versions = sorted({str(version) for version in votes["version"].to_pylist()})
    known = warehouse.read("votes.calibrated.reviewed", batch=batch, versions=versions)
    pairs = zip(known["item_id"].to_pylist(), known["gold"].to_pylist(), strict=True)
    gold = {str(item): str(label) for item, label in pairs}
    now = votes.select(COLUMNS)
    told = calibrate(
        pa.concat_tables([known.select(COLUMNS), now.cast(known.select(COLUMNS).schema)]), gold
    )
    told = told.slice(known.num_rows)
    at = votes.schema.get_field_index("confidence")
    return (
        votes.set_column(at, "confidence", told["confidence"])
        .append_column("stated", votes["confidence"].cast(pa.float64()))
        .append_column("calibrated", told["calibrated"])
    )
