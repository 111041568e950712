"""Audited batches read back from the warehouse: what accuracy, alarms and diagnosis start from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.reading.said import Said, Votes
from labeling.quality.estimates.labelled import MISSING, Codes, LabelledBatch
from labeling.quality.spans.mistakes import SpanMistakes
from labeling.sampling.audits.design import AuditDesign
from resources.store.warehouse import Warehouse
from resources.task.task import Task

PART = 200_000
"""Items that are read at once, with all votes on them, unless a batch has more."""


@dataclass(frozen=True)
class Audit:
    """One batch as the engine wants it, and beside it what else is known of its items.

    Parameters
    ----------
    batch : LabelledBatch
        Released labels, design, draws and gold.
    answers : tuple of str
        The text of each answer; the classes first.
    item_ids : Arrow array of length n_items
        In the order of the engine's item indices.
    consensus : int array of shape (n_items,)
        Label of the consensus alone; MISSING where it is undecided.
    consensus_confidence : float array of shape (n_items,)
        Its posterior, 0..1; NaN where it is undecided.
    confidence, predicted_error : float arrays of shape (n_items,)
        Of the released label now, and as it was when the sample was drawn; 0..1.
    votes : Votes
        Of each voter.
    """

    batch: LabelledBatch
    item_ids: pa.Array
    consensus: Codes
    consensus_confidence: NDArray[np.float64]
    confidence: NDArray[np.float64]
    predicted_error: NDArray[np.float64]
    answers: tuple[str, ...]
    votes: Votes


class VotesOfAll(Mapping[str, list[Codes]]):
    """What each voter said in each of some batches, laid out one voter after another."""

    def __init__(self, audits: Sequence[Audit]) -> None:
        self._audits = audits
        self._names = sorted({voter for audit in audits for voter in audit.votes})

    def __getitem__(self, voter: str) -> list[Codes]:
        return [audit.votes.of(voter) for audit in self._audits]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def batches_before(warehouse: Warehouse, batch: str, n: int | None = None) -> list[str]:
    """Name the batch and the released ones just before it: at most ``n``, all without it."""
    names = warehouse.column("reading.audited.batches_until", batch=batch)
    return names if n is None else names[-n:]


def read_audits(task: Task, warehouse: Warehouse, batches: Sequence[str]) -> list[Audit]:
    """Read some batches, in the order of time; a batch without a released label is left out."""
    parts = [list(batches)]
    if len(batches) > 1 and not task.kind.composed(task.classes):  # else answers are told together
        with warehouse.connect() as db:
            parts = _in_parts(db.tuples("reading.audited.sizes", batches=list(batches)))
    return [audit for part in parts for audit in _read(task, warehouse, part)]


def _in_parts(sizes: Sequence[tuple[str, int]]) -> list[list[str]]:
    parts: list[list[str]] = []
    held = 0
    for batch, n in sizes:
        if not parts or held + n > PART:
            parts.append([])
            held = 0
        parts[-1].append(batch)
        held += n
    return parts


def _read(task: Task, warehouse: Warehouse, batches: list[str]) -> list[Audit]:
    with warehouse.connect() as db:
        items = db.read("reading.audited.items", batches=batches)
        votes = db.read("reading.audited.votes", batches=batches)
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
    ids = pa.array([], pa.string())
    return Audit(audited, ids, nothing, sure, sure, sure, task.classes, Votes(0, {}))


def _by_batch(rows: pa.Table) -> dict[str, pa.Table]:
    keys = rows["batch"].combine_chunks().dictionary_encode()
    of = keys.indices.to_numpy()
    return {str(key): rows.filter(pa.array(of == n)) for n, key in enumerate(keys.dictionary)}


def _audit(
    task: Task, batch: str, rows: pa.Table, votes: pa.Table | None, answers: tuple[str, ...]
) -> Audit:
    ids = rows["item_id"].combine_chunks()
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
    return Audit(
        audited,
        ids,
        codes(rows["consensus"], answers),
        rows["consensus_confidence"].to_numpy(zero_copy_only=False).astype(np.float64),
        rows["confidence"].to_numpy(zero_copy_only=False).astype(np.float64),
        np.clip(rows["predicted_error"].to_numpy(zero_copy_only=False).astype(float), 0, 1),
        answers,
        Votes(len(ids), {} if votes is None else _said(votes, ids, answers)),
    )


def _said(rows: pa.Table, ids: pa.Array, answers: tuple[str, ...]) -> dict[str, Said]:
    at, said = codes(rows["item_id"], ids), codes(rows["label"], answers)
    voter, version = (
        rows[name].combine_chunks().dictionary_encode() for name in ("voter", "version")
    )
    who, which = (column.indices.to_numpy() for column in (voter, version))
    names = [str(name) for name in voter.dictionary.to_pylist()]
    found: dict[str, Said] = {}
    for number, name in sorted(enumerate(names), key=lambda pair: pair[1]):
        mine = np.flatnonzero((who == number) & (at >= 0))
        versions = {
            str(version.dictionary[one]): np.flatnonzero(which[mine] == one)
            for one in np.unique(which[mine]).tolist()
        }
        found[name] = Said(at[mine], said[mine], versions)
    return found


def codes(names: pa.ChunkedArray, classes: Sequence[str] | pa.Array) -> Codes:
    """Turn names into indices; MISSING for null and for what is no class any more."""
    known = classes if isinstance(classes, pa.Array) else pa.array(classes, pa.string())
    found = pc.index_in(names, value_set=known)
    return found.fill_null(MISSING).to_numpy().astype(np.int32)
