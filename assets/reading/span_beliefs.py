"""What the label model believes of the spans of a window."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assets.reading.marks import Marks
from assets.reading.votes import Window
from labeling.consensus.spans.said import BelievedSpans
from labeling.errors import LabelingError
from labeling.span_votes import ReviewedSpans, SpanVotes
from labeling.spans import Spans
from resources.task.task import Task

if TYPE_CHECKING:  # scipy takes half a second to import, and who only reads does not fit
    from labeling.consensus.spans.certainty import Certain
    from labeling.consensus.spans.label_model import SpanLabelModel


@dataclass(frozen=True, slots=True, eq=False)
class SpanFit:
    """A label model of spans, and what it finds in the window.

    Parameters
    ----------
    found : BelievedSpans
    method, why : str
        How the spans were settled, in words.
    """

    found: BelievedSpans
    method: str
    why: str


def marks_of(window: Window) -> Marks:
    """Return what the window's answers mark."""
    if window.marks is None:
        raise LabelingError("answers of this task mark no text")
    return window.marks


def fit_spans(task: Task, window: Window) -> SpanFit:
    """Fit the label model on the window's votes and the audit gold of earlier batches.

    Where spans may overlap there is a model a class, since each of them settles on spans apart.
    """
    marks = marks_of(window)
    if not marks.votes.spans.n_spans:
        nothing = BelievedSpans(Spans.of([], len(window.texts), len(task.classes)), np.zeros(0))
        return SpanFit(nothing, "none", "no voter marked anything")
    if task.spec.overlap != "allowed":
        model, found = _fit(marks.votes, marks.audit, window)
        return SpanFit(found, model.method_, model.why_)
    parts: list[BelievedSpans] = []
    methods: list[str] = []
    reasons: list[str] = []
    for number, name in enumerate(task.classes):
        votes, audit = _of_class(marks.votes, number), _gold_of_class(marks.audit, number)
        if not votes.spans.n_spans:
            continue
        model, found = _fit(votes, audit, window)
        parts.append(found)
        methods.append(f"{name}: {model.method_}")
        reasons.append(f"{name}: {model.why_}")
    whole = parts[0]
    for part in parts[1:]:
        whole = BelievedSpans(
            whole.spans.joined(part.spans), np.concatenate([whole.probability, part.probability])
        )
    return SpanFit(whole, "; ".join(methods), "; ".join(reasons))


def _fit(
    votes: SpanVotes, audit: ReviewedSpans, window: Window
) -> "tuple[SpanLabelModel, BelievedSpans]":
    from labeling.consensus.spans.label_model import SpanLabelModel

    reviewed = audit if len(audit.item) else None
    texts = list(window.texts)
    model = SpanLabelModel().fit(votes, texts, reviewed)
    found = model.predict(votes, texts)
    return model, BelievedSpans(found.spans, found.probability)


def _of_class(votes: SpanVotes, number: int) -> SpanVotes:
    here = votes.spans.type == number
    scope = np.zeros_like(votes.speaks)
    scope[:, number] = votes.speaks[:, number]
    return SpanVotes(
        votes.spans.take(here), votes.voter[here], votes.n_voters, scope, votes.is_against[here]
    )


def _gold_of_class(gold: ReviewedSpans, number: int) -> ReviewedSpans:
    return ReviewedSpans(gold.spans.take(gold.spans.type == number), gold.item)


_LAST: dict[str, SpanFit] = {}
"""What the last consensus of this process found, by what it was made from; see window_posterior."""


def keep_spans(task: Task, window: Window, fit: SpanFit) -> None:
    """Keep what was found in the window, in the place of the last."""
    _LAST.clear()
    _LAST[_made_from(task, window)] = fit


def window_spans(task: Task, window: Window) -> SpanFit:
    """Return what the label model finds in the window; fit it if that is not kept."""
    kept = _LAST.get(_made_from(task, window))
    return fit_spans(task, window) if kept is None else kept


def _made_from(task: Task, window: Window) -> str:
    """Hash all that the label model is fitted on."""
    votes, audit = marks_of(window).votes, marks_of(window).audit
    digest = hashlib.sha256(
        repr((task.kind.meaning(), task.classes, window.voters, window.item_ids.tolist())).encode()
    )
    for spans in (votes.spans, audit.spans):
        for array in (spans.item, spans.start, spans.end, spans.type):
            digest.update(np.ascontiguousarray(array).data)
    for array in (votes.voter, votes.speaks, votes.is_against, audit.item):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]


def certain_of(window: Window, found: BelievedSpans) -> "Certain":
    """Return how sure the answers of the window are, by the audit gold of earlier batches."""
    from labeling.consensus.spans.certainty import certain

    return certain(found, marks_of(window).audit)
