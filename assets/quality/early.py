"""What moved in a batch without a single review; a hint, never called accuracy."""

import math
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from assets.decorators import by_batch
from assets.reading.audited import answers_in, codes
from assets.reading.votes import Window, read_window
from labeling.votes import ABSTAIN
from resources.pictures import read_pictures
from resources.store.given import GivenWarehouse
from resources.store.table import as_arrow
from resources.store.tables import EARLY_WARNINGS, NEW_WORDS, RELEASED, SHIFT_EXAMPLES
from resources.store.warehouse import Warehouse
from resources.task.task import Task

if TYPE_CHECKING:  # scipy takes half a second to import, and only this step compares
    from labeling.quality.alarms.early import Signal

REFERENCE = 2_000
"""The newest earlier texts and pictures that a batch's are compared with: more tell nothing new."""

MOST_TEXTS = 10_000
"""Texts of a batch whose words are counted, evenly from all of it."""

WORDS, EXAMPLES = 20, 5
"""New words, and texts that show them, kept of each batch."""

SHOWN_TEXT = 300
"""Characters shown of a text."""

SHOWN = 12
"""Signals kept of each batch: all that warn, and the largest of the rest."""


def early_warnings(task: Task) -> dg.AssetsDefinition:
    """Declare the early warnings of ``task``."""

    @by_batch(task, EARLY_WARNINGS, deps=[RELEASED])
    def early_warnings(
        context: dg.AssetExecutionContext, warehouse: GivenWarehouse
    ) -> dg.MaterializeResult:
        """Shifts of votes, coverage, conflict, class shares, words, length and pictures against before.

        Beside them stand the words that are new and the texts that show it best. None of it is
        accuracy: an accuracy that is estimated from confidences is blind to a change of meaning.
        """
        batch = context.partition_key
        window = read_window(task, warehouse, batch, old_gold=0)
        vocabulary, words, examples = new_words(window, batch)
        rows = signals(task, warehouse, window, batch, vocabulary)
        warehouse.replace_batch(EARLY_WARNINGS, batch, as_arrow(EARLY_WARNINGS, rows))
        warehouse.replace_batch(NEW_WORDS, batch, as_arrow(NEW_WORDS, words))
        warehouse.replace_batch(SHIFT_EXAMPLES, batch, as_arrow(SHIFT_EXAMPLES, examples))
        warned = [str(row["signal"]) for row in rows if row["warned"]]
        # numbers, for Dagster to plot over the batches
        effects = {f"effect of {row['signal']}": row["effect"] for row in rows}
        found: dict[str, Any] = {
            "warnings": len(warned),
            "which": ", ".join(warned) or "none",
            "new_words": ", ".join(str(word["word"]) for word in words) or "none",
            **effects,
        }
        context.log_event(
            dg.AssetObservation(RELEASED.asset(task.name), partition=batch, metadata=found)
        )
        return dg.MaterializeResult(metadata=found)

    return early_warnings


def signals(
    task: Task,
    warehouse: Warehouse,
    window: Window,
    batch: str,
    vocabulary: "Signal | None" = None,
) -> list[dict[str, Any]]:
    """Compare the batch with all earlier items of the window; nothing to compare with, no rows."""
    from labeling.quality.alarms.early import Sets, Snapshot, set_warnings
    from labeling.quality.alarms.early import early_warnings as compare

    if window.current.all() or not window.current.any():
        return []
    votes = window.votes.to_matrix()[:, : len(window.voters)]  # a column even where nobody votes
    label, answers, confidence = _released(task, warehouse, window)
    length = window.texts.lengths.astype(np.float64)
    questions = task.kind.questions(task.classes)
    spoke = votes if len(questions) == 1 else _spoken(votes, len(questions))
    before, now = (
        Snapshot(
            spoke[chosen],
            label[chosen],
            confidence[chosen & (label != ABSTAIN)],
            length=length[chosen] if length.any() else None,
            measures=of_pictures(task, window, chosen),
        )
        for chosen in (~window.current, window.current)
    )
    if len(questions) == 1:
        found = compare(before, now, window.voters, task.classes)
    else:
        naming = task.kind.naming(answers, task.classes)
        named = np.zeros((len(label), len(questions)), dtype=bool)
        if naming is not None:
            named = naming[label] & (label != ABSTAIN)[:, None]
        said = votes.reshape(len(label), len(questions), -1)
        sets = [Sets(said[c], named[c]) for c in (~window.current, window.current)]
        found = compare(before, now, window.voters, ())
        found = [one for one in found if one.name != "conflict"]
        found += set_warnings(sets[0], sets[1], window.voters, task.classes)
    if vocabulary is not None:
        found.append(vocabulary)
    ranked = sorted(found, key=lambda s: (not s.warned, -abs(s.effect) / s.limit))
    finite = [signal for signal in ranked if math.isfinite(signal.effect)]
    always = ("estimated_accuracy", "vocabulary")
    kept = [s for at, s in enumerate(finite) if s.warned or at < SHOWN or s.name in always]
    return [
        {
            "batch": batch,
            "signal": signal.name,
            "reference": signal.reference,
            "current": signal.current,
            "effect": signal.effect,
            "limit": signal.limit,
            "warned": signal.warned,
        }
        for signal in kept
    ]


def _spoken(votes: NDArray[np.int32], n_questions: int) -> NDArray[np.int32]:
    """Return 0 where a voter said anything of an item, on any of its units; shape (n_items, n_voters)."""
    said = (votes != ABSTAIN).reshape(-1, n_questions, votes.shape[1]).any(axis=1)
    return np.where(said, 0, ABSTAIN).astype(np.int32)


def of_pictures(
    task: Task, window: Window, chosen: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]]:
    """Measure the newest of the chosen items' pictures; nothing where there are none."""
    from labeling.quality.picture_slices import brightness, contrast

    images = [window.images[i] for i in np.flatnonzero(chosen)[-REFERENCE:].tolist()]
    if not any(images):
        return {}
    found = read_pictures(task, images)
    pixels = found.pixels[found.seen]
    return {"brightness": brightness(pixels), "contrast": contrast(pixels)}


def new_words(
    window: Window, batch: str
) -> "tuple[Signal | None, list[dict[str, Any]], list[dict[str, Any]]]":
    """Return how far the vocabulary moved, the new words, and texts that show them."""
    from labeling.quality.alarms.words import nearest_each, word_shift

    now, before = np.flatnonzero(window.current), np.flatnonzero(~window.current)[-REFERENCE:]
    if not len(now) or not len(before) or not any(text.strip() for text in window.texts):
        return None, [], []
    now = now[:: -(-len(now) // MOST_TEXTS)]
    texts, reference = window.texts.take(now), window.texts.take(before)
    shift = word_shift(reference, texts, WORDS, EXAMPLES)
    words = [
        {
            "batch": batch,
            "word": word.word,
            "before": word.before,
            "now": word.now,
            "log_odds": word.log_odds,
        }
        for word in shift.words
    ]
    near = nearest_each([texts[place] for place in shift.examples], reference)
    examples = [
        {
            "batch": batch,
            "rank": rank,
            "item_id": window.item_ids[now[place]],
            "text": texts[place][:SHOWN_TEXT],
            "near_item_id": window.item_ids[before[other]],
            "near_text": reference[other][:SHOWN_TEXT],
        }
        for rank, (place, other) in enumerate(zip(shift.examples, near, strict=True), start=1)
    ]
    return shift.unknown, words, examples


def _released(
    task: Task, warehouse: Warehouse, window: Window
) -> tuple[NDArray[np.int32], tuple[str, ...], NDArray[np.float64]]:
    """Read label, what it is an index of, and confidence of every item; -1 where undecided."""
    asked = {
        "item_id": window.item_ids,
        "batch": window.batches,
        "item": np.arange(len(window.item_ids)),
    }
    with warehouse.connect() as db, db.lend(asked=pa.table(asked)):
        rows = db.read("quality.early.released")
    answers = answers_in(task, rows["label"])
    return codes(rows["label"], answers), answers, rows["confidence"].to_numpy()
