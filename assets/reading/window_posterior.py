"""What the label model believes of a whole window: kept when it is fitted, for whoever needs it next."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.reading.votes import Window
from resources.task.task import Task

if TYPE_CHECKING:  # scipy takes half a second to import, and who only reads does not fit
    from labeling.consensus.label_model import LabelModel
    from labeling.consensus.several.label_model import SeveralLabelModel


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A label model, and what it believes of the window's units, shape (n_units, n_answers)."""

    model: "LabelModel | SeveralLabelModel"
    posterior: NDArray[np.float64]


_LAST: dict[str, NDArray[np.float64]] = {}
"""What the last consensus of this process believed, by what it was made from: a store would take
longer to write it down than the label model takes to be fitted again."""


def fit_label_model(task: Task, window: Window) -> Fitted:
    """Fit the label model on the window's votes and the audit gold of earlier batches."""
    from labeling.consensus.label_model import LabelModel
    from labeling.consensus.several.label_model import SeveralLabelModel
    from labeling.consensus.several.silence import with_silence

    gold = window.audit if window.audit.n_gold else None
    questions, voters = task.kind.questions(task.classes), window.voters or ["nobody"]
    if len(questions) > 1:
        several = SeveralLabelModel(
            len(questions),
            class_balance=_balance(task),
            voter_names=voters,
            question_names=questions,
        ).fit(window.votes, window.units, gold)
        posterior = several.predict_proba(window.votes, window.units)
        return Fitted(
            several, with_silence(posterior, window.votes, window.units, gold, _balance(task))
        )
    model = LabelModel(len(task.classes), class_balance=_balance(task), voter_names=voters)
    model.fit(window.votes, gold)
    return Fitted(model, model.predict_proba(window.votes))


def keep(task: Task, window: Window, posterior: NDArray[np.float64]) -> None:
    """Keep the posterior of the window, of shape (n_units, n_answers), in the place of the last one."""
    _LAST.clear()
    _LAST[_made_from(task, window)] = posterior


def window_posterior(task: Task, window: Window) -> NDArray[np.float64]:
    """Return what the label model believes, shape (n_units, n_answers); fit it if that is not kept.

    It is not where the last consensus of this process was made of other votes, gold or settings than
    these.
    """
    kept = _LAST.get(_made_from(task, window))
    return fit_label_model(task, window).posterior if kept is None else kept


def _balance(task: Task) -> NDArray[np.float64] | None:
    balance = task.spec.class_balance
    return None if balance is None else np.array([balance[name] for name in task.classes])


def _made_from(task: Task, window: Window) -> str:
    """Hash all that the label model is fitted on."""
    votes, gold = window.votes, window.audit
    digest = hashlib.sha256(
        repr((task.kind.meaning(), task.classes, window.voters, votes.n_items)).encode()
    )
    arrays = (votes.item, votes.voter, votes.label, votes.confidence)
    for array in (*arrays, gold.item, gold.label, gold.probability, _balance(task)):
        digest.update(b"none" if array is None else np.ascontiguousarray(array).data)
        digest.update(b"|")
    return digest.hexdigest()[:32]
