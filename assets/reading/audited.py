"""Audited batches read back from the warehouse: what accuracy, alarms and diagnosis start from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from labeling.quality.estimates.labelled import MISSING, Codes, LabelledBatch
from labeling.quality.spans.mistakes import SpanMistakes
from labeling.sampling.audits.design import AuditDesign
from resources.store.warehouse import Warehouse
from resources.task.task import Task


@dataclass(frozen=True)
class Audit:
    """One batch as the engine wants it, and beside it what else is known of its items.

    Parameters
    ----------
    batch : LabelledBatch
        Released labels, design, draws and gold.
    answers : tuple of str
        The text of each answer; the classes first.
    item_ids : object array of shape (n_items,)
        In the order of the engine's item indices.
    consensus : int array of shape (n_items,)
        Label of the consensus alone; MISSING where it is undecided.
    consensus_confidence : float array of shape (n_items,)
        Its posterior, 0..1; NaN where it is undecided.
    confidence, predicted_error : float arrays of shape (n_items,)
        Of the released label now, and as it was when the sample was drawn; 0..1.
    votes : dict of voter to int array of shape (n_items,)
        MISSING for an abstention.
    versions : dict of voter to its versions, each with the items it voted on
    """

    batch: LabelledBatch
    item_ids: NDArray[np.object_]
    consensus: Codes
    consensus_confidence: NDArray[np.float64]
    confidence: NDArray[np.float64]
    predicted_error: NDArray[np.float64]
    answers: tuple[str, ...] = ()
    votes: dict[str, Codes] = field(default_factory=dict)
    versions: dict[str, dict[str, NDArray[np.bool_]]] = field(default_factory=dict)

    def vote_of(self, voter: str, version: str | None = None) -> Codes:
        """Return what a voter (in one version) said; MISSING everywhere if it said nothing."""
        silent = np.full(len(self.item_ids), MISSING, dtype=np.int32)
        said = self.votes.get(voter, silent)
        if version is None:
            return said
        spoke = self.versions.get(voter, {}).get(version)
        return silent if spoke is None else np.where(spoke, said, MISSING).astype(np.int32)


def batches_before(warehouse: Warehouse, batch: str, n: int | None = None) -> list[str]:
    """Name the batch and the released ones just before it: at most ``n``, all without it."""
    names = warehouse.column("reading.audited.batches_until", batch=batch)
    return names if n is None else names[-n:]


def read_audits(task: Task, warehouse: Warehouse, batches: Sequence[str]) -> list[Audit]:
    """Read some batches, in the order of time; a batch without a released label is left out."""
    with warehouse.connect() as db:
        items = db.read("reading.audited.items", batches=list(batches))
        votes = db.read("reading.audited.votes", batches=list(batches))
    answers = answers_in(
        task, *(items[name] for name in ("label", "consensus", "gold")), votes["label"]
    )
    voted = _by_batch(votes)
    return [
        _audit(task, batch, rows, voted.get(batch), answers)
        for batch, rows in sorted(_by_batch(items).items())
        if rows.num_rows
    ]


def answers_in(task: Task, *columns: pa.ChunkedArray) -> tuple[str, ...]:
    """Return the classes, and behind them what else was answered where answers are no classes."""
    if not task.kind.composed(task.classes):
        return task.classes
    said = {str(text) for column in columns for text in column.unique().drop_null().to_pylist()}
    return (*task.classes, *sorted(said.difference(task.classes)))


def unlabelled(task: Task, batch: str) -> Audit:
    """Return a batch without a released label: it has nothing to audit, and is no reason to stop."""
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int32)
    design = AuditDesign(none, np.ones(1, dtype=np.int64))
    sure = np.empty(0, dtype=np.float64)
    naming = task.kind.naming(task.classes, task.classes)
    audited = LabelledBatch(batch, nothing, design, none, nothing, len(task.classes), naming=naming)
    return Audit(audited, np.empty(0, dtype=object), nothing, sure, sure, sure, task.classes)


def _by_batch(rows: pa.Table) -> dict[str, pa.Table]:
    keys = rows["batch"].combine_chunks().dictionary_encode()
    of = keys.indices.to_numpy()
    return {str(key): rows.filter(pa.array(of == n)) for n, key in enumerate(keys.dictionary)}


def _audit(
    task: Task, batch: str, rows: pa.Table, votes: pa.Table | None, answers: tuple[str, ...]
) -> Audit:
    ids = rows["item_id"].to_numpy(zero_copy_only=False)
    stratum = rows["stratum"].to_numpy().astype(np.int64)
    draw = rows["draw"].to_numpy(zero_copy_only=False).astype(np.float64)
    drawn = np.argsort(draw, kind="stable")[: int((~np.isnan(draw)).sum())]
    planned = np.zeros(int(stratum.max()) + 1, dtype=np.int64)
    np.maximum.at(planned, stratum, rows["planned"].to_numpy().astype(np.int64))
    if not planned.any():  # drawn before designs were kept: all alike
        planned[:] = max(len(drawn), 1)
    gold = codes(rows["gold"], answers)
    audited = LabelledBatch(
        batch,
        codes(rows["label"], answers),
        AuditDesign(stratum, np.maximum(planned, 1)),
        drawn,
        gold[drawn],
        len(answers),
        partial(task.kind.wrong, answers=answers),
        task.kind.naming(answers, task.classes),
        SpanMistakes.of(answers, task.classes).of_class if task.kind.marks_text else None,
    )
    audit = Audit(
        audited,
        ids,
        codes(rows["consensus"], answers),
        rows["consensus_confidence"].to_numpy(zero_copy_only=False).astype(np.float64),
        rows["confidence"].to_numpy(zero_copy_only=False).astype(np.float64),
        np.clip(rows["predicted_error"].to_numpy(zero_copy_only=False).astype(float), 0, 1),
        answers,
    )
    if votes is not None:
        _add_votes(audit, votes)
    return audit


def _add_votes(audit: Audit, rows: pa.Table) -> None:
    n = len(audit.item_ids)
    at = codes(rows["item_id"], audit.item_ids)
    said = codes(rows["label"], audit.answers)
    voter, version = (
        rows[name].combine_chunks().dictionary_encode() for name in ("voter", "version")
    )
    who, which = (column.indices.to_numpy() for column in (voter, version))
    names = [str(name) for name in voter.dictionary.to_pylist()]
    for number, name in sorted(enumerate(names), key=lambda pair: pair[1]):
        mine = np.flatnonzero((who == number) & (at >= 0))
        given = np.full(n, MISSING, dtype=np.int32)
        given[at[mine]] = said[mine]
        audit.votes[name] = given
        for one in np.unique(which[mine]).tolist():
            spoke = np.zeros(n, dtype=np.bool_)
            spoke[at[mine[which[mine] == one]]] = True
            audit.versions.setdefault(name, {})[str(version.dictionary[one])] = spoke


def codes(names: pa.ChunkedArray, classes: Sequence[str] | NDArray[np.object_]) -> Codes:
    """Turn names into indices; MISSING for null and for what is no class any more."""
    found = pc.index_in(names, value_set=pa.array(classes, pa.string()))
    return found.fill_null(MISSING).to_numpy().astype(np.int32)
