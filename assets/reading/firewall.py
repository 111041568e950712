"""Gold for whoever learns, with the audit of what is judged left out; the one door to it."""

import numpy as np
import pyarrow as pa

from labeling.quality.firewall import Firewall, GoldRows
from resources.store.session import Session
from resources.store.warehouse import Warehouse


def wall_before(db: Session, batch: str) -> Firewall:
    """Return the firewall around all gold, for labels of ``batch`` and what comes after it."""
    rows = db.read("reading.firewall.gold")
    names = ("item_id", "batch", "label", "origin")
    item_id, of, label, origin = (np.array(rows[n].to_pylist(), dtype=np.str_) for n in names)
    gold = GoldRows(
        item_id,
        of,
        label,
        origin,
        rows["probability"].to_numpy(zero_copy_only=False).astype(np.float64),
    )
    return Firewall(gold, {str(name) for name in np.unique(gold.batch) if name >= batch})


def may_teach(db: Session, batch: str, rows: pa.Table, used_by: str) -> pa.Table:
    """Keep the rows (with an ``item_id``) that may teach labels of ``batch``.

    Raises
    ------
    GoldError
        If a withheld item is left: that cannot happen, and must not go unseen if it does.
    """
    wall = wall_before(db, batch)
    ids, withheld = rows["item_id"].to_pylist(), wall.withheld
    kept = rows.filter(pa.array([item not in withheld for item in ids], pa.bool_()))
    wall.check([str(item) for item in kept["item_id"].to_pylist()], used_by)
    return kept


def teaching_gold(warehouse: Warehouse, batch: str, used_by: str) -> pa.Table:
    """Return gold of earlier batches for few-shot examples, thresholds and suggestions.

    Parameters
    ----------
    warehouse : Warehouse
    batch : str
        The batch that is about to be labelled; its own audit, and that of later ones, is withheld.
    used_by : str
        Who learns from it, for the message of a leak: ``few-shot examples of llm/judge``.

    Returns
    -------
    Arrow table
        item_id, batch, text, image, label, origin (audit or queue); ordered by batch and item.
    """
    with warehouse.connect() as db:
        rows = db.read("reading.firewall.gold_with_texts", batch=batch)
        return may_teach(db, batch, rows, used_by)
