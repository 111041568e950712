"""The consensus where answers are stretches of texts."""

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from assets.labels.beliefs import MOST_SHOWN, markdown
from assets.labels.settled import Row, Settled
from assets.reading.marks import Marks
from assets.reading.span_beliefs import SpanFit, certain_of, fit_spans, keep_spans, marks_of
from assets.reading.votes import Window
from labeling.spans import Spans
from resources.store.tables import CLASS_BALANCE, LABEL_MODEL, VOTER_BELIEFS
from resources.task.task import Task


def settle_spans(task: Task, window: Window) -> Settled:
    """Settle on the spans of each item; where nobody marked anything, on none.

    Where no voter marked anything in all of the window, every item is undecided.
    """
    marks, fit = marks_of(window), fit_spans(task, window)
    keep_spans(task, window, fit)
    now = fit.found.of_items(window.current)
    spoken = marks.votes.spans.n_spans > 0
    sure = certain_of(window, fit.found)
    share = sure.holds.mean(axis=0) if len(sure.holds) else np.zeros(len(task.classes))
    voters = voter_rows(fit, marks, window.voters)
    return Settled(
        list(now.answers(task.classes)) if spoken else [None] * now.spans.n_items,
        sure.answer[window.current],
        sure.holds[window.current],
        fit.method,
        {
            LABEL_MODEL: [
                {
                    "method": fit.method, "why": fit.why, "gold": len(marks.audit.item),
                    "warnings": "",
                }
            ],
            CLASS_BALANCE: [
                {"label": name, "share": float(of)}
                for name, of in zip(task.classes, share, strict=True)
            ],
            VOTER_BELIEFS: voters,
        },
        {
            "method": fit.method,
            "why": fit.why,
            "spans": now.spans.n_spans,
            "voters": dg.MetadataValue.md(
                markdown(sorted(voters, key=lambda row: -row["votes"])[:MOST_SHOWN])
            ),
        },
    )  # fmt: skip


def voter_rows(fit: SpanFit, marks: Marks, voters: list[str]) -> list[Row]:
    """Describe each voter that marked anything: how many spans, and how many of them are right.

    ``accuracy`` is the share of its spans that the consensus holds, ``gold_accuracy`` that of those on
    reviewed items which people hold; intervals are Wilson's.
    """
    from labeling.quality.estimates.intervals import wilson  # scipy takes half a second to import

    votes = marks.votes
    spans, pro = votes.spans, ~votes.is_against
    held = _within(spans, fit.found.spans)
    known = np.zeros(spans.n_items, dtype=np.bool_)
    known[marks.audit.item] = True
    true = _within(spans, marks.audit.spans)
    rows: list[Row] = []
    for number, name in enumerate(voters):
        mine = votes.voter == number
        if not mine.any():
            continue
        found = mine & pro
        believed = wilson(float(held[found].sum()), float(found.sum()))
        judged = found & known[spans.item]
        gold = wilson(float(true[judged].sum()), float(judged.sum()))
        rows.append(
            {
                "voter": name,
                "votes": int(mine.sum()),
                "coverage": len(np.unique(spans.item[mine])) / max(spans.n_items, 1),
                "accuracy": believed.point,
                "accuracy_low": believed.low,
                "accuracy_high": believed.high,
                "gold_accuracy": gold.point if judged.any() else None,
                "gold_low": gold.low if judged.any() else None,
                "gold_high": gold.high if judged.any() else None,
            }
        )
    return rows


def _within(spans: Spans, known: Spans) -> NDArray[np.bool_]:
    stretch = max(spans.stretch, known.stretch)
    return np.isin(spans.key(stretch), known.key(stretch))
