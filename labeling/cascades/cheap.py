"""What the cheap side says of each item, and how sure it is."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from labeling.cascades.threshold import SILENT
from labeling.consensus.counts.posterior import decided
from labeling.consensus.label_model import LabelModel
from labeling.votes import ABSTAIN, Votes


@dataclass(frozen=True, slots=True, eq=False)
class Cheap:
    """Labels of the cheap side (``None`` where it is silent) and how sure it is; shape (n_items,)."""

    label: list[str | None]
    score: NDArray[np.float64]


def of_prompt(items: Sequence[str], votes: pa.Table) -> Cheap:
    """Take one prompt for the cheap side; an answer without a confidence is the least sure of all.

    Parameters
    ----------
    items : sequence of str
        Ids.
    votes : Table
        ``item_id, label, confidence`` of that prompt.

    Examples
    --------
    >>> votes = pa.table({"item_id": ["a"], "label": ["SPAM"], "confidence": [0.8]})
    >>> of_prompt(["a", "b"], votes).score.tolist()
    [0.8, -inf]
    """
    rows = votes.select(["item_id", "label", "confidence"]).to_pylist()
    label: dict[str, str] = {row["item_id"]: row["label"] for row in rows}
    sure: dict[str, float] = {row["item_id"]: row["confidence"] or 0.0 for row in rows}
    score = np.array([sure.get(item, SILENT) for item in items], dtype=np.float64)
    return Cheap([label.get(item) for item in items], score)


def of_panel(items: Sequence[str], votes: pa.Table, classes: Sequence[str]) -> Cheap:
    """Take all voters together: the label model's posterior, made without gold.

    Gold items and the batch must be among ``items`` alike, so that both are judged by one model.

    Parameters
    ----------
    items : sequence of str
        Ids, each once.
    votes : Table
        ``item_id, voter, label``; labels are ``classes``.
    classes : sequence of str
        At least two.

    Examples
    --------
    >>> votes = pa.table({"item_id": ["a", "a", "b"], "voter": ["x", "y", "x"], "label": ["A", "A", "B"]})
    >>> of_panel(["a", "b", "c"], votes, ["A", "B"]).label
    ['A', 'B', None]
    """
    place = {item: at for at, item in enumerate(items)}
    code = {name: at for at, name in enumerate(classes)}
    voters = sorted({str(voter) for voter in votes["voter"].to_pylist()})
    column = {voter: at for at, voter in enumerate(voters)}
    matrix = np.full((len(items), max(len(voters), 1)), ABSTAIN, dtype=np.int64)
    for row in votes.to_pylist():
        matrix[place[row["item_id"]], column[row["voter"]]] = code[row["label"]]
    panel = Votes.from_matrix(matrix, n_classes=len(classes))
    posterior = LabelModel(len(classes)).fit(panel).predict_proba(panel)
    chosen: list[int] = decided(posterior, panel).tolist()
    score = np.asarray(np.round(np.max(posterior, axis=1), 9), dtype=np.float64)
    score[np.array(chosen) < 0] = SILENT
    return Cheap([str(classes[one]) if one >= 0 else None for one in chosen], score)


def of_classifier(
    probability: NDArray[np.float64],
    names: Sequence[str],
    seen: NDArray[np.bool_],
    classes: Collection[str],
) -> Cheap:
    """Take a classifier that learned from none of the items.

    Parameters
    ----------
    probability : float array of shape (n_seen, n_names)
        What it says of the items that it could look at.
    names : sequence of str
        Its classes, in the order of the columns; it is silent where the likeliest is none of ``classes``.
    seen : bool array of shape (n_items,)
        Which items those are; it is silent on the others.
    classes : collection of str
        The classes of today.

    Examples
    --------
    >>> sure, seen = np.array([[0.2, 0.8], [0.7, 0.3]]), np.array([True, False, True])
    >>> of_classifier(sure, ["A", "B"], seen, {"B", "C"}).label
    ['B', None, None]
    """
    label: list[str | None] = [None] * len(seen)
    score = np.full(len(seen), SILENT)
    for row, at in enumerate(np.flatnonzero(seen).tolist()):
        name = str(names[int(probability[row].argmax())])
        if name in classes:
            label[at], score[at] = name, round(float(probability[row].max()), 9)
    return Cheap(label, score)


def taught_before(kept: Sequence[str], gold: Sequence[str], least: int) -> str | None:
    """Choose a batch whose student is the cheap side: the newest that leaves enough gold after it.

    What a student learned from cannot tell how sure it has to be, and neither can what other students said of
    gold. So gold before the chosen batch, and of it, is given up; by numbers alone, whatever that gold says.

    Parameters
    ----------
    kept : sequence of str
        Batches whose student stands, in the order of time.
    gold : sequence of str
        The batch of each gold item.
    least : int
        Gold items that have to come after it. At least half of all have to, too.

    Returns
    -------
    str or None
        The oldest one where none leaves enough; ``None`` where no student stands.

    Examples
    --------
    >>> taught_before(["1", "2", "3"], ["1"] * 20 + ["2"] * 20 + ["3"] * 30 + ["4"] * 10, 23)
    '2'
    >>> taught_before(["1", "2", "3"], ["1"] * 20 + ["2"] * 20, 23)
    '1'
    """
    wanted = max(least, (len(gold) + 1) // 2)
    enough = [batch for batch in kept if sum(of > batch for of in gold) >= wanted]
    return enough[-1] if enough else next(iter(kept), None)


def ties_of(items: Sequence[str]) -> NDArray[np.float64]:
    """Give each item a number in [0, 1) that parts equal scores: a hash of its id.

    Examples
    --------
    >>> ties_of(["a", "a", "b"]).round(3).tolist()
    [0.791, 0.791, 0.243]
    """
    hashed = [hashlib.sha256(item.encode()).digest()[:6] for item in items]
    return np.array([int.from_bytes(one, "big") for one in hashed], dtype=np.float64) / 2**48


def drawn_alike(
    items: Sequence[str], batches: Sequence[str], probability: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Keep of each batch a sample in which every item had the same chance, shape (n_items,).

    An item that was drawn with a greater chance than the least likely one of its batch is kept with the
    least chance over its own, by a hash of its id.

    Examples
    --------
    >>> drawn_alike(["a", "b", "c"], ["1", "1", "2"], np.array([0.01, 0.5, 0.5])).tolist()
    [True, False, True]
    """
    least: dict[str, float] = {}
    for batch, chance in zip(batches, probability.tolist(), strict=True):
        least[batch] = min(chance, least.get(batch, 1.0))
    rare = np.array([least[batch] for batch in batches], dtype=np.float64)
    return ties_of([f"drawn {item}" for item in items]) < rare / probability
