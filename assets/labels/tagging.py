"""The student where answers are stretches of texts: a tagger, beside the voters' spans."""

import hashlib
import os
import pickle
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.labels.switches import as_rows, row_of
from assets.reading.coded import answers_in
from assets.reading.opinions import as_lists
from assets.reading.span_beliefs import certain_of, marks_of, window_spans
from assets.reading.votes import Window, read_window
from labeling.consensus.spans.said import BelievedSpans, reviewed_in
from labeling.spans import Spans
from resources.store.tables import STUDENT_OPINIONS, STUDENT_SWITCHES, STUDENT_VOTES
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:  # scikit-learn and scipy take a second to import, and only this step trains
    from labeling.student.tagger.tagger import Tagger

EARLIER = 200
"""Items of earlier batches from which on the batch itself teaches no tagger that marks it."""

LEAST = 0.6
"""Probability from which a span that only the tagger finds is given."""

SURE = 2.0
"""Standard errors that pooling must lose on gold to be left out."""


UNREAD = 0.5
"""How likely anything is held for in items that no part of a batch had learnt enough to mark."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What the tagger says of some items.

    Parameters
    ----------
    found : BelievedSpans
        Its spans in them.
    answer, holds : float arrays of shape (n_items,) and (n_items, n_classes)
        As :class:`labeling.student.tagger.tagger.Reading` has them.
    """

    found: BelievedSpans
    answer: NDArray[np.float64]
    holds: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tagged:
    """What the tagger says of the batch.

    Parameters
    ----------
    said : Said
        Of the items of the batch.
    tagger : Tagger
    out_of_time : bool
        Whether the batch taught it nothing; else it was marked by parts that did not see each other.
    n_taught : int
        Items it learnt from.
    """

    said: Said
    tagger: "Tagger"
    out_of_time: bool
    n_taught: int


def tag(task: Task, warehouse: Warehouse, batch: str, run: str) -> dict[str, Any] | None:
    """Write what a tagger says of the batch, and what it says together with the voters.

    Returns
    -------
    dict or None
        What Dagster shows; None where there was nothing to learn from.
    """
    window = read_window(task, warehouse, batch)
    if not task.spec.student.enabled or not window.current.any():
        return None
    marks, fit = marks_of(window), window_spans(task, window)
    taught = lesson(window, fit.found)
    if not taught.spans.n_spans:
        return None
    tagged = mark(task, window, taught)
    consensus = fit.found.of_items(window.current)
    on, row = pooling(task, warehouse, batch)
    both = consensus.joined(tagged.said.found, LEAST) if on else consensus
    sure = certain_of(window, fit.found)
    added = both.all_right() / np.maximum(consensus.all_right(), 1e-9)
    ids = pa.array(window.item_ids[window.current], pa.string())
    n = len(ids)
    label = tagged.said.found.answers(task.classes)
    unseen = as_lists(tagged.said.holds)
    version = hashlib.sha256(repr(label).encode()).hexdigest()[:16]
    votes = pa.Table.from_pydict(
        {
            "item_id": ids,
            "batch": pa.array([batch] * n, pa.string()),
            "voter": pa.array(["student"] * n, pa.string()),
            "version": pa.array([version] * n, pa.string()),
            "label": pa.array(label, pa.string()),
            "confidence": tagged.said.answer,
            "run": pa.array([run] * n, pa.string()),
        }
    )
    opinions = pa.Table.from_pydict(
        {
            "item_id": ids,
            "batch": pa.array([batch] * n, pa.string()),
            "unseen": unseen,
            "calibrated": unseen,
            "pooled": as_lists(np.maximum(both.presence(), sure.holds[window.current])),
            "together": pa.array(both.answers(task.classes), pa.string()),
            "together_confidence": sure.answer[window.current] * np.minimum(added, 1.0),
        }
    )
    warehouse.replace_batch(STUDENT_VOTES, batch, votes)
    warehouse.replace_batch(STUDENT_OPINIONS, batch, opinions)
    warehouse.replace_batch(STUDENT_SWITCHES, batch, as_rows(batch, [row]))
    save(task, batch, tagged)
    return {
        "dagster/partition_row_count": n,
        "looks_at": "text",
        "trained_on": tagged.n_taught,
        "gold_used": len(marks.gold.item),
        "judged": "out of time" if tagged.out_of_time else "by cross-fitting",
        "spans": tagged.said.found.spans.n_spans,
        "spans_added": both.spans.n_spans - consensus.spans.n_spans,
        "switches": dg.MetadataValue.md(f"- {row['switch']}: {row['told']}"),
    }


def lesson(window: Window, found: BelievedSpans) -> BelievedSpans:
    """Return what the window teaches: the consensus, and of reviewed items what people said."""
    gold = marks_of(window).gold
    known = gold.mask[found.spans.item]
    own = BelievedSpans(found.spans.take(~known), found.probability[~known])
    return BelievedSpans(
        own.spans.joined(gold.spans), np.concatenate([own.probability, np.ones(gold.spans.n_spans)])
    )


def mark(task: Task, window: Window, taught: BelievedSpans) -> Tagged:
    """Mark the batch by a tagger that has not seen the items it marks."""
    current = window.current
    if int((~current).sum()) >= EARLIER and taught.of_items(~current).spans.n_spans:
        tagger = _fit(task, window, taught, ~current)
        return Tagged(_said(tagger, window, current), tagger, True, int((~current).sum()))
    half = np.random.default_rng(0).permutation(len(current)) % 2 == 0
    parts: list[tuple[NDArray[np.bool_], Said]] = []
    for learns in (half, ~half):
        marks = current & ~learns
        if taught.of_items(learns).spans.n_spans and marks.any():
            parts.append((marks, _said(_fit(task, window, taught, learns), window, marks)))
    everybody = np.ones(len(current), dtype=np.bool_)
    said = _whole(parts, current, len(task.classes))
    return Tagged(said, _fit(task, window, taught, everybody), False, len(current))


def _fit(task: Task, window: Window, taught: BelievedSpans, learns: NDArray[np.bool_]) -> "Tagger":
    from labeling.consensus.spans.decoding import best_set
    from labeling.student.tagger.soft_spans import SoftSpans
    from labeling.student.tagger.tagger import Tagger

    own = taught.of_items(learns)
    apart = best_set(own.spans, own.probability)  # a tagger marks no character twice
    spans, sure = own.spans.take(apart), own.probability[apart]
    texts = [text for text, one in zip(window.texts, learns.tolist(), strict=True) if one]
    soft = SoftSpans.of(spans.item, spans.start, spans.end, spans.type, sure)
    return Tagger(task.classes).fit(texts, soft)


def _said(tagger: "Tagger", window: Window, marks: NDArray[np.bool_]) -> Said:
    texts = [text for text, one in zip(window.texts, marks.tolist(), strict=True) if one]
    read = tagger.read(texts)
    one = read.spans
    spans = Spans(one.item, one.start, one.end, one.type, len(texts), len(tagger.types))
    return Said(BelievedSpans(spans, one.probability), read.answer, read.holds)


def _whole(
    parts: list[tuple[NDArray[np.bool_], Said]], current: NDArray[np.bool_], n_types: int
) -> Said:
    """Put what was said of parts of the batch together, items numbered over the batch."""
    place, n = np.cumsum(current) - 1, int(current.sum())
    found = BelievedSpans(Spans.of([], n, n_types), np.zeros(0))
    answer, holds = np.full(n, UNREAD), np.full((n, n_types), UNREAD)
    for marks, said in parts:
        at, spans = place[np.flatnonzero(marks)], said.found.spans
        moved = Spans(at[spans.item], spans.start, spans.end, spans.type, n, n_types)
        found = BelievedSpans(
            found.spans.joined(moved), np.concatenate([found.probability, said.found.probability])
        )
        answer[at], holds[at] = said.answer, said.holds
    return Said(found, answer, holds)


def pooling(task: Task, warehouse: Warehouse, batch: str) -> tuple[bool, dict[str, Any]]:
    """Say whether spans that only the tagger finds are given, by audits of earlier batches.

    Compared is what was said before each was reviewed: voters alone, and both together.
    """
    from labeling.consensus.spans.agreement import Counts

    seen = warehouse.read("labels.released.spans_reviewed", batch=batch)
    n = seen.num_rows
    item = pa.array(np.arange(n))

    def spans(column: str) -> Spans:
        rows = pa.Table.from_pydict({"item": item, "label": seen[column]})
        return reviewed_in(
            answers_in(rows), n, task.classes, overlap=task.spec.overlap == "allowed"
        ).spans

    gold = spans("gold")
    alone, both = (Counts.of(spans(name), gold) for name in ("consensus", "together"))
    gain, error = both.gain_over(alone)
    if n < EARLIER // 4:
        told = f"on by default: it takes {EARLIER // 4} audit gold items to tell, there are {n}"
        return True, row_of("pooling", True, told, None, n)
    on = gain > -SURE * error if error else gain >= 0
    told = f"{'on' if on else 'off'}: spans that only the student found gain {gain:+.3f} F1, with a standard error of {error:.3f}, on {n} audited items"
    return on, row_of("pooling", on, told, None, n)


def save(task: Task, batch: str, tagged: Tagged) -> None:
    """Write the tagger as a file, and its card; both get a temporary name first."""
    task.students.mkdir(parents=True, exist_ok=True)
    types = ", ".join(tagged.tagger.types)
    card = (
        f"# Student of {task.name}\n\nMarks {types} in texts: a linear-chain conditional random field "
        f"on words and their neighbours, taught by {tagged.n_taught:,} items. Needs this product to "
        f"run: `joblib.load` gives a `labeling.student.tagger.tagger.Tagger`, and "
        f"`mlflow.pyfunc.load_model` a model that takes texts and gives a list of spans for each, with "
        f"`start`, `end` (code points, half-open), `label` and `probability`.\n"
    )
    files = {
        # most features have no weight: 15 MB become some 100 kB
        ".joblib": zlib.compress(pickle.dumps(tagged.tagger, pickle.HIGHEST_PROTOCOL), level=1),
        ".md": card.encode(),
    }
    for suffix, content in files.items():
        path = task.students / f"{batch}{suffix}"
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        unfinished.write_bytes(content)
        unfinished.replace(path)
