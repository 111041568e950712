"""One posterior for each item, out of the votes of rules and models."""

import hashlib

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import by_batch
from assets.labels.beliefs import beliefs_of, in_dagster, write_beliefs
from assets.labels.settled import Settled
from assets.labels.span_consensus import settle_spans
from assets.reading.opinions import as_lists, sure_of
from assets.reading.votes import Window, read_window
from assets.reading.window_posterior import fit_label_model, keep
from labeling.kinds.kind import UNDECIDED
from labeling.kinds.units import Units
from labeling.votes import Votes
from resources.store.given import GivenWarehouse
from resources.store.tables import CONSENSUS, TEACHING
from resources.task.task import Task


def consensus(task: Task) -> dg.AssetsDefinition:
    """Declare the consensus of ``task``."""

    @by_batch(task, CONSENSUS, deps=TEACHING)
    def consensus(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """The label model's posterior; items without a vote, or tied, stay undecided."""
        batch = context.partition_key
        window = read_window(task, warehouse, batch)
        settled = (settle_spans if task.kind.marks_text else settle)(task, window)
        label, by_class = settled.label, settled.by_class
        decided = np.array([one is not None for one in label], dtype=np.bool_)
        version = hashlib.sha256(
            repr((settled.method, window.voters)).encode() + np.round(by_class, 12).tobytes()
        ).hexdigest()[:16]
        rows = pa.Table.from_pydict(
            {
                "item_id": window.item_ids[window.current],
                "batch": [batch] * len(label),
                "label": pa.array(label, pa.string()),
                "confidence": pa.array(settled.confidence, mask=~decided),
                "posterior": as_lists(by_class),
                "n_votes": _voters_of_each(
                    window.votes_of_batch(), window.units.only(window.current)
                ),
                "version": [version] * len(label),
                "run": [context.run.run_id] * len(label),
            }
        )
        warehouse.replace_batch(CONSENSUS, batch, rows)
        write_beliefs(warehouse, batch, settled.beliefs, version)
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": len(label),
                "decided": dg.MetadataValue.float(float(decided.mean()) if len(label) else 0.0),
                "gold_used": window.audit.n_gold,
                **settled.shown,
            }
        )

    return consensus


def settle(task: Task, window: Window) -> Settled:
    """Settle on the likeliest answer of each item of the batch.

    Of several classes that is the likeliest set, not what F1 would be best at: right is a whole set.
    Thresholds by class are applied where labels are released, to what voters and student say together.
    """
    from labeling.consensus.counts.posterior import most_probable

    fitted = fit_label_model(task, window)
    if task.spec.student.enabled:
        keep(task, window, fitted.posterior)
    votes, units = window.votes_of_batch(), window.units.only(window.current)
    posterior = fitted.posterior[window.current[window.units.item]]
    voted = np.bincount(votes.item, minlength=votes.n_items) > 0
    likeliest = np.where(task.kind.heard(units, voted), most_probable(posterior), UNDECIDED)
    label = task.kind.assemble(units, likeliest, posterior, task.classes)
    model = fitted.model
    return Settled(
        label,
        sure_of(task, units, label, posterior),
        task.kind.by_class(posterior, len(task.classes)),
        model.method_,
        beliefs_of(model, window.voters, task.classes, window.audit.n_gold),
        in_dagster(model, window.voters, task.classes),
    )


def _voters_of_each(votes: Votes, units: Units) -> NDArray[np.int32]:
    """Count who spoke of each item, on however many of its units."""
    pair = np.unique(units.item[votes.item] * votes.n_voters + votes.voter)
    return np.bincount(pair // votes.n_voters, minlength=units.n_items).astype(np.int32)
