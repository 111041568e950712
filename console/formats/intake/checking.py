"""What is refused of a file before anything of it is taken in."""

from collections import Counter
from collections.abc import Container
from dataclasses import replace
from pathlib import Path

from console.formats.intake.matching import Items
from console.formats.own.bundle import Bundle
from labeling.counted import counted
from labeling.kinds.kind import AnswerError
from labeling.kinds.several.cells import names_in
from labeling.kinds.spans.answer import written as written_spans
from labeling.kinds.spans.cells import spans_in
from resources.reviews.rows import Assignment, Review, ReviewError
from resources.task.task import Task

UNLIKELY = 1e-6
"""A sample that its stated probability gives more rarely than this was not drawn so."""


def as_written(task: Task, file: Path, bundle: Bundle) -> None:
    """Write the answers of our own format as the task's kind does: people edit such files.

    Raises
    ------
    ReviewError
        If an answer begins like a list of classes and is none, or is no list of spans; names the
        row.
    """
    kind = task.kind
    if not (kind.many or kind.marks_text):
        return
    known = [*task.classes, *task.former_classes]

    def written(one: Review | Assignment, key: tuple[str, str], text: str | None) -> str | None:
        try:
            if kind.marks_text:
                spans = spans_in(text)
                return None if spans is None else written_spans(spans)
            names = names_in(text, known)
        except ValueError as error:
            raise ReviewError(f"{_place(bundle, key, one, file)}: {error}") from None
        return None if names is None else kind.chosen(names)

    bundle.reviews[:] = [
        replace(r, label=written(r, (r.reviewer, r.idempotency_key), r.label))
        for r in bundle.reviews
    ]
    bundle.assignments[:] = [
        replace(
            a,
            gold=written(a, (a.item_id, a.batch), a.gold),
            suggestion=written(a, (a.item_id, a.batch), a.suggestion),
        )
        for a in bundle.assignments
    ]


def check_classes(
    task: Task, file: Path, bundle: Bundle, known: Container[tuple[str, str]] = ()
) -> None:
    """Refuse answers that the task does not allow: nothing of the file is then taken in.

    A name that a class had before is read as what became of it. Answers that are there already
    (``known``: reviewer and idempotency key) may name a class that is gone by now.

    Raises
    ------
    ReviewError
        Names the row, the strange label, how many there are and what is allowed.
    """
    said = [((r.reviewer, r.idempotency_key), r, r.label) for r in bundle.reviews]
    said = [one for one in said if one[0] not in known]
    said += [((a.item_id, a.batch), a, a.gold) for a in bundle.assignments]
    why = {label: _problem(task, label) for label in {one[2] for one in said} if label is not None}
    strange = [one for one in said if one[2] is not None and why[one[2]]]
    for key, one, label in strange[:1]:
        raise ReviewError(
            f"{_place(bundle, key, one, file)}: {why[str(label)]} "
            f"({counted(len(strange), 'such label')}); allowed: {', '.join(task.classes)}",
            "unknown_class",
        )


def _problem(task: Task, label: str) -> str:
    """Say why the task does not allow an answer; empty if it does."""
    named = {name: task.class_today(name) for name in task.kind.named(label)}
    gone = [name for name, today in named.items() if today is None]
    if gone:
        are = "is no class" if len(gone) == 1 else "are no classes"
        return f"{' and '.join(map(repr, gone))} {are} of task {task.name!r}"
    if not (task.kind.many or task.kind.marks_text):
        return ""
    today = task.answer_today(label)
    if today is None and task.kind.many:
        today = task.kind.chosen([name for name in named.values() if name])
    try:
        task.kind.checked(today or label, task.classes)
    except AnswerError as error:
        return str(error).partition("; allowed")[0]
    return ""


def _place(bundle: Bundle, key: tuple[str, str], one: Review | Assignment, file: Path) -> str:
    return bundle.places.get(key) or bundle.places.get((one.item_id, one.batch), str(file))


def drawn_items(
    file: Path, bundle: Bundle, items: Items, probability: float
) -> list[tuple[str, str]]:
    """Return the labelled items of a file that is a random sample of each of its batches.

    Raises
    ------
    ReviewError
        If the probability is none, the task has not run, or a batch has far more or fewer items
        in the file than a draw with this probability gives.
    """
    from scipy.stats import binom

    if not 0 < probability <= 1:
        raise ReviewError(
            f"--random is {probability:g}, but a probability lies above 0 and up to 1"
        )
    if not items.complete:
        raise ReviewError(
            "--random needs the items that were drawn from: run the task first, then import"
        )
    drawn = sorted({(r.item_id, r.batch) for r in bundle.reviews if r.label is not None})
    for batch, n in sorted(Counter(batch for _, batch in drawn).items()):
        size = items.sizes[batch]
        law = binom(size, probability)
        if min(law.cdf(n), law.sf(n - 1)) < UNLIKELY:
            raise ReviewError(
                f"{file}: {n:,} of {size:,} items of batch {batch!r} have a label "
                f"({n / size if size else 0:.2g}), which a draw with probability {probability:g} "
                f"hardly gives. Were they chosen otherwise? Then leave --random out"
            )
    return drawn
