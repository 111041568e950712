"""What the label model believes of a whole window: kept when it is fitted, for whoever needs it next."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.reading.opinions import as_lists, as_matrix
from assets.reading.votes import Window
from resources.store.tables import WINDOW_POSTERIORS
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:  # scipy takes half a second to import, and who only reads does not fit
    from labeling.consensus.label_model import LabelModel


def fit_label_model(task: Task, window: Window) -> "LabelModel":
    """Fit the label model on the window's votes and the audit gold of earlier batches."""
    from labeling.consensus.label_model import LabelModel

    model = LabelModel(
        len(task.classes), class_balance=_balance(task), voter_names=window.voters or ["nobody"]
    )
    return model.fit(window.votes, window.audit if window.audit.n_gold else None)


def keep(
    task: Task, warehouse: Warehouse, batch: str, window: Window, posterior: NDArray[np.float64]
) -> None:
    """Write the posterior of the window, of shape (n_items, n_classes), in the place of the last one."""
    n = len(posterior)
    rows = pa.Table.from_pydict(
        {
            "batch": pa.array([batch] * n, pa.string()),
            "item": pa.array(range(n), pa.int64()),
            "posterior": as_lists(posterior),
            "made_from": pa.array([_made_from(task, window)] * n, pa.string()),
        }
    )
    warehouse.replace({WINDOW_POSTERIORS: rows})


def window_posterior(task: Task, warehouse: Warehouse, window: Window) -> NDArray[np.float64]:
    """Return what the label model believes, shape (n_items, n_classes); fit it if that is not kept.

    It is not where the last consensus was made of other votes, gold or settings than these.
    """
    rows = warehouse.read("reading.window_posterior.kept", made_from=_made_from(task, window))
    if rows.num_rows == window.votes.n_items:
        return as_matrix(rows["posterior"], len(task.classes))
    return fit_label_model(task, window).predict_proba(window.votes)


def _balance(task: Task) -> NDArray[np.float64] | None:
    balance = task.spec.class_balance
    return None if balance is None else np.array([balance[name] for name in task.classes])


def _made_from(task: Task, window: Window) -> str:
    """Hash all that the label model is fitted on."""
    votes, gold = window.votes, window.audit
    digest = hashlib.sha256(repr((task.classes, window.voters, votes.n_items)).encode())
    arrays = (votes.item, votes.voter, votes.label, votes.confidence)
    for array in (*arrays, gold.item, gold.label, gold.probability, _balance(task)):
        digest.update(b"none" if array is None else np.ascontiguousarray(array).data)
        digest.update(b"|")
    return digest.hexdigest()[:32]
